"""One file of DiscordChatExporter: `{"guild", "channel", "messages": [...], "messageCount"}`, streamed.

Format: https://github.com/Tyrrrz/DiscordChatExporter/blob/master/DiscordChatExporter.Core/Exporting/JsonMessageWriter.cs
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import IO

from conversations.importers.archive import READ_FAULTS, Files
from conversations.importers.cutting import BrokenListError, utf8
from conversations.importers.drafts import UnfitError
from conversations.importers.importer import Limits, Refused
from conversations.importers.records import JsonObject, Record, parse, short
from conversations.importers.tree import Part, Path, cut_tree

_PARTS_BEFORE_MESSAGES = 12
_MESSAGES: Path = ("messages",)


@dataclass(frozen=True, slots=True)
class Channel:
    """Where the messages of a file were said, and when the file was made.

    A thread is told apart: its `room` is the channel above it, and `inside` begins the ids of its messages there.
    """

    id: str
    room: str
    is_thread: bool
    taken: datetime | None = None

    @property
    def inside(self) -> str:
        return f"{self.id}/" if self.is_thread else ""


def is_export(files: Files, name: str) -> bool:
    """Whether a file begins like one of DiscordChatExporter."""
    try:
        with files.open(name) as raw, utf8(raw) as stream:
            if stream.read(1) not in (b"{", b" ", b"\n", b"\r"):
                return False
        with files.open(name) as raw, utf8(raw) as stream:
            parts = islice(_cut(stream, cap=Limits().record_bytes), _PARTS_BEFORE_MESSAGES)
            return _begins_well(parts)
    except (*READ_FAULTS, BrokenListError):
        return False


def read_export(
    files: Files, name: str, *, place: str, cap: int
) -> Iterator[tuple[Channel, Record] | Refused | Channel]:
    """Every message of a file with its channel; what is broken is refused, and the rest goes on.

    The channel alone comes last, where the file shows that these were all of its messages.
    """
    reader = _Reader(place, cap)
    try:
        with files.open(name) as raw, utf8(raw) as stream:
            for part in _cut(stream, cap=cap):
                yield from reader.take(part)
    except BrokenListError as fault:
        yield Refused(place, str(fault))
        return
    except READ_FAULTS as fault:
        yield Refused(place, f"is broken, and only what stands before the break was read ({fault})")
        return
    yield from reader.end()


def _cut(stream: IO[bytes], *, cap: int) -> Iterator[Part]:
    return cut_tree(stream, cap=cap, into=lambda path: path == _MESSAGES)


def _begins_well(parts: Iterable[Part]) -> bool:
    """Whether server and channel stand before the messages, or before the file is cut off."""
    found: set[object] = set()
    try:
        for part in parts:
            found.add(part.path[0])
    except BrokenListError:
        pass
    return {"guild", "channel"} <= found


class _Reader:
    """Remembers the channel, and counts messages against what the end of the file says."""

    def __init__(self, place: str, cap: int) -> None:
        self._place = place
        self._cap = cap
        self._channel: Channel | None = None
        self._count = 0
        self._said: int | None = None

    def take(self, part: Part) -> Iterator[tuple[Channel, Record] | Refused]:
        if part.path[0] == "messages" and len(part.path) == 2:
            yield self._message(part)
        elif part.path == ("channel",):
            record = parse(part.raw, place=f"{self._place} (channel)", cap=self._cap)
            if isinstance(record, Refused):
                yield record
            else:
                self._channel = read_channel(record.value)
        elif part.path == ("exportedAt",) and self._channel:
            self._channel = replace(self._channel, taken=_moment(part.raw))
        elif part.path == ("messageCount",) and part.raw and part.raw.strip().isdigit() and len(part.raw) < 20:
            self._said = int(part.raw)

    def end(self) -> Iterator[Refused | Channel]:
        """What tells whether the file is whole: the count, which the exporter writes last."""
        if self._said is not None and self._said != self._count:
            yield Refused(self._place, f"says that it holds {self._said} messages, and holds {self._count}")
        elif self._said is not None and self._channel is not None:
            yield self._channel

    def _message(self, part: Part) -> tuple[Channel, Record] | Refused:
        record = parse(part.raw, place=f"{self._place}[{self._count}]", cap=self._cap)
        self._count += 1
        if isinstance(record, Refused):
            return record
        if self._channel is None:
            return Refused(record.place, "stands in a file that does not say of which channel it is")
        return self._channel, record


def _moment(raw: bytes | None) -> datetime | None:
    try:
        return moment_of(json.loads(raw or b"null"), what="`exportedAt`")
    except (ValueError, RecursionError):
        return None


def read_channel(entry: JsonObject) -> Channel | None:
    """The channel of a file, or None where it has no id. Of a thread, the category is the channel above it."""
    channel = entry.get("id")
    if not isinstance(channel, str) or not channel:
        return None
    is_thread = "Thread" in str(entry.get("type"))
    above = entry.get("categoryId")
    return Channel(channel, above if is_thread and isinstance(above, str) and above else channel, is_thread)


def moment_of(value: object, *, what: str) -> datetime:
    """A time as Discord writes it, without a zone taken as UTC. Raises `UnfitError`."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None:
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise UnfitError(f"{what} is {short(value)}, not a time")
