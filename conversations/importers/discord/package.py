"""Discord's own data package: everything that one person wrote, without what it answers.

Format: https://support.discord.com/hc/en-us/articles/360004957991-Your-Discord-Data-Package and real packages: in each
channel's folder lie `channel.json` and `messages.json`, or `messages.csv` in older ones. The folders above are written
small, large or in the language of the account; the person is named by `user.json`, where that was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from conversations.errors import ImportRefused
from conversations.importers.archive import READ_FAULTS, Files, place_of
from conversations.importers.cutting import BrokenListError, first_byte, utf8
from conversations.importers.discord.export import moment_of
from conversations.importers.discord.message import unmarked
from conversations.importers.drafts import UnfitError, words
from conversations.importers.importer import Refused, Request, Skipped
from conversations.importers.records import JsonObject, Record, parse, read_list, short
from conversations.importers.said import Said
from conversations.importers.spool import Entry
from conversations.importers.spreadsheets.delimited import Row, read_delimited
from conversations.importers.texts import Encoding
from conversations.importers.tree import Path as TreePath
from conversations.importers.tree import cut_tree
from conversations.person import Person

_MESSAGES = re.compile(r"(?P<above>(?:.*/)?)(?P<folder>c?(?P<channel>\d+))/messages\.(?P<form>json|csv)", re.IGNORECASE)
_ACCOUNT = re.compile(r"(?P<root>(?:.*/)?)[^/]+/user\.json", re.IGNORECASE)
_FRIENDS: TreePath = ("relationships",)
_IDENTITY = ("id", "username", "global_name")


def channels_of(names: Sequence[str]) -> Mapping[str, str]:
    """The files of messages in a data package, each with the id of its channel; none where these files are none."""
    there = {name.casefold() for name in names}
    found = {name: match for name in names if (match := _MESSAGES.fullmatch(name))}
    return {name: match["channel"] for name, match in found.items() if _is_of_package(match, there)}


def _is_of_package(match: re.Match[str], there: set[str]) -> bool:
    beside = f"{match['above']}{match['folder']}/channel.json".casefold()
    return beside in there or match["above"].casefold().endswith("messages/")


def read_package(files: Files, request: Request) -> Iterator[Entry | Refused | Skipped | Person]:
    """Every message with its channel, id and time, as its owner's. Raises `ImportRefused` where nobody knows whose."""
    channels = channels_of(files.names)
    account = _account(files, request, at_hand=next(iter(channels)))
    yield from account.refused
    people = (account.owner or _owner_by_id(request), *account.friends.values())
    yield from people
    names = {person.id.removeprefix("discord/"): person.mention for person in people}
    for name, channel in channels.items():
        reader = _Channel(channel, people[0].id, names)
        for record in _records(files, name, request):
            yield record if isinstance(record, Refused) else reader.read(record)


def _account(files: Files, request: Request, *, at_hand: str) -> _Account:
    """What `user.json` of the package with this file says; a package without it names nobody."""
    found = (match for name in files.names if (match := _ACCOUNT.fullmatch(name)))
    name = next((match[0] for match in found if at_hand.startswith(match["root"])), "")
    account = _Account(place_of(name, shown=request.shown), request.limits.record_bytes)
    if name:
        account.read(files, name)
    return account


def _owner_by_id(request: Request) -> Person:
    ids = [name.strip().removeprefix("discord/") for name in request.speakers]
    if len(ids) == 1 and re.fullmatch(r"\d{3,20}", ids[0]):
        return Person(f"discord/{ids[0]}", ())
    raise ImportRefused(
        f"{request.path} is a data package that does not say whose it is: account/user.json is missing. "
        "Name its owner by the number that Discord knows them by (Copy User ID): --speaker 123456789012345678."
    )


