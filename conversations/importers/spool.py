"""The messages of a chat log, kept on disk while the log is read, so that memory does not grow with it.

The file has no name and is gone with the process, however that ends. Which messages belong together is worked out
from it: by the threads that the log names, then by who answers whom, then, outside of both, by silences.

Links between messages are followed in order of time, so a link into the future, as every circle of links has one,
counts for nothing. What one person writes within two minutes is one utterance: it follows a link as a whole. An
answer to an announcement of the brand begins a thread of its own, or a popular one would make strangers share one.
Between only two people nothing is entangled, and only links that reach over a silence are followed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from types import TracebackType
from typing import Any

from conversations.importers.exchanges import LONGEST, Exchange, in_session, in_thread, sessions
from conversations.importers.importer import Refused, Skipped
from conversations.importers.said import Said

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UTTERANCE = timedelta(minutes=2)
_SCHEMA = """
PRAGMA cache_size = -8192;
CREATE TABLE said (
    number INTEGER PRIMARY KEY, channel TEXT NOT NULL, id TEXT NOT NULL, sent_at INTEGER NOT NULL,
    author TEXT NOT NULL, text TEXT NOT NULL, place TEXT NOT NULL, brand INTEGER, thread TEXT, link TEXT,
    "to" TEXT, edited INTEGER, utterance INTEGER, UNIQUE (channel, id)
);
CREATE TABLE seen (channel TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (channel, id)) WITHOUT ROWID;
CREATE TABLE utterances (number INTEGER PRIMARY KEY, thread TEXT);
CREATE TABLE line (number INTEGER, id TEXT, sent_at INTEGER, author TEXT, brand INTEGER, link TEXT);
"""
_COLUMNS = 'id, sent_at, author, text, place, brand, thread, "to"'


@dataclass(frozen=True, slots=True)
class Entry:
    """One message as a log has it. `link` is the id of the message that it answers, in the same channel."""

    channel: str
    said: Said
    link: str | None = None
    by_brand: bool | None = None  # where the log itself says so
    edited_at: datetime | None = None


class Spool:
    """Takes messages in any order, and gives them back as exchanges, channel by channel."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def add(self, entry: Entry) -> Iterable[Skipped | Refused]:
        """Keep a message; of one that comes several times, the wording that was edited last."""
        said = entry.said
        edited = None if entry.edited_at is None else _micros(entry.edited_at)
        row = (entry.channel, said.id, _micros(said.sent_at), said.author, said.text, said.place)
        more = (entry.by_brand, said.thread, entry.link, said.to, edited)
        try:
            added = self._database.execute(
                'INSERT INTO said (channel, id, sent_at, author, text, place, brand, thread, link, "to", edited) '
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (*row, *more),
            )
        except UnicodeEncodeError:
            return [Refused(said.place, "has an id that holds half of a character (a lone surrogate)")]
        return [] if added.rowcount else [self._again(entry, edited)]

    def see(self, channel: str, identity: str) -> None:
        """Note that a message is there, although nothing of it is kept."""
        with suppress(UnicodeEncodeError):  # no message that is known has such an id
            self._database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (channel, identity))

    def holds(self, channel: str, ids: Sequence[str]) -> set[str]:
        """Those of the ids that stand in the log."""
        marks = ", ".join("?" * len(ids))
        wanted = " UNION ".join(
            f"SELECT id FROM {table} WHERE channel = ? AND id IN ({marks})"  # noqa: S608 - our own words
            for table in ("said", "seen")
        )
        return {row[0] for row in self._database.execute(wanted, (channel, *ids, channel, *ids))}

    def writers(self) -> Mapping[str, int]:
        """How much each author wrote of what the log does not say whether it is the brand's; most first."""
        counted = "SELECT author, count(*) FROM said WHERE brand IS NULL GROUP BY author ORDER BY 2 DESC, 1"
        return dict(self._database.execute(counted))

    def exchanges(
        self, *, gap: timedelta, brand: AbstractSet[str], pair_alone: bool = True
    ) -> Iterator[tuple[str, Exchange] | Skipped]:
        """Every message comes out once: in an exchange, with its channel, or skipped.

        `pair_alone` is false where messages outside threads have nothing to do with each other.
        """
        self._settle(brand)
        for channel in self._channels():
            self._link(channel, gap=gap if pair_alone else timedelta(-1))
            for found in self._in_channel(channel, gap=gap if pair_alone else timedelta(-1), brand=brand):
                yield (channel, found) if isinstance(found, Exchange) else found

    def monologues(self, *, gap: timedelta, brand: AbstractSet[str]) -> Iterator[tuple[str, Exchange]]:
        """Everything said in each channel, parted by silences, of a log that holds one side only."""
        self._settle(brand)
        for channel in self._channels():
            for session in sessions(self._rows("TRUE", channel, order="sent_at, number"), gap=gap):
                yield channel, Exchange(session[0].id, tuple(session))

    def _channels(self) -> list[str]:
        return [row[0] for row in self._database.execute("SELECT DISTINCT channel FROM said ORDER BY channel")]

    def _again(self, entry: Entry, edited: int | None) -> Skipped | Refused:
        known = self._database.execute(
            "SELECT number, author, text, place, edited FROM said WHERE channel = ? AND id = ?",
            (entry.channel, entry.said.id),
        ).fetchone()
        number, author, text, place, known_edit = known
        if (author, text) == (entry.said.author, entry.said.text):
            return Skipped(entry.said.place, "the same message again")
        if author != entry.said.author or edited == known_edit:
            return Refused(entry.said.place, f"has the id of another message ({place}), which says something else")
        if (edited or 0) > (known_edit or 0):
            change = "UPDATE said SET text = ?, place = ?, edited = ? WHERE number = ?"
            self._database.execute(change, (entry.said.text, entry.said.place, edited, number))
            return Skipped(place, "an earlier wording of a message that was edited")
        return Skipped(entry.said.place, "an earlier wording of a message that was edited")

    def _settle(self, brand: AbstractSet[str]) -> None:
        """Everything is read: say who the brand is, and get ready to give it back in order."""
        marks = ((author,) for author in brand)
        self._database.executemany("UPDATE said SET brand = 1 WHERE brand IS NULL AND author = ?", marks)
        self._database.execute("UPDATE said SET brand = 0 WHERE brand IS NULL")
        self._database.execute(
            "UPDATE said SET thread = id WHERE thread IS NULL AND (channel, id) IN "
            "(SELECT DISTINCT channel, thread FROM said WHERE thread IS NOT NULL)"
        )
        self._database.execute("CREATE INDEX by_time ON said (channel, thread, sent_at)")

    def _link(self, channel: str, *, gap: timedelta) -> None:
        """Gives messages that answer each other a thread; between two people, only where a silence parts them."""
        people, links = self._database.execute(
            "SELECT count(DISTINCT CASE WHEN brand THEN NULL ELSE author END), count(link) FROM said WHERE channel = ?",
            (channel,),
        ).fetchone()
        if links:
            _Links(self._database, channel, beyond=-1 if people > 1 else gap // _MICRO).follow()

    def _in_channel(self, channel: str, *, gap: timedelta, brand: AbstractSet[str]) -> Iterator[Exchange | Skipped]:
        threads = self._rows("thread IS NOT NULL", channel, order="thread, sent_at, number")
        for thread, said in groupby(threads, key=lambda one: one.thread):
            key = thread or ""
            while chunk := list(islice(said, LONGEST)):
                yield from in_thread(key, chunk)
                key = f"{thread}/{chunk[-1].id}"
        alone = self._rows("thread IS NULL", channel, order="sent_at, number")
        for session in sessions(alone, gap=gap):
            yield from in_session(session, brand=brand)

    def _rows(self, wanted: str, channel: str, *, order: str) -> Iterator[Said]:
        query = f"SELECT {_COLUMNS} FROM said WHERE channel = ? AND {wanted} ORDER BY {order}"  # noqa: S608 - our own words
        for row in self._database.execute(query, (channel,)):
            identity, sent_at, author, text, place, brand, thread, to = row
            yield Said(identity, _moment(sent_at), author, text, place, bool(brand), thread, to)


@dataclass(slots=True)
class _Utterance:
    """What one person writes within two minutes, and the link it follows."""

    number: int
    author: str
    until: int
    link: str | None
    thread: str | None = None


class _Links:
    """Follows the links of one channel in order of time."""

    def __init__(self, database: sqlite3.Connection, channel: str, *, beyond: int) -> None:
        self._database = database
        self._channel = channel
        self._beyond = beyond  # microseconds that have to lie between

    def follow(self) -> None:
        """Writes the thread of each linked message into `said`."""
        run = self._database.execute
        run("DELETE FROM line")
        run(
            "INSERT INTO line SELECT number, id, sent_at, author, brand, link FROM said "
            "WHERE channel = ? AND thread IS NULL ORDER BY sent_at, number",
            (self._channel,),
        )
        utterance: _Utterance | None = None
        for number, identity, sent_at, author, brand, link in run("SELECT * FROM line ORDER BY rowid"):
            utterance = self._utterance(utterance, number, author, sent_at=sent_at, link=link)
            run("UPDATE said SET utterance = ? WHERE number = ?", (utterance.number, number))
            if link is not None and utterance.thread is None:
                utterance.thread = self._thread(link, identity, sent_at=sent_at, brand=bool(brand))
                run("UPDATE utterances SET thread = ? WHERE number = ?", (utterance.thread, utterance.number))
        run(
            "UPDATE said SET thread = (SELECT thread FROM utterances u WHERE u.number = said.utterance) "
            "WHERE channel = ? AND thread IS NULL",
            (self._channel,),
        )

    def _utterance(
        self, last: _Utterance | None, number: int, author: str, *, sent_at: int, link: str | None
    ) -> _Utterance:
        """The utterance that a message belongs to: the last one, or a new one."""
        close = last is not None and last.author == author and sent_at - last.until <= _UTTERANCE / _MICRO
        if last is not None and close and (link is None or last.link in (None, link)):
            last.until, last.link = sent_at, last.link or link
            return last
        self._database.execute("INSERT INTO utterances VALUES (?, NULL)", (number,))
        return _Utterance(number, author, sent_at, link)

    def _thread(self, link: str, identity: str, *, sent_at: int, brand: bool) -> str | None:
        """The thread that a link leads into; one is opened where what it leads to has none yet."""
        found = self._database.execute(
            "SELECT said.id, sent_at, brand, utterance, utterances.thread FROM said "
            "LEFT JOIN utterances ON utterances.number = utterance WHERE channel = ? AND id = ?",
            (self._channel, link),
        ).fetchone()
        if found is None:  # what the brand answers is not in the log, so nobody else's question may be taken for it
            return link if brand else None
        parent, sent_then, by_brand, utterance, thread = found
        if parent == identity or utterance is None or sent_at - sent_then <= self._beyond:
            return None
        if thread is None and not by_brand:
            self._database.execute("UPDATE utterances SET thread = ? WHERE number = ?", (parent, utterance))
            return str(parent)
        return None if thread is None else str(thread)


_MICRO = timedelta(microseconds=1)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICRO


def _moment(micros: Any) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)
