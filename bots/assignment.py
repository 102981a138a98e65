"""Which style speaks where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Assignment:
    """`where` is a pattern over `platform:channel` (`slack:*`, `discord:1234`); the first that fits counts.

    `canary` is the share that hears a candidate on trial there; None: the share that the trial was begun with.
    """

    where: str
    style: str
    canary: float | None = None


def style_for(platform: str, channel: str, assignments: Sequence[Assignment]) -> str | None:
    """The style that speaks in a channel, or None where none is assigned."""
    place = f"{platform}:{channel}"
    return next((a.style for a in assignments if fnmatchcase(place, a.where)), None)