class _Account:
    """What `user.json` says of the owner and of whom the owner knows; everything else in it is passed over."""

    def __init__(self, place: str, cap: int) -> None:
        self._place = place
        self._cap = cap
        self.owner: Person | None = None
        self.friends: dict[str, Person] = {}
        self.refused: list[Refused] = []

    def read(self, files: Files, name: str) -> None:
        identity = dict.fromkeys(_IDENTITY, b"null")
        try:
            with files.open(name) as raw, utf8(raw) as stream:
                for part in cut_tree(stream, cap=self._cap, into=lambda path: path == _FRIENDS):
                    if part.path[:1] == _FRIENDS:
                        self._befriend(part.raw)
                    elif part.path[0] in identity and part.raw:
                        identity[str(part.path[0])] = part.raw
        except (BrokenListError, *READ_FAULTS) as fault:
            self.refused.append(Refused(self._place, f"is broken ({fault})"))
        self.owner = _person(
            self._object(b"{%b}" % b",".join(b'"%b":%b' % (k.encode(), v) for k, v in identity.items()))
        )

    def _befriend(self, raw: bytes | None) -> None:
        if person := _person(self._object(raw).get("user")):
            self.friends[person.id] = person

    def _object(self, raw: bytes | None) -> JsonObject:
        record = parse(raw, place=self._place, cap=self._cap)
        return record.value if isinstance(record, Record) else {}


def _person(account: object) -> Person | None:
    if not isinstance(account, dict) or not isinstance(identity := account.get("id"), str) or not identity:
        return None
    names = (account.get("global_name"), account.get("username"))
    said = (name.strip() for name in names if isinstance(name, str) and name.strip())
    return Person(f"discord/{identity}", tuple(dict.fromkeys(said)))


@dataclass(frozen=True, slots=True)
class _Channel:
    """One channel: everything in it is the owner's."""

    id: str
    owner: str
    names: Mapping[str, str]

    def read(self, record: Record) -> Entry | Refused | Skipped:
        entry, place = record.value, record.place
        try:
            contents = entry.get("Contents")
            text = unmarked(words("" if contents is None else contents, what="its `Contents`"), self.names)
            sent_at = moment_of(entry.get("Timestamp"), what="`Timestamp`")
            identity = _id(entry)
        except UnfitError as fault:
            return Refused(place, str(fault))
        if not text:
            return Skipped(place, "a file without words" if entry.get("Attachments") else "no words")
        return Entry(self.id, Said(identity, sent_at, self.owner, text, place))


def _id(entry: JsonObject) -> str:
    identity = entry.get("ID")
    if isinstance(identity, int) and not isinstance(identity, bool) and identity > 0:
        return str(identity)
    if isinstance(identity, str) and identity.isascii() and identity.isdigit():
        return identity
    raise UnfitError(f"its `ID` is {short(identity)}, not the id of a message")


def _records(files: Files, name: str, request: Request) -> Iterator[Record | Refused]:
    """The messages of one channel, as the same objects whichever form they lie in."""
    place, cap = place_of(name, shown=request.shown), request.limits.record_bytes
    try:
        if name.casefold().endswith(".csv"):
            yield from _rows(files, name, place=place, cap=cap)
            return
        with files.open(name) as raw:
            first = first_byte(utf8(raw))
        if first != b"[":
            yield Refused(place, "holds no list of messages" if first else "is empty")
            return
        with files.open(name) as raw:
            yield from read_list(utf8(raw), shown=place, cap=cap)
    except READ_FAULTS as fault:
        yield Refused(place, f"is broken, and only what stands before the break was read ({fault})")


def _rows(files: Files, name: str, *, place: str, cap: int) -> Iterator[Record | Refused]:
    header: tuple[str, ...] = ()
    for row in read_delimited(partial(files.open, name), Encoding(), delimiter=",", shown=place, cap=cap):
        if not isinstance(row, Row):
            yield row
        elif header:
            yield Record(f"{place}:{row.number}", dict(zip(header, row.cells, strict=True)))
        else:
            header = row.cells
