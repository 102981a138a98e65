"""Whole conversations: taken in from a source in batches, and given back in a stable order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    null,
    select,
    update,
)

from conversations import consent, tables
from conversations.coverage import Coverage
from conversations.database import Database, inserting_missing, lock_whole_conversations
from conversations.errors import NotFound
from conversations.messages import Conversation, Message
from conversations.source_ledger import save as save_source
from conversations.sources import Source
from conversations.tables import as_message, message_row, storable

BATCH = 500
PAGE = 200


@dataclass(frozen=True, slots=True)
class Added:
    """How many conversations were new to the style, changed, known as they are, or refused.

    Refused is what was erased, and what holds a message that a newer import of its channel did not have any more.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    erased: int = 0
    deleted: int = 0

    def __add__(self, other: Added) -> Added:
        return Added(
            self.added + other.added,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.erased + other.erased,
            self.deleted + other.deleted,
        )


@dataclass(slots=True)
class _Shelf:
    """What the store knows of one batch, kept up to date while the batch is gone through."""

    fingerprints: dict[str, str]
    places: dict[str, str]
    in_style: set[str]
    new: dict[str, Conversation] = field(default_factory=dict)
    changed: dict[str, Conversation] = field(default_factory=dict)

    def put(self, conversation: Conversation) -> Added:
        known, print_now = self.fingerprints.get(conversation.id), fingerprint(conversation)
        self.fingerprints[conversation.id] = print_now
        if known is None or conversation.id in self.new:
            self.new[conversation.id] = conversation
        elif known != print_now or self.places[conversation.id] != storable(conversation.place):
            self.changed[conversation.id] = conversation
        if conversation.id not in self.in_style:
            self.in_style.add(conversation.id)
            return Added(added=1)
        return Added(unchanged=1) if known == print_now else Added(updated=1)


def fingerprint(conversation: Conversation) -> str:
    """A hash of everything that an import brings of a conversation, whichever file it stands in."""
    rows = [{**message_row(m), "sent_at": m.sent_at and m.sent_at.isoformat()} for m in conversation.messages]
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


def batches(conversations: Iterable[Conversation]) -> Iterator[list[Conversation]]:
    rest = iter(conversations)
    while batch := [replace(c, id=storable(c.id)) for c in islice(rest, BATCH)]:
        yield batch


def sources(connection: Connection, *, style: str | None, conversation: str | None = None) -> list[Source]:
    table, links = tables.sources, tables.conversation_sources
    wanted = select(table).order_by(table.c.added_at, table.c.id)
    if style is not None:
        wanted = wanted.where(table.c.style == style)
    if conversation is not None:
        wanted = wanted.join(links, links.c.source_id == table.c.id).where(links.c.conversation_id == conversation)
    return [Source(**row) for row in connection.execute(wanted).mappings()]


def take_in(
    database: Database,
    conversations: Iterable[Conversation],
    *,
    source: Source,
    now: Callable[[], datetime],
    coverage: Coverage | None,
) -> Added:
    """Take all of them in, a transaction for each batch; they are read on while none is open."""
    added = Added()
    for batch in batches(conversations):
        with database.writing() as connection:
            added += add(connection, batch, source=source, now=now(), coverage=coverage)
    return added


def add(
    connection: Connection,
    batch: Sequence[Conversation],
    *,
    source: Source,
    now: datetime,
    coverage: Coverage | None,
) -> Added:
    """Take one batch in: new ones inserted, changed ones replaced in place, erased and deleted ones left out."""
    lock_whole_conversations(connection)
    save_source(connection, source)
    tombstones = consent.erased(connection)
    wanted = [conversation for conversation in batch if not tombstones.cover(conversation)]
    left_out = Added(erased=len(batch) - len(wanted))
    if coverage:
        there = coverage.without_deleted(connection, wanted)
        left_out += Added(deleted=len(wanted) - len(there))
        wanted = _settled(connection, there, coverage)
    shelf = _shelf(connection, {c.id for c in wanted}, style=source.style)
    added = sum(map(shelf.put, wanted), left_out)
    _insert(connection, shelf, now=now)
    _replace(connection, shelf, now=now)
    links = [{"conversation_id": c.id, "source_id": source.id} for c in wanted]
    if links:
        connection.execute(inserting_missing(connection, tables.conversation_sources), links)
    return added


def _settled(connection: Connection, batch: Sequence[Conversation], coverage: Coverage) -> list[Conversation]:
    """What a log tells, after what only another log of the same channel knows."""
    table = tables.conversations
    ids = {c.id for c in batch if coverage.settles(c)}
    known = select(table.c.id, table.c.place, null().label("source")).where(table.c.id.in_(ids))
    stored = {c.id: c for c in _with_messages(connection, connection.execute(known).all())} if ids else {}
    return [coverage.settle(c, stored[c.id]) if c.id in stored else c for c in batch]


