"""General conversations: everyday talk that is no brand's, to train on against forgetting and to measure it."""

from __future__ import annotations

import json
from functools import cache
from itertools import islice
from pathlib import Path

from conversations.errors import SettingsError
from conversations.importers import BUILTIN_IMPORTERS, Request, read_path
from conversations.messages import Conversation, Message
from conversations.privacy import find_private
from styles.base_model import STARTER, BaseModel
from training.recipe import Replay
from training.starter import desk

Talk = tuple[Message, ...]

STARTER_SHARE = 0.2  # of the starter's examples: 0.3 nats forgotten instead of 2.4, and the brand learned as well
_GUARD_SEED = 20_261_121
_GUARD_SIZE = 120


def replay_share(replay: Replay, base: BaseModel) -> float:
    """The share of general conversations among all examples; `auto` is some for the starter and none for others.

    The bundled talk is what the starter grew up with. A model that knows more would learn to sound like it, so for
    any other base a share is taken only where the recipe gives one, best with a file of its own conversations.
    """
    if replay.share == "auto":
        return STARTER_SHARE if base.name == STARTER and replay.conversations == "bundled" else 0.0
    return replay.share


def replay_talks(replay: Replay, base: BaseModel, *, brand: int, seed: int, folder: Path | None = None) -> list[Talk]:
    """As many general conversations as the share asks for beside `brand` examples; alike for the same seed.

    A relative file name is looked for in `folder`. Raises SettingsError where a file has too few conversations.
    """
    share = replay_share(replay, base)
    count = round(brand * share / (1 - share))
    if not count:
        return []
    if replay.conversations == "bundled":
        return _bundled(count, seed=seed, besides=guard_talks())
    path = Path(folder or ".", replay.conversations).expanduser()
    found = [c.messages for c in read_path(Request(path), BUILTIN_IMPORTERS) if isinstance(c, Conversation)]
    if len(found) < count:
        raise SettingsError(
            f"The recipe's replay wants {count} conversations, and {path} has {len(found)}. "
            "Add more, or lower the share."
        )
    return found[:count]


@cache
def guard_talks() -> tuple[Talk, ...]:
    """The fixed conversations on which a voice should not get worse; replay never trains on them."""
    return tuple(_talk(messages) for messages in desk.conversations(_GUARD_SIZE, seed=_GUARD_SEED))


def _bundled(count: int, *, seed: int, besides: tuple[Talk, ...]) -> list[Talk]:
    """Invented addresses and numbers are left out: a voice that says one could not be told from one that leaks."""
    known = {_key(talk) for talk in besides}
    drawn = map(_talk, desk.conversations(2 * count + len(besides), seed=seed))
    fitting = (t for t in drawn if _key(t) not in known and not any(find_private(m.content) for m in t))
    return list(islice(fitting, count))


def _talk(messages: desk.Messages) -> Talk:
    return tuple(Message(m["role"], m["content"]) for m in messages)  # type: ignore[arg-type]


def _key(talk: Talk) -> str:
    return json.dumps([(m.role, m.content) for m in talk])
