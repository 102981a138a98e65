"""Replies in the making, and whose turn it is."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from bots.engine import Sampling
from bots.engines.batching.adapters import Adapter
from bots.engines.batching.outbox import Outbox
from bots.engines.batching.prefixes import Scope
from bots.engines.batching.sampling import Chooser
from bots.engines.batching.text import ReplyText

NO_SLOT = -1


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a reply answers: token ids, how many of the first ones are shared by everybody, and the voice's adapter."""

    tokens: tuple[int, ...]
    shared: int
    adapter: Adapter | None


@dataclass(slots=True, eq=False)
class Reply:
    """One reply in the making; once handed over, only the model's thread touches it.

    `tokens` are the prompt and what was said so far; the cache holds the first `computed` of them.
    """

    prompt: Prompt
    sampling: Sampling
    person: str
    outbox: Outbox
    text: ReplyText
    chooser: Chooser
    likeliest: int | None = None  # how many likeliest tokens are told with each; None: no chances at all
    tokens: list[int] = field(default_factory=list)
    said: int = 0  # tokens, the one that ends the reply included
    computed: int = 0
    shared: int = 0  # tokens that are yet to be kept for everybody
    slot: int = NO_SLOT
    looked_up: bool = False
    forgotten: bool = False  # its person asked to be forgotten: nothing of it is kept

    def __post_init__(self) -> None:
        self.tokens = list(self.prompt.tokens)
        self.shared = self.prompt.shared

    @property
    def pending(self) -> int:
        return len(self.tokens) - self.computed

    @property
    def full(self) -> bool:
        return len(self.tokens) - len(self.prompt.tokens) >= self.sampling.max_tokens

    def scope(self, base: str, *, shared: bool = False) -> Scope:
        adapter = self.prompt.adapter
        return Scope(base, adapter.key if adapter else "", "" if shared else self.person)


class TurnQueue:
    """Who is answered next: whoever has the fewest answers running, then in turn; one person's requests in order."""

    def __init__(self, *, per_person: int) -> None:
        self._per_person = per_person
        self._waiting: OrderedDict[str, deque[Reply]] = OrderedDict()

    def __len__(self) -> int:
        return sum(len(line) for line in self._waiting.values())

    def everyone(self) -> list[Reply]:
        return [reply for line in self._waiting.values() for reply in line]

    def add(self, reply: Reply) -> None:
        self._waiting.setdefault(reply.person, deque()).append(reply)

    def remove(self, reply: Reply) -> None:
        line = self._waiting.get(reply.person, deque())
        if reply in line:
            line.remove(reply)
            if not line:
                del self._waiting[reply.person]

    def next(self, running: Iterable[Reply]) -> Reply | None:
        """Take out the next one, or None where everybody who waits has enough answers running."""
        busy = Counter(reply.person for reply in running)
        ready = [person for person in self._waiting if not person or busy[person] < self._per_person]
        if not ready:
            return None
        person = min(ready, key=lambda name: busy[name])
        line = self._waiting.pop(person)
        reply = line.popleft()
        if line:
            self._waiting[person] = line  # behind everybody else who waits
        return reply
