"""Coverage: the stretches of channels that an import tells everything of, and what the store knows and it lacks.

What an import lacks inside such a stretch was deleted where it was said, so conversations that hold it are withdrawn.
Outside, nothing is concluded. Where two imports tell of the same channel, the one with the newest message knows better.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice

from sqlalchemy import Connection, delete, insert, select

from conversations import ledger_tables, tables
from conversations.covered import Covered
from conversations.database import Database, inserting_missing, lock_whole_conversations, upsert
from conversations.messages import Conversation, Message
from conversations.sources import Source

PAGE = 500
WITHDRAWN = "conversation withdrawn"  # in the audit
REASON = "something in it was deleted where it was said"
_NEVER = datetime.max.replace(tzinfo=UTC)
_FEW = 20  # missing messages that are believed whatever their share


@dataclass(frozen=True, slots=True)
class Doubt:
    """A channel of which an import lacks so much that it is taken for a part; nothing of it is withdrawn."""

    channel: str
    missing: int
    known: int


class Coverage:
    """What one import covers; filled while it is read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._since: dict[str, datetime] = {}  # what this import covers, from when on
        self._newest: dict[str, datetime] = {}
        self._older: dict[str, datetime] = {}  # channels of which a newer import told, and from when on it did
        self._missing: dict[str, None] = {}
        self._back: set[str] = set()
        self._stale: set[str] = set()
        self.doubts: list[Doubt] = []

    def take(self, covered: Covered) -> None:
        """Compare a stretch with what the store knows of it."""
        table = ledger_tables.covered_channels
        with self._database.reading() as connection:
            known = connection.execute(select(table).where(table.c.channel == covered.channel)).first()
            if known is not None and covered.newest < known.newest:
                self._older[covered.channel] = known.since
                return
            if covered.before <= covered.after:
                self._since.setdefault(covered.channel, _NEVER)
                return
            self._note(covered)
            if known is not None and covered.newest > known.newest:  # else nobody knows which of the two is newer
                self._back.update(_held(covered, _deleted_of(connection, covered)))
            count, missing = _compare(connection, covered)
            if len(missing) > _FEW and 2 * len(missing) > count:
                self.doubts.append(Doubt(covered.channel, len(missing), count))
                self._since[covered.channel] = _NEVER
                del self._newest[covered.channel]
                return
            self._missing.update(dict.fromkeys(missing))
            self._stale.update(_holding(connection, missing))

    def met(self, conversation: str) -> None:
        """Note that the import brings a conversation, so that this is brought up to date and not withdrawn."""
        self._stale.discard(conversation)

    @property
    def stale(self) -> int:
        """How many conversations the import leaves to be withdrawn."""
        return len(self._stale)

    def living(self, conversations: Sequence[Conversation]) -> list[Conversation]:
        """Those of the conversations that hold nothing that was deleted."""
        with self._database.reading() as connection:
            return self.without_deleted(connection, conversations)

    def without_deleted(self, connection: Connection, conversations: Sequence[Conversation]) -> list[Conversation]:
        """The same, within a transaction."""
        deleted = self._deleted(connection, (m.id for c in conversations for m in c.messages if m.id))
        return [c for c in conversations if not any(m.id in deleted for m in c.messages)]

    def settles(self, conversation: Conversation) -> bool:
        """Whether anything is known of the channels of a conversation, so that `settle` has a say."""
        return any(channel in self._since or channel in self._older for channel in _channels(conversation))

    def settle(self, incoming: Conversation, stored: Conversation) -> Conversation:
        """One conversation out of two: the version of the newer log, after what only the older can know."""
        if any(channel in self._older for channel in _channels(incoming)):
            return _joined(stored, incoming, since=self._older)
        return replace(_joined(incoming, stored, since=self._since), place=incoming.place)

    def withdraw(self, source: Source, *, now: datetime) -> int:
        """Take out what was deleted, write that into the audit, and remember what this import covers."""
        withdrawn = 0
        for ids in _pages(self._missing):
            with self._database.writing() as connection:
                lock_whole_conversations(connection)
                withdrawn += _withdraw(connection, ids, source=source, now=now)
        with self._database.writing() as connection:
            lock_whole_conversations(connection)
            table = ledger_tables.deleted_messages
            for ids in _pages(self._back):
                connection.execute(delete(table).where(table.c.id.in_(ids)))
            for channel, newest in self._newest.items():
                self._remember(connection, channel, newest)
        return withdrawn

    def _remember(self, connection: Connection, channel: str, newest: datetime) -> None:
        """Unless another import, at the same time, was of a newer log."""
        table = ledger_tables.covered_channels
        known = connection.scalar(select(table.c.newest).where(table.c.channel == channel))
        if known is None or known <= newest:
            upsert(connection, table, row={"channel": channel, "newest": newest, "since": self._since[channel]})

    def _deleted(self, connection: Connection, messages: Iterable[str]) -> set[str]:
        table = ledger_tables.deleted_messages
        wanted = set(messages) - self._back
        return {m for ids in _pages(wanted) for m in connection.scalars(select(table.c.id).where(table.c.id.in_(ids)))}

    def _note(self, covered: Covered) -> None:
        channel = covered.channel
        self._since[channel] = min(self._since.get(channel, covered.after), covered.after)
        self._newest[channel] = max(self._newest.get(channel, covered.newest), covered.newest)


