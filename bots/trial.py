"""A trial: which listeners hear the candidate that is on trial instead of the current voice."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bots.assignment import Assignment
from styles.voices import Canary

_WHOLE = 1 << 64


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is spoken to, and where; the same words on every turn of a conversation."""

    platform: str
    channel: str
    place: str
    person: str


def heard_on_trial(
    canary: Canary | None, style: str, listener: Listener, assignments: Sequence[Assignment]
) -> int | None:
    """The number of the candidate that a listener hears; None for the current voice."""
    return canary.number if canary and hears(canary, style, listener, assignments) else None


def hears(canary: Canary, style: str, listener: Listener, assignments: Sequence[Assignment]) -> bool:
    """Whether a listener hears the candidate: always the same for the same one, and still so when the share grows."""
    share = _share(canary, style, listener, assignments)
    unit = {"person": listener.person, "channel": listener.channel}.get(canary.by) or listener.place
    drawn = hashlib.sha256(f"{style}@{canary.number}\0{listener.platform}\0{unit}".encode()).digest()
    return int.from_bytes(drawn[:8], "big") < share * _WHOLE


def _share(canary: Canary, style: str, listener: Listener, assignments: Sequence[Assignment]) -> float:
    """What the assignment says of the place, else what the canary was started with."""
    place = f"{listener.platform}:{listener.channel}"
    mine = [a for a in assignments if a.style == style]
    found = next((a for a in mine if fnmatchcase(place, a.where)), None)
    return canary.share if found is None or found.canary is None else found.canary
