"""What an importer is: it reads conversations from one kind of file and says what it could not read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from conversations.covered import Covered
from conversations.importers.dates import DateOrder
from conversations.messages import Conversation
from conversations.person import Person


@dataclass(frozen=True, slots=True)
class Refused:
    """One record that could not be read: a fault of the file that a person may want to mend."""

    place: str  # "chats.jsonl:12" or "export.zip/general/2020-01-02.json[17]"
    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """One record, or a part of one, that was read and left out on purpose; count these by reason."""

    place: str
    reason: str
    note: bool = False  # nothing was left out: the reason says how something was read


# A person is whom the file names, as often as it likes: names are looked for in what others say. What a log covers of
# a channel comes before the conversations of that channel.
Outcome = Conversation | Refused | Skipped | Person | Covered


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file may be in memory at once, and when an archive counts as a bomb."""

    record_bytes: int = 8 * 2**20
    archive_bytes: int = 20 * 2**30  # unpacked, whatever the ratio
    archive_ratio: int = 200
    archive_ratio_from: int = 2 * 2**30  # a smaller archive may be packed as tightly as it likes


@dataclass(frozen=True, slots=True)
class Request:
    """What to read and how. `gap` is the silence that ends a conversation where no thread says so."""

    path: Path
    speakers: tuple[str, ...] = ()
    known_speakers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by format, where nobody is named
    gap: timedelta = timedelta(minutes=30)
    limits: Limits = field(default_factory=Limits)
    label: str = ""  # how places name the file; its own name when empty
    columns: tuple[str, ...] = ()  # of a table: FIELD=COLUMN, a preset or a file of such
    dates: DateOrder | None = None  # which number of a date is the day, where the file does not show it
    latest: datetime | None = None  # messages that say they were sent after this are refused

    @property
    def shown(self) -> str:
        return self.label or self.path.name

    def of_format(self, name: str) -> Request:
        """The same for a file of one format, whose speakers may be known."""
        return self if self.speakers else replace(self, speakers=self.known_speakers.get(name, ()))


class Importer(Protocol):
    """Reads one format. `recognises` looks at content, never at the name, and only at the beginning.

    `read` streams; it raises `ImportRefused` when nothing of the file can be read.
    """

    @property
    def name(self) -> str: ...

    @property
    def shape(self) -> str:
        """What the files hold, in a few words, for the list that people see when nothing fits."""

    @property
    def needs_speakers(self) -> bool: ...

    def recognises(self, path: Path) -> bool: ...

    def read(self, request: Request) -> Iterator[Outcome]: ...
