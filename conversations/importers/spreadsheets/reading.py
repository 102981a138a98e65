"""One row of a table: a message, a whole turn, or why it is neither."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html import unescape

from conversations.importers.dates import DateOrder, Evidence, Written, clock, western
from conversations.importers.drafts import Draft, UnfitError, finish, some_words, words
from conversations.importers.importer import Outcome, Refused, Request, Skipped
from conversations.importers.records import short
from conversations.importers.said import Said
from conversations.importers.spool import Entry
from conversations.importers.spreadsheets.columns import ColumnMap
from conversations.importers.spreadsheets.delimited import Row
from conversations.messages import Message
from conversations.person import Person

_NO = frozenset({"false", "0", "no", "n", "f"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBERS = re.compile(
    r"(?P<a>\d{1,4})(?P<mark>[./-])(?P<b>\d{1,2})(?P=mark)(?P<c>\d{1,4})"
    r"(?:,?\s+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?\s?(?P<half>[APap]\.?[Mm]\.?)?)?"
)
_TWEETED = "%a %b %d %H:%M:%S %z %Y"
_BLOCK = re.compile(r"<(?:br|/p|/div|/li|/h\d|/tr)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_NAMES = r"p|div|br|span|a|b|i|ul|ol|li|strong|em|table|blockquote|h\d|html|body"
_HTML = re.compile(rf"</?(?:{_NAMES})\b[^<>]*>", re.IGNORECASE)
_LONGEST_HTML = 100_000  # characters; what is longer could be made to take for ever
_UNSEEN = re.compile(r"<(style|script|head|blockquote)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Times:
    """How the times of a table are written: `order` is known once all of them were looked at, where it matters."""

    order: DateOrder | None = None

    def is_open(self, text: str) -> bool:
        """Whether the order of day and month has to be known to read this."""
        return self.order is None and _sure(text.strip()) is None and _written(text.strip()) is not None

    def decided(self, texts: Iterable[str]) -> Times:
        evidence = Evidence()
        for text in texts:
            if written := _written(text.strip()):
                evidence.add(written)
        return Times(evidence.order())

    def read(self, text: str) -> datetime:
        """The moment, in UTC where no zone is named. Raises `UnfitError`."""
        text = text.strip()
        moment = _sure(text)
        if moment is None and self.order and (written := _written(text)):
            moment = written.in_order(self.order)
        if moment is None:
            raise UnfitError(f"its time is {short(text)}, which is none that can be read")
        return moment


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads rows by a map of columns."""

    columns: ColumnMap
    header: Sequence[str]
    request: Request
    times: Times = field(default_factory=Times)

    def cell(self, row: Row, wanted: str) -> str:
        """The cell of a field, or nothing where the table has no such column."""
        name = self.columns.columns.get(wanted)
        return row.cells[self.header.index(name)].strip() if name is not None else ""

    def place(self, row: Row) -> str:
        return f"{self.request.shown}:{row.number}"

    def turn(self, row: Row) -> tuple[Outcome, ...]:
        """The conversation of a row that holds question and answer."""
        try:
            asked = some_words(readable(self.cell(row, "prompt")), what="the prompt")
            answered = some_words(readable(self.cell(row, "completion")), what="the completion")
            return finish(Draft((Message("user", asked), Message("assistant", answered))), place=self.place(row))
        except UnfitError as fault:
            return (Refused(self.place(row), str(fault)),)

    def entries(self, row: Row) -> Iterator[Entry | Refused | Skipped | Person]:
        """The message of a row, and who is named in it."""
        author = self._author(row)
        if author:
            names = (self.cell(row, "name"), self.cell(row, "author"))
            yield Person(author, tuple(dict.fromkeys(filter(None, names))))
        try:
            yield self._entry(row, author)
        except UnfitError as fault:
            yield Refused(self.place(row), str(fault))

    def _entry(self, row: Row, author: str) -> Entry | Skipped:
        place = self.place(row)
        if "public" in self.columns.columns and self.cell(row, "public").casefold() in _NO:
            return Skipped(place, "an internal note")
        kind = self.cell(row, "kind")
        if self.columns.kinds and kind.casefold() not in self.columns.kinds:
            return Skipped(place, f"an entry of another kind ({short(kind)})")
        by_brand, reason = self._side(row)
        if reason:
            return Skipped(place, reason)
        text = words(readable(self.cell(row, "text")), what="its text")
        if not text:
            return Skipped(place, "no words")
        if not author and by_brand is None:
            raise UnfitError("names no author")
        said = Said(self._id(row), self._moment(row), author, text, place, thread=self._thread(row))
        return Entry(self._channel, said, link=self.cell(row, "reply_to") or None, by_brand=by_brand)

    def _author(self, row: Row) -> str:
        author = self.cell(row, "author") or self.cell(row, "name")
        return f"{self.columns.name}/{author}" if author else ""

    def _side(self, row: Row) -> tuple[bool | None, str]:
        """Whether the brand speaks; None where its author decides. Or why nobody does."""
        if "role" not in self.columns.columns:
            return None, ""
        said = self.cell(row, "role").casefold()
        if said not in self.columns.roles:
            known = ", ".join(self.columns.roles)
            raise UnfitError(
                f"has the role {short(said)}, which is none of {known}; "
                "a TOML file for --column says under [roles] what others mean"
            )
        if said in self.columns.open_roles:
            return None, ""
        role = self.columns.roles[said]
        return (None, "written by a bot") if role is None else (role == "assistant", "")

    def _id(self, row: Row) -> str:
        return self.cell(row, "id") or f"row {row.number}"

    def _thread(self, row: Row) -> str | None:
        if "conversation" not in self.columns.columns:
            return None
        thread = self.cell(row, "conversation")
        if not thread:
            raise UnfitError("names no conversation")
        return thread

    def _moment(self, row: Row) -> datetime:
        if "time" not in self.columns.columns:
            return _EPOCH + timedelta(microseconds=row.number)
        return self.times.read(self.cell(row, "time"))

    @property
    def _channel(self) -> str:
        """What ids are unique in: the program that wrote the table, else the table itself."""
        return self.columns.name if self.columns.name != "csv" else self.request.shown