def _channels(conversation: Conversation) -> set[str]:
    return {_channel(message) for message in conversation.messages}


def _channel(message: Message) -> str:
    before, slash, _ = (message.id or "").rpartition("/")
    return before + slash


def _joined(newer: Conversation, older: Conversation, *, since: dict[str, datetime]) -> Conversation:
    """The newer version, with those messages of the older that lie where the newer log does not reach back to."""
    there = {message.id for message in newer.messages}
    before = [m for m in older.messages if m.id not in there and _lies_before(m, since.get(_channel(m)))]
    if not before:
        return newer
    messages = [*before, *newer.messages]
    if all(message.sent_at for message in messages):
        messages.sort(key=lambda message: message.sent_at or datetime.min)  # noqa: DTZ901 - never used
    return replace(newer, messages=tuple(messages))


def _lies_before(message: Message, since: datetime | None) -> bool:
    return since is None or (message.sent_at is not None and message.sent_at < since)


def _compare(connection: Connection, covered: Covered) -> tuple[int, list[str]]:
    """How many messages the store knows of the stretch, and those that the log lacks."""
    said, inside = tables.messages, tables.conversations
    missing: list[str] = []
    known, last = 0, covered.channel
    while True:
        page = connection.scalars(
            select(said.c.id)
            .distinct()
            .join(inside, inside.c.id == said.c.conversation_id)
            .where(said.c.id > last, said.c.id < _end(covered.channel))
            .where(said.c.sent_at > covered.after, said.c.sent_at < covered.before)
            .where(inside.c.fingerprint != "")  # live talk follows its own deletions
            .order_by(said.c.id)
            .limit(PAGE)
        ).all()
        if not page:
            return known, missing
        own = [message for message in page if "/" not in message[len(covered.channel) :]]  # not of a thread's
        there = set(_held(covered, own))
        missing += (message for message in own if message not in there)
        known += len(own)
        last = page[-1]


def _held(covered: Covered, messages: Sequence[str]) -> list[str]:
    """Those of the messages that the log has."""
    there = covered.holds([message[len(covered.channel) :] for message in messages])
    return [message for message in messages if message[len(covered.channel) :] in there]


def _deleted_of(connection: Connection, covered: Covered) -> list[str]:
    table = ledger_tables.deleted_messages
    wanted = select(table.c.id).where(table.c.id > covered.channel, table.c.id < _end(covered.channel))
    return list(connection.scalars(wanted))


def _holding(connection: Connection, messages: Sequence[str]) -> set[str]:
    """The conversations that hold one of the messages."""
    said = tables.messages
    return {
        conversation
        for ids in _pages(messages)
        for conversation in connection.scalars(select(said.c.conversation_id).where(said.c.id.in_(ids)))
    }


def _withdraw(connection: Connection, messages: Sequence[str], *, source: Source, now: datetime) -> int:
    found = sorted(_holding(connection, messages))
    marks = [{"id": message, "at": now} for message in messages]
    connection.execute(inserting_missing(connection, ledger_tables.deleted_messages), marks)
    if not found:
        return 0
    for table in (ledger_tables.originals, ledger_tables.quarantine):
        connection.execute(delete(table).where(table.c.conversation_id.in_(found)))
    connection.execute(delete(tables.conversations).where(tables.conversations.c.id.in_(found)))
    details = {"source": source.id, "reason": REASON}
    row = {"who": "import", "what": WITHDRAWN, "at": now, "details": details}
    connection.execute(insert(tables.audit), [{**row, "subject": conversation} for conversation in found])
    return len(found)


def _end(channel: str) -> str:
    """What comes after every id of the channel, in the order of code points."""
    return channel[:-1] + chr(ord(channel[-1]) + 1)


def _pages(ids: Collection[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while page := list(islice(rest, PAGE)):
        yield page
