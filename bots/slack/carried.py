"""What a modal carries: ids of what it is about, sealed, because it comes back from people's clients."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass

from bots.slack.teams import Team
from conversations.errors import NotFound


@dataclass(frozen=True, slots=True)
class About:
    """A message in Slack, and the reply of ours that it shows, if it is one."""

    channel: str
    thread: str = ""
    ts: str = ""
    reply: str = ""


def sealed(about: About, team: Team, user: str) -> str:
    """What goes into a modal for one person: nobody else's form, and none with other ids, is taken back."""
    text = json.dumps(asdict(about))
    return json.dumps({"about": text, "seal": _seal(text, team, user)})


def opened(private_metadata: str, team: Team, user: str) -> About:
    """Read it back. Raises NotFound for whatever we did not write for this person."""
    try:
        carried = json.loads(private_metadata)
        text, seal = str(carried["about"]), str(carried["seal"])
    except (ValueError, TypeError, KeyError) as error:
        raise _expired() from error
    if not hmac.compare_digest(seal.encode(), _seal(text, team, user).encode()):
        raise _expired()
    return About(**json.loads(text))


def _seal(text: str, team: Team, user: str) -> str:
    key = hashlib.sha256(f"{team.id}/{user}/{team.client.token}".encode()).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _expired() -> NotFound:
    return NotFound("This form has expired. Please open it anew.")