def readable(text: str) -> str:
    """The words of a cell, out of HTML where it is HTML, without the mail it quotes. Raises `UnfitError`."""
    if not _HTML.search(text):
        return text
    if len(text) > _LONGEST_HTML:
        raise UnfitError(f"holds more than {_LONGEST_HTML} characters of HTML")
    plain = _TAG.sub("", _BLOCK.sub("\n", _UNSEEN.sub("", text)))
    lines = (" ".join(line.split()) for line in unescape(plain).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _sure(text: str) -> datetime | None:
    """A time that says by itself what is what: ISO 8601, seconds or milliseconds since 1970, a mail's or a tweet's."""
    try:
        if re.fullmatch(r"\d{9,10}(?:\.\d+)?|\d{13}", text):
            return _EPOCH + timedelta(seconds=float(text) / (1000 if len(text) == 13 and "." not in text else 1))
        if re.match(r"\d{4}-", text):
            return _utc(datetime.fromisoformat(text.removesuffix(" UTC")))
        if text[:1].isalpha() and len(text) < 60:
            return _utc(_worded(text))
    except (ValueError, OverflowError, TypeError, IndexError):
        pass
    return None


def _worded(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TWEETED)  # noqa: DTZ007 - the format has a %z
    except ValueError:
        return parsedate_to_datetime(text)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _written(text: str) -> Written | None:
    match = _NUMBERS.fullmatch(western(text))
    at = match and clock(
        match["hour"] or "0", match["minute"] or "0", second=match["second"] or "0", half=match["half"] or ""
    )
    if match is None or at is None:
        return None
    numbers = (int(match["a"]), int(match["b"]), int(match["c"]))
    return Written(numbers, len(match["a"]) == 4, match["mark"] == ".", at)
