"""Reads a Slack export: whose messages are the brand's is said by a person, never guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from conversations.covered import Covered
from conversations.errors import ImportRefused
from conversations.importers.archive import Files, is_zip, open_files
from conversations.importers.chatlog import time_fault
from conversations.importers.drafts import merge
from conversations.importers.exchanges import Exchange, find_exchanges
from conversations.importers.extent import Extent
from conversations.importers.importer import Limits, Outcome, Refused, Request, Skipped
from conversations.importers.records import Record, printable
from conversations.importers.said import Said
from conversations.importers.slack.layout import Layout, find_layout, is_export, read_entries
from conversations.importers.slack.people import Directory, read_person
from conversations.importers.slack.said import Author, author_of, is_talk, read_said, sent_at
from conversations.importers.slack.talk import Talk
from conversations.importers.speakers import expect_speakers, find_speakers
from conversations.messages import Conversation, Message, conversation_id
from conversations.person import Person


@dataclass(frozen=True, slots=True)
class SlackImporter:
    """The importer of Slack exports, as a zip or as the unpacked folder. Memory follows the largest channel."""

    name: str = "slack"
    shape: str = "a Slack export, zipped or unpacked"
    needs_speakers: bool = True

    def recognises(self, path: Path) -> bool:
        if not (path.is_dir() or is_zip(path)):
            return False
        try:
            with open_files(path, shown=path.name, limits=Limits()) as files:
                return is_export(files)
        except ImportRefused:
            return False

    def read(self, request: Request) -> Iterator[Outcome]:
        with open_files(request.path, shown=request.shown, limits=request.limits) as files:
            export = Export(files, find_layout(files.names), request)
            export.expect_messages()
            yield from files.faults
            yield from (Skipped(export.place(name), "is no file of messages") for name in export.layout.strangers)
            directory, refused = export.directory()
            yield from refused
            try:
                directory, brand = export.brand(directory)
            except ImportRefused as stopped:
                raise ImportRefused(f"{stopped}{export.nameless(refused)}") from stopped
            yield from directory.people.values()
            newest = export.newest()
            for folder in export.layout.days:
                yield from _read_channel(export, folder, directory=directory, brand=brand, newest=newest)


@dataclass(frozen=True, slots=True)
class Export:
    """One export that is being read."""

    files: Files
    layout: Layout
    request: Request

    def place(self, name: str) -> str:
        return f"{self.request.shown}/{printable(name)}"

    def entries(self, *names: str) -> Iterator[Record | Refused]:
        for name in names:
            yield from read_entries(self.files, name, shown=self.request.shown, cap=self.request.limits.record_bytes)

    def newest(self) -> datetime | None:
        """When its last message was sent, by the last day of each channel: it tells a newer export from an older."""
        last_days = self.entries(*(days[-1] for days in self.layout.days.values()))
        sent = (sent_at(record.value) for record in last_days if isinstance(record, Record))
        latest = self.request.latest
        return max((moment for moment in sent if moment and (latest is None or moment <= latest)), default=None)

    def expect_messages(self) -> None:
        """Raises `ImportRefused` where there is nothing to read."""
        if self.layout.days:
            return
        if self.layout.text_export:
            raise ImportRefused(
                f"{self.request.path} is the text export of one person, which does not say who wrote what. "
                "Ask an owner of the workspace for an export as JSON."
            )
        raise ImportRefused(
            f"{self.request.path} holds no messages (no CHANNEL/YYYY-MM-DD.json). Export a longer range of dates."
        )

    def directory(self) -> tuple[Directory, tuple[Refused, ...]]:
        """Who and what the lists of the export name, and the entries of the lists that are broken."""
        people, ids, names = {}, {}, {}
        refused = []
        for record in self.entries(*self.layout.people):
            person = read_person(record.value) if isinstance(record, Record) else None
            if person:
                people[person.id] = person
            elif isinstance(record, Refused):
                refused.append(record)
        for record in self.entries(*self.layout.channels):
            if isinstance(record, Refused):
                refused.append(record)
            elif isinstance(channel := record.value.get("id"), str):
                name = record.value.get("name")
                folder = name if isinstance(name, str) and name else channel
                ids.update({channel: channel, folder: channel})
                names[channel] = folder
        return Directory(people, ids, names), tuple(refused)

    def nameless(self, refused: Sequence[Refused]) -> str:
        """Why names may not be known, as a sentence more."""
        if not self.layout.people:
            return " The export has no users.json, so people are known by their ids alone."
        return f" {refused[0].place} {refused[0].reason}, so names may be missing." if refused else ""

    def brand(self, directory: Directory) -> tuple[Directory, frozenset[str]]:
        """The accounts that speak for the brand, and everybody known by then. Raises `ImportRefused`."""
        speakers = self.request.speakers
        found, missing = find_speakers(speakers, directory.people)
        if speakers and not missing:
            return directory, found
        counts, authors = self._authors(directory)
        directory = directory.knowing(author.person() for author in authors.values())
        by_count = dict(counts.most_common())
        return directory, expect_speakers(speakers, directory.people, counts=by_count, path=self.request.path)

    def _authors(self, directory: Directory) -> tuple[Counter[str], dict[str, Author]]:
        """Everybody who wrote, and how much."""
        counts: Counter[str] = Counter()
        authors: dict[str, Author] = {}
        for record in self.entries(*(name for days in self.layout.days.values() for name in days)):
            if isinstance(record, Record) and is_talk(record.value) and (author := author_of(record.value, directory)):
                counts[author.id] += 1
                authors[author.id] = authors.get(author.id, author)
        return counts, authors


def load_people(path: Path) -> dict[str, Person]:
    """Everybody whom an export lists, by id; their names are what privacy has to look for."""
    with open_files(path, shown=path.name, limits=Limits()) as files:
        directory, _ = Export(files, find_layout(files.names), Request(path)).directory()
        return dict(directory.people)


def _read_channel(
    export: Export, folder: str, *, directory: Directory, brand: AbstractSet[str], newest: datetime | None
) -> Iterator[Outcome]:
    channel, latest = directory.channel_ids.get(folder, folder), export.request.latest
    # A channel without an id is known by its name, which channels of other workspaces may have as well.
    extent = Extent(channel, taken=newest, whole=folder in directory.channel_ids and not export.files.faults)
    talk = Talk(extent, latest=latest)
    for record in export.entries(*export.layout.days[folder]):
        if isinstance(record, Refused):
            extent.whole = False
            yield record
        else:
            yield from _stranger(record, directory)
            found = read_said(record, directory, brand=brand)
            talk.see(record.value, found)
            fault = time_fault(found.sent_at, latest=latest) if isinstance(found, Said) else ""
            yield from [Refused(record.place, fault)] if fault else talk.add(found)
    yield from talk.settle()
    if extent.first and extent.last and extent.newest:
        before = extent.last if extent.whole else extent.first
        yield Covered(f"slack:{extent.place}", extent.first, before, extent.newest, talk.holds)
    for exchange in find_exchanges(talk.said(), gap=export.request.gap, brand=brand):
        yield exchange if isinstance(exchange, Skipped) else _conversation(exchange, channel)


def _stranger(record: Record, directory: Directory) -> Iterator[Person]:
    """Who wrote a record, where only the record names them: people of other workspaces."""
    named = isinstance(record.value.get("user_profile"), dict)
    author = author_of(record.value, directory) if named else None
    if author and author.id not in directory.people:
        yield author.person()


def _conversation(exchange: Exchange, channel: str) -> Conversation:
    messages = (
        Message(
            role="assistant" if one.brand else "user",
            content=one.text,
            author=one.author,
            sent_at=one.sent_at,
            id=f"slack:{channel}/{one.id}",
        )
        for one in exchange.said
    )
    return Conversation(
        id=conversation_id("slack", channel, exchange.key),
        messages=merge(tuple(messages)),
        place=exchange.said[0].place,
    )