def stream(
    database: Database, *, style: str | None, trainable_only: bool, one_sided: bool = False
) -> Iterator[Conversation]:
    """Conversations by id. No transaction stays open between two pages, so whoever reads may also write."""
    last: str | None = None
    wanted = _headers(style=style, trainable_only=trainable_only)
    if one_sided:
        wanted = wanted.where(~_asked())
    while True:
        with database.reading() as connection:
            unwilling = consent.unwilling(connection)
            page = _page(connection, after=last, wanted=wanted)
        if not page:
            return
        yield from (c for c in page if not (trainable_only and unwilling.cover(c)))
        last = page[-1].id


def one(connection: Connection, conversation_id: str) -> Conversation:
    rows = connection.execute(_headers().where(tables.conversations.c.id == conversation_id)).all()
    if not rows:
        raise NotFound(f"There is no conversation {conversation_id!r}. `brandvoice conversations list` names them.")
    return _with_messages(connection, rows)[0]


def _page(connection: Connection, *, after: str | None, wanted: Select[Any]) -> list[Conversation]:
    if after is not None:
        # Said of both tables, for PostgreSQL does not conclude the second and would read all links before it.
        links = tables.conversation_sources.c.conversation_id
        wanted = wanted.where(tables.conversations.c.id > after, links > after)
    return _with_messages(connection, connection.execute(wanted.limit(PAGE)).all())


def _shelf(connection: Connection, ids: set[str], *, style: str) -> _Shelf:
    table, links = tables.conversations, tables.conversation_sources
    known = connection.execute(select(table.c.id, table.c.fingerprint, table.c.place).where(table.c.id.in_(ids))).all()
    # Not joined to sources: before its first ANALYZE, PostgreSQL would go through all links of the source, each batch.
    linked = connection.execute(select(links).where(links.c.conversation_id.in_(ids)))
    of_style = set(connection.scalars(select(tables.sources.c.id).where(tables.sources.c.style == style)))
    in_style = {row.conversation_id for row in linked if row.source_id in of_style}
    return _Shelf({row.id: row.fingerprint for row in known}, {row.id: row.place for row in known}, in_style)


def _insert(connection: Connection, shelf: _Shelf, *, now: datetime) -> None:
    rows = [
        {"id": c.id, "place": c.place, "fingerprint": shelf.fingerprints[c.id], "added_at": now, "changed_at": now}
        for c in shelf.new.values()
    ]
    if rows:
        connection.execute(insert(tables.conversations), rows)
    _insert_messages(connection, shelf.new.values())


def _replace(connection: Connection, shelf: _Shelf, *, now: datetime) -> None:
    if not shelf.changed:
        return
    table = tables.conversations
    columns: dict[str, Any] = {name: bindparam(name) for name in ("place", "fingerprint", "changed_at")}
    rows = [
        {"key": c.id, "place": c.place, "fingerprint": shelf.fingerprints[c.id], "changed_at": now}
        for c in shelf.changed.values()
    ]
    connection.execute(update(table).where(table.c.id == bindparam("key")).values(**columns), rows)
    connection.execute(delete(tables.messages).where(tables.messages.c.conversation_id.in_(shelf.changed)))
    _insert_messages(connection, shelf.changed.values())


def _insert_messages(connection: Connection, conversations: Iterable[Conversation]) -> None:
    rows = [
        {**message_row(message), "conversation_id": conversation.id, "position": position}
        for conversation in conversations
        for position, message in enumerate(conversation.messages)
    ]
    if rows:
        connection.execute(insert(tables.messages), rows)


def _headers(*, style: str | None = None, trainable_only: bool = False) -> Select[Any]:
    """Conversations by id, each with one source of the style asked for: that which decides whether it is learned.

    A denied one decides before one that may be learned from, and that before one which was only seen live.
    """
    table, links, origin = tables.conversations, tables.conversation_sources, tables.sources
    allowed = and_(origin.c.basis.is_not(None), origin.c.train_allowed)
    denied = and_(origin.c.train_allowed.is_(False), origin.c.live.is_(False))
    decisive = func.min(case((denied, "0"), (allowed, "1"), else_="2") + origin.c.id)
    wanted = (
        select(table.c.id, table.c.place, func.substr(decisive, 2).label("source"))
        .join(links, links.c.conversation_id == table.c.id)
        .join(origin, origin.c.id == links.c.source_id)
        .group_by(table.c.id, table.c.place)
        .order_by(table.c.id)
    )
    if style is not None:
        wanted = wanted.where(origin.c.style == style)
    if trainable_only:
        wanted = wanted.having(func.substr(decisive, 1, 1) == "1")
    return wanted


def _asked() -> ColumnElement[bool]:
    """Whether anybody but the brand says something in the conversation."""
    said = tables.messages
    return exists().where(said.c.conversation_id == tables.conversations.c.id, said.c.role == "user")


def _with_messages(connection: Connection, rows: Sequence[Row[Any]]) -> list[Conversation]:
    said: dict[str, list[Message]] = {row.id: [] for row in rows}
    table = tables.messages
    wanted = select(table).where(table.c.conversation_id.in_(said)).order_by(table.c.conversation_id, table.c.position)
    for row in connection.execute(wanted):
        said[row.conversation_id].append(as_message(row))
    return [Conversation(id=row.id, messages=tuple(said[row.id]), place=row.place, source=row.source) for row in rows]
