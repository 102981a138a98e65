"""Reads chats that WhatsApp exports as text: `_chat.txt` of iOS or `WhatsApp Chat with ….txt` of Android, also zipped.

Format: https://faq.whatsapp.com/1180414079177245 and real exports: it follows the language of the phone, and it says
neither which of day and month stands first nor in which zone the clock ran (times are taken as UTC).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from conversations.errors import ImportRefused
from conversations.importers.archive import READ_FAULTS, Files, open_files, place_of
from conversations.importers.chatlog import ChatLog
from conversations.importers.cutting import cut_lines
from conversations.importers.dates import DateOrder, Evidence, Written, clock, western
from conversations.importers.drafts import UnfitError, words
from conversations.importers.importer import Limits, Outcome, Refused, Request, Skipped
from conversations.importers.said import Said
from conversations.importers.spool import Entry
from conversations.importers.texts import HEAD_LINE, Encoding, decode, find_encoding, opened
from conversations.person import Person

_LOOK_AT = 30  # lines in which a message must stand
_LONGEST_NAME = 80
_MOST_LINES = 10_000  # of one message
_WAYS_OUT = "Say it with --dates dmy (5 March is 05/03) or --dates mdy (5 March is 03/05)"

_DATE = r"(?P<a>\d{1,4})(?P<mark>[./-])\s?(?P<b>\d{1,2})(?P=mark)\s?(?P<c>\d{1,4})\.?"
_HALF = r"[ap]\.? ?m\.?|[^\W\d_]{1,9}"
_CLOCK = r"(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?"
_TIME = rf"(?P<before>{_HALF})?\s?{_CLOCK}\s?(?P<after>{_HALF})?"
_JOINT = r",?\s(?:(?:à|às|um|kl|klo|at|a las|alle|en)\.?\s)?"
_HEADS = (
    re.compile(rf"\[{_DATE}{_JOINT}{_TIME}\]\s?", re.IGNORECASE),
    re.compile(rf"{_DATE}{_JOINT}{_TIME}\s[-–]\s", re.IGNORECASE),
    re.compile(rf"{_DATE}{_JOINT}{_TIME},\s(?=[^:]+ ?: )", re.IGNORECASE),
)
_MARKS = "\u200e\u200f\u202a\u202c\ufeff"
_KINDS = "jpg|jpeg|png|webp|gif|mp4|opus|m4a|mp3|pdf|vcf|aac|3gp|docx?"
_FILE = re.compile(rf"<[^<>\n]{{3,60}}>|\S[^\n]{{0,100}}\.(?:{_KINDS}) \([^()\n]+\)")
_EDITED = re.compile(r"<[^<>\n]{0,40}(?:edit|bearbeitet)[^<>\n]{0,40}>$", re.IGNORECASE)
_DELETED = re.compile(
    r"(?:this message was deleted|you deleted this message|"
    r"diese nachricht wurde gelöscht|du hast diese nachricht gelöscht|"
    r"este mensaje fue eliminado|eliminaste este mensaje|ce message a été supprimé|vous avez supprimé ce message|"
    r"questo messaggio è stato eliminato|esta mensagem foi apagada|dit bericht is verwijderd|"
    r"this message was deleted by admin .*)\.?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class WhatsAppImporter:
    """The importer of WhatsApp's text files. People are known by the names under which the phone had them."""

    name: str = "whatsapp"
    shape: str = "a chat that WhatsApp exported as text (_chat.txt), also zipped"
    needs_speakers: bool = True

    def recognises(self, path: Path) -> bool:
        if path.is_dir():
            return False
        try:
            with open_files(path, shown=path.name, limits=Limits()) as files:
                return any(_is_chat(files, name) for name in _candidates(files)[:1])
        except (ImportRefused, OSError):
            return False

    def read(self, request: Request) -> Iterator[Outcome]:
        with open_files(request.path, shown=request.shown, limits=request.limits) as files:
            yield from files.faults
            yield from ChatLog(request, "whatsapp").read(_entries(files, request))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chat. `written` is its time where it begins a message, and `text` is what follows."""

    number: int
    text: str | None  # None: too long, or no text in the encoding of the file
    written: Written | None = None


def read_line(text: str | None, number: int) -> Line:
    """Parts a line into the time at its beginning, if there is one, and the rest."""
    if text is None:
        return Line(number, None)
    plain = text.lstrip(_MARKS)
    if not plain[:1].isdigit() and not plain.startswith("["):
        return Line(number, text)
    head = western(plain[:60])
    match = next((match for pattern in _HEADS if (match := pattern.match(head))), None)
    written = _written(match) if match else None
    if match is None or written is None:
        return Line(number, text)
    return Line(number, _after(plain, match.end()), written)


def _after(plain: str, count: int) -> str:
    """What follows so many characters of `western(plain)`, which may have lost some."""
    at = 0
    while count:
        count -= len(western(plain[at]))
        at += 1
    return plain[at:]


def _written(match: re.Match[str]) -> Written | None:
    at = clock(
        match["hour"], match["minute"], second=match["second"] or "0", half=match["before"] or match["after"] or ""
    )
    if at is None:
        return None
    numbers = (int(match["a"]), int(match["b"]), int(match["c"]))
    return Written(numbers, len(match["a"]) == 4, match["mark"] == ".", at)


def _candidates(files: Files) -> list[str]:
    """The texts, the chat itself first: people also send each other text files."""
    texts = [name for name in files.names if not name or name.casefold().endswith(".txt")]
    return sorted(texts, key=lambda name: ("chat" not in name.rpartition("/")[2].casefold(), name))


def _is_chat(files: Files, name: str) -> bool:
    try:
        encoding = find_encoding(lambda: files.open(name))
        with opened(files.open(name), encoding) as stream:
            lines = (
                decode(raw, encoding) for _, raw in zip(range(_LOOK_AT), cut_lines(stream, cap=HEAD_LINE), strict=False)
            )
            return any(read_line(text, 0).written for text in lines)
    except READ_FAULTS:
        return False


def _entries(files: Files, request: Request) -> Iterator[Entry | Refused | Skipped | Person]:
    texts = _candidates(files)
    chats = [name for name in texts if _is_chat(files, name)]
    yield from (Skipped(place_of(name, shown=request.shown), "is no chat") for name in texts if name not in chats)
    for name in chats:
        place = place_of(name, shown=request.shown)
        try:
            encoding = find_encoding(partial(files.open, name))
            yield from _Chat(
                files, name, place, encoding, request, channel="chat" if len(chats) == 1 else name
            ).entries()
        except READ_FAULTS as fault:
            yield Refused(place, f"is broken, and only what stands before the break was read ({fault})")


class _Chat:
    """One chat, gone through twice: for the order of its dates, and for what is said."""

    def __init__(
        self, files: Files, name: str, place: str, encoding: Encoding, request: Request, *, channel: str
    ) -> None:
        self._files = files
        self._name = name
        self._place = place
        self._encoding = encoding
        self._request = request
        self._channel = channel
        self._minute: datetime | None = None
        self._twins: Counter[str] = Counter()  # of this minute

    def entries(self) -> Iterator[Entry | Refused | Skipped | Person]:
        order = self._order()
        if self._encoding.note:
            yield Skipped(self._place, self._encoding.note, note=True)
        message: list[Line] = []
        size = 0
        for line in self._lines():
            if line.text is None:
                yield self._refused(line, "is longer than can be read, or is no text in its encoding")
            elif line.written:
                yield from self._message(message, order, size=size)
                message, size = [line], len(line.text)
            elif message:
                size += len(line.text) + 1 if len(message) < _MOST_LINES else self._cap
                message += [line] if size <= self._cap else []
            elif line.text.strip():
                yield self._refused(line, "stands before the first message")
        yield from self._message(message, order, size=size)

    def _refused(self, line: Line, reason: str) -> Refused:
        return Refused(f"{self._place}:{line.number}", reason)

    @property
    def _cap(self) -> int:
        return self._request.limits.record_bytes

    def _lines(self) -> Iterator[Line]:
        with opened(self._files.open(self._name), self._encoding) as stream:
            for number, raw in enumerate(cut_lines(stream, cap=self._cap), start=1):
                yield read_line(decode(raw, self._encoding), number)

    def _order(self) -> DateOrder:
        if self._request.dates:
            return self._request.dates
        evidence = Evidence()
        for line in self._lines():
            if line.written:
                evidence.add(line.written)
        order = evidence.order()
        if order is None:
            raise ImportRefused(
                f"{self._request.path}: its dates do not show whether the day or the month stands first. {_WAYS_OUT}."
            )
        return order

    def _message(
        self, lines: list[Line], order: DateOrder, *, size: int
    ) -> Iterator[Entry | Refused | Skipped | Person]:
        if not lines or lines[0].written is None:
            return
        place = f"{self._place}:{lines[0].number}"
        author, text = _parted("\n".join(line.text or "" for line in lines))
        moment = lines[0].written.in_order(order)
        if author is None:
            yield Skipped(place, "a notice of WhatsApp")
            return
        yield Person(f"whatsapp/{author}", (author,))
        if moment is None:
            yield Refused(place, f"has a date that is none in the order {order} of this chat")
        elif size > self._cap:
            yield Refused(place, f"is longer than {self._cap / 2**20:g} MiB or {_MOST_LINES:,} lines")
        elif reason := _nothing_said(text):
            yield Skipped(place, reason)
        else:
            yield self._entry(author, text, moment, place=place)

    def _entry(self, author: str, text: str, moment: datetime, *, place: str) -> Entry | Refused:
        try:
            said = words(_EDITED.sub("", text), what="its text")
        except UnfitError as fault:
            return Refused(place, str(fault))
        identity = self._id(moment, author, said)
        return Entry(self._channel, Said(identity, moment, f"whatsapp/{author}", said, place))

    def _id(self, moment: datetime, *parts: str) -> str:
        """WhatsApp gives messages no ids: time, author and words make one, and a number where all three come again."""
        text = "\x1f".join((moment.isoformat(), *parts))
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]
        if moment != self._minute:
            self._minute = moment
            self._twins.clear()
        self._twins[digest] += 1
        return digest if self._twins[digest] == 1 else f"{digest}-{self._twins[digest]}"


def _parted(text: str) -> tuple[str | None, str]:
    """Who says what; nobody says a notice. A name is short, and no notice quotes what it changed before a colon."""
    name, colon, said = text.partition(":")
    name = name.strip(_MARKS + " ~\u00a0\u202f")
    if not colon or not name or len(name) > _LONGEST_NAME or "\n" in name or re.search(r'["“”„«»]', name):
        return None, text
    return "".join(character for character in name if character.isprintable()), said.removeprefix(" ")


def _nothing_said(text: str) -> str:
    """Why a message is left out, or nothing. iOS begins what nobody typed with a mark of direction."""
    bare = text.strip(_MARKS + " \n\t")
    if not bare or bare == "null":
        return "no words"
    if _DELETED.fullmatch(bare):
        return "deleted by its author"
    if text.startswith("\u200e") or _FILE.fullmatch(bare):
        return "a file without words, or a notice of WhatsApp"
    return ""
