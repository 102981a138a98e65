"""Reads what Telegram Desktop exports as JSON: one chat, or everything, streamed.

Format: https://core.telegram.org/import-export and `result.json` of Telegram Desktop, which holds one chat
(`{"name", "type", "id", "messages"}`) or all of them under `chats.list`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import IO

from conversations.errors import ImportRefused
from conversations.importers.archive import READ_FAULTS, Files, may_be_log, open_files, place_of
from conversations.importers.chatlog import ChatLog
from conversations.importers.cutting import BrokenListError, utf8
from conversations.importers.drafts import UnfitError, words
from conversations.importers.importer import Limits, Outcome, Refused, Request, Skipped
from conversations.importers.records import JsonObject, Record, parse, short
from conversations.importers.said import Said
from conversations.importers.spool import Entry
from conversations.importers.tree import Part, cut_tree
from conversations.importers.tree import Path as TreePath
from conversations.person import Person

_FILE = "result.json"
_HEAD = 60  # parts that decide what a file is
_SENT = ("chats", "files", "images", "lists", "photos", "profile_pictures", "stickers", "stories", "video_files")
_LISTS = ("chats", "left_chats")
_MEDIA = ("photo", "file", "media_type", "sticker_emoji", "location_information", "contact_information", "poll")


@dataclass(frozen=True, slots=True)
class TelegramImporter:
    """The importer of `result.json`, alone, in its folder or zipped."""

    name: str = "telegram"
    shape: str = "an export of Telegram Desktop as JSON (result.json), also in its folder or zipped"
    needs_speakers: bool = True

    def recognises(self, path: Path) -> bool:
        try:
            with open_files(path, shown=path.name, limits=Limits()) as files:
                names = _candidates(files)
                return bool(names) and _is_export(files, names[0])
        except (ImportRefused, OSError):
            return False

    def read(self, request: Request) -> Iterator[Outcome]:
        with open_files(request.path, shown=request.shown, limits=request.limits) as files:
            yield from files.faults
            yield from ChatLog(request, "telegram").read(_entries(files, request))


def _candidates(files: Files) -> list[str]:
    """`result.json`, where no other log lies beside it; what people sent each other lies in folders of Telegram."""
    if files.names == ("",):
        return [""]
    logs = [name for name in files.names if may_be_log(name)]
    found = sorted((name for name in logs if name.rpartition("/")[2] == _FILE), key=lambda name: name.count("/"))
    folder = found[0].removesuffix(_FILE) if found else ""
    sent = tuple(f"{folder}{name}/" for name in _SENT)
    return found[:1] if all(name in found[:1] or name.startswith(sent) for name in logs) else []


def _is_export(files: Files, name: str) -> bool:
    """Whether a file begins with a chat, or with the list of all chats."""
    found: set[TreePath] = set()
    try:
        with files.open(name) as raw, utf8(raw) as stream:
            if stream.read(1) not in (b"{", b" ", b"\n", b"\r"):
                return False
        with files.open(name) as raw, utf8(raw) as stream:
            for part in islice(_cut(stream, cap=Limits().record_bytes), _HEAD):
                found.add(tuple(key for key in part.path if isinstance(key, str)))
                if part.path[:1] == ("messages",) and b'"role"' in (part.raw or b""):
                    return False  # a training file
    except (*READ_FAULTS, BrokenListError):
        pass
    all_chats = any(path[:1] == (name,) and "messages" in path for path in found for name in _LISTS)
    return all_chats or found >= {("type",), ("id",), ("messages",)}


def _into(path: TreePath) -> bool:
    """`messages`, and `chats.list[n].messages` with all that leads there."""
    if path == ("messages",):
        return True
    if not path or path[0] not in _LISTS:
        return False
    inner = path[1:]
    return inner in ((), ("list",)) or (inner[:1] == ("list",) and (len(inner) == 2 or inner[2:] == ("messages",)))


def _cut(stream: IO[bytes], *, cap: int) -> Iterator[Part]:
    return cut_tree(stream, cap=cap, into=_into)


def _entries(files: Files, request: Request) -> Iterator[Entry | Refused | Skipped | Person]:
    for name in _candidates(files):
        place = place_of(name, shown=request.shown)
        try:
            with files.open(name) as raw, utf8(raw) as stream:
                yield from _Reader(place, request.limits.record_bytes).entries(stream)
        except READ_FAULTS as fault:
            yield Refused(place, f"is broken, and only what stands before the break was read ({fault})")


class _Reader:
    """Goes through one file chat by chat; the id of a chat stands before its messages."""

    def __init__(self, place: str, cap: int) -> None:
        self._place = place
        self._cap = cap
        self._chat = ""
        self._topics: dict[str, str] = {}  # the id of what opened a topic, and the lane of its messages

    def entries(self, stream: IO[bytes]) -> Iterator[Entry | Refused | Skipped | Person]:
        try:
            for part in _cut(stream, cap=self._cap):
                yield from self._take(part)
        except BrokenListError as fault:
            yield Refused(self._place, str(fault))

    def _take(self, part: Part) -> Iterator[Entry | Refused | Skipped | Person]:
        if part.path[-2:-1] == ("messages",):
            yield from self._message(part)
        elif part.path[-1] == "id" and len(part.path) in (1, 4) and part.raw:
            self._chat = part.raw.decode("utf-8", "replace").strip().strip('"')
            self._topics = {}

    def _message(self, part: Part) -> Iterator[Entry | Refused | Skipped | Person]:
        chat = "" if len(part.path) == 2 else f".{part.path[0]}[{part.path[2]}]"
        record = parse(part.raw, place=f"{self._place}{chat}[{part.path[-1]}]", cap=self._cap)
        if isinstance(record, Refused):
            yield record
            return
        yield from _people_of(record.value)
        try:
            yield self._read(record)
        except UnfitError as fault:
            yield Refused(record.place, str(fault))

    def _read(self, record: Record) -> Entry | Skipped:
        entry, place = record.value, record.place
        identity = _identity(entry)
        if entry.get("type") == "service":
            if entry.get("action") == "topic_created":
                self._topics[identity] = f"{self._chat}/{identity}"
            return Skipped(place, "a notice of Telegram")
        if entry.get("type") != "message":
            raise UnfitError(f"is of an unknown kind (type {short(entry.get('type'))})")
        author = entry.get("from_id")
        if not isinstance(author, str) or not author:
            raise UnfitError("names no author")
        if entry.get("forwarded_from") or entry.get("forwarded_from_id"):
            return Skipped(place, "forwarded from elsewhere")
        if entry.get("via_bot"):
            return Skipped(place, "written by a bot")
        text = words(joined(entry.get("text", "")), what="its text")
        if not text:
            has_file = any(entry.get(key) for key in _MEDIA)
            return Skipped(place, "a file without words" if has_file else "no words")
        answered = entry.get("reply_to_message_id")
        link = str(answered) if isinstance(answered, int | str) and not isinstance(answered, bool) else None
        lane = self._topics.get(link or "", self._chat)
        return Entry(
            channel=lane or "chat",
            said=Said(identity, _sent_at(entry), f"telegram/{author}", text, place),
            link=None if link in self._topics else link,
            edited_at=_moment(entry, "edited"),
        )


def joined(text: object) -> str:
    """The words of a message: a text, or a list of texts and of entities with a text."""
    if isinstance(text, str):
        return text
    if not isinstance(text, list):
        raise UnfitError("its text is neither text nor a list of parts")
    return "".join(_part(part) for part in text)


def _part(part: object) -> str:
    inner = part.get("text") if isinstance(part, dict) else part
    if not isinstance(inner, str):
        raise UnfitError("its text has a part without text")
    return inner


def _people_of(entry: JsonObject) -> Iterator[Person]:
    for name, identity in (("from", "from_id"), ("actor", "actor_id")):
        who, called = entry.get(identity), entry.get(name)
        if isinstance(who, str) and who:
            names = (called.strip(),) if isinstance(called, str) and called.strip() else ()
            yield Person(f"telegram/{who}", names)


def _identity(entry: JsonObject) -> str:
    identity = entry.get("id")
    if isinstance(identity, bool) or not isinstance(identity, int | str) or identity == "":
        raise UnfitError(f"its `id` is {short(identity)}, not the id of a message")
    return str(identity)[:40]


def _sent_at(entry: JsonObject) -> datetime:
    moment = _moment(entry, "date")
    if moment is None:
        raise UnfitError("has no `date`")
    return moment


def _moment(entry: JsonObject, key: str) -> datetime | None:
    """The time under a key; `…_unixtime` says it without doubt, the other is local time, taken as UTC."""
    exact, local = entry.get(f"{key}_unixtime"), entry.get(key)
    if exact is None and local is None:
        return None
    try:
        if isinstance(exact, str) and exact.isascii() and exact.isdigit() and len(exact) < 12:
            return datetime.fromtimestamp(int(exact), UTC)
        if isinstance(local, str):
            return datetime.fromisoformat(local).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        pass
    raise UnfitError(f"`{key}` is {short(local if local is not None else exact)}, not a time")
