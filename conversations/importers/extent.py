"""The extent of a log: from when to when it holds everything that was said in a channel and was not deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """A record that says nothing to be learned, and that was not deleted: its id is known."""

    channel: str
    id: str


@dataclass(slots=True)
class Extent:
    """One file of one channel. `inside` begins the ids of its messages where a channel has several parts.

    Where it is not `whole`, nothing may be concluded from what it lacks: it breaks off, or a record without an id does
    not say what it was.
    """

    channel: str = ""
    inside: str = ""
    first: datetime | None = None
    last: datetime | None = None
    taken: datetime | None = None  # when the log was made, where it says so
    whole: bool = True

    def reach(self, moment: datetime, *, latest: datetime | None) -> None:
        """Take in the time of one record; a time that cannot be right reaches nowhere."""
        if latest is None or moment <= latest:
            self.first = min(self.first or moment, moment)
            self.last = max(self.last or moment, moment)

    @property
    def newest(self) -> datetime | None:
        return self.taken or self.last

    @property
    def place(self) -> str:
        """What the ids of its messages begin with, after the platform."""
        return f"{self.channel}/{self.inside}"
