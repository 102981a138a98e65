"""One message of a chat log, in whatever format the log is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a person. `thread` is the id of the thread's first message, `to` whom the text names first."""

    id: str  # in its channel
    sent_at: datetime
    author: str
    text: str
    place: str
    brand: bool = False
    thread: str | None = None
    to: str | None = None
