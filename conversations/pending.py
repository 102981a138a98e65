"""Messages that wait for their answer: accepted once, answered by one process, taken over when that dies."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from conversations import tables
from conversations.messages import Message, conversation_id
from conversations.pending_tables import pending, quotes
from conversations.tables import as_message, message_row, storable


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody else said, and a person showed us with a message."""

    content: str
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that came in at a place, and who will answer it until when, unless that is put off."""

    platform: str
    place: str
    style: str
    message: Message
    owner: str
    until: datetime
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class Talk:
    """The last messages of a conversation, oldest first, and what was quoted in which of them."""

    conversation: str
    messages: tuple[Message, ...]
    quotes: dict[str, tuple[Quote, ...]]


@dataclass(frozen=True, slots=True)
class Pending:
    """A message that waits. `reply` is its answer once that is stored; it is delivered when this is gone."""

    platform: str
    place: str
    style: str
    conversation: str
    message: Message
    asked_at: datetime
    owner: str
    until: datetime
    replaces: str | None = None
    reply: str | None = None
    shown: str | None = None


def accept(connection: Connection, arrival: Arrival, *, now: datetime, limit: int) -> Talk | None:
    """Keep the message and claim `message:ID` for it; what was said up to it, or None when it was claimed before."""
    to = _statements(connection.dialect.name)
    platform, message = arrival.platform, replace(arrival.message, sent_at=arrival.message.sent_at or now)
    claim: dict[str, Any] = {"platform": platform, "event": f"message:{message.id}", "claimed_at": now}
    if connection.execute(to.claim, claim, execution_options={"preserve_rowcount": True}).rowcount != 1:
        return None
    opened = _open(connection, arrival, to=to, now=now)
    before = connection.execute(to.history, {"conversation": opened, "most": limit}).all()
    position = before[0].position + 1 if before else 0
    connection.execute(to.say, {**message_row(message), "conversation_id": opened, "position": position})
    row: dict[str, Any] = {
        "platform": platform,
        "message": message.id,
        "conversation_id": opened,
        "style": arrival.style,
    }
    row |= {"place": arrival.place, "asked_at": now, "owner": arrival.owner, "until": arrival.until}
    connection.execute(to.wait, row)
    if arrival.quotes:
        connection.execute(insert(quotes), _quote_rows(opened, arrival))
    said = (*(as_message(row) for row in reversed(before)), _stored(message))
    return Talk(opened, said[-limit:], quoted(connection, opened) if before or arrival.quotes else {})


def talk(connection: Connection, conversation: str, *, limit: int) -> Talk:
    """The last messages of the conversation with what was quoted in them."""
    to = _statements(connection.dialect.name)
    rows = connection.execute(to.history, {"conversation": conversation, "most": limit}).all()
    return Talk(conversation, tuple(as_message(row) for row in reversed(rows)), quoted(connection, conversation))


def quoted(connection: Connection, conversation: str) -> dict[str, tuple[Quote, ...]]:
    """What was quoted in the conversation, by message."""
    wanted = select(quotes).where(quotes.c.conversation_id == conversation).order_by(quotes.c.message, quotes.c.number)
    found: dict[str, tuple[Quote, ...]] = {}
    for row in connection.execute(wanted):
        found[row.message] = (*found.get(row.message, ()), Quote(row.content, row.author))
    return found


def ask_again(connection: Connection, arrival: Arrival, *, conversation: str, replaces: str, now: datetime) -> bool:
    """Let a message wait once more, for a reply in place of another; False when it waits already."""
    row: dict[str, Any] = {"platform": arrival.platform, "message": arrival.message.id, "conversation_id": conversation}
    row |= {"style": arrival.style, "place": arrival.place, "asked_at": now, "owner": arrival.owner}
    row |= {"until": arrival.until, "replaces": replaces}
    statement = _insert(connection.dialect.name)(pending).values(**row).on_conflict_do_nothing()
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1


def listed(connection: Connection, platform: str) -> list[Pending]:
    """What waits on the platform, oldest first."""
    said = tables.messages
    wanted = (
        select(pending, *(said.c[name] for name in message_row(Message("user", "")) if name != "conversation_id"))
        .join(said, (said.c.conversation_id == pending.c.conversation_id) & (said.c.id == pending.c.message))
        .where(pending.c.platform == platform)
        .order_by(pending.c.asked_at, said.c.position)
    )
    return [_pending(row) for row in connection.execute(wanted)]


def take_over(connection: Connection, left: Pending, *, owner: str, until: datetime) -> bool:
    """Make the owner answer what somebody else left; True for exactly one of all who try."""
    mine = update(pending).where(
        pending.c.platform == left.platform, pending.c.message == left.message.id, pending.c.owner == left.owner
    )
    return connection.execute(mine.values(owner=owner, until=until)).rowcount == 1


def renew(connection: Connection, owner: str, *, until: datetime) -> None:
    """The owner still lives."""
    connection.execute(update(pending).where(pending.c.owner == owner).values(until=until))


def finish(
    connection: Connection, platform: str, *, message: str, owner: str, reply: Message, now: datetime
) -> Message | None:
    """Store the reply to a waiting message, after the last or in place of the one that it replaces, in one go.

    None, and nothing is stored, when the owner does not answer it any more: it was taken over, or deleted.
    """
    mine = pending.c.platform == platform, pending.c.message == message, pending.c.owner == owner
    stored = _stored(replace(reply, id=reply.id or uuid.uuid4().hex, sent_at=reply.sent_at or now))
    if connection.execute(update(pending).where(*mine).values(reply=stored.id)).rowcount != 1:
        return None
    waiting = connection.execute(select(pending).where(*mine)).one()
    position = _position(connection, waiting.conversation_id, replaces=waiting.replaces, now=now)
    row = {**message_row(stored), "conversation_id": waiting.conversation_id, "position": position}
    connection.execute(_statements(connection.dialect.name).say, row)
    return stored


def note(connection: Connection, platform: str, *, message: str, shown: str) -> None:
    """Remember where the answer is being shown, for whoever has to go on with it."""
    here = pending.c.platform == platform, pending.c.message == message
    connection.execute(update(pending).where(*here).values(shown=shown))


def end(connection: Connection, platform: str, *, message: str, owner: str) -> None:
    """The message waits no longer: its answer was delivered, or its person was told why there is none."""
    connection.execute(
        delete(pending).where(pending.c.platform == platform, pending.c.message == message, pending.c.owner == owner)
    )


def drop(connection: Connection, message: str) -> None:
    """The message is deleted: nobody waits for its answer, and what it quoted goes with it."""
    connection.execute(delete(pending).where(pending.c.message == message))
    connection.execute(delete(quotes).where(quotes.c.message == message))


def forget_quotes(connection: Connection, person: str) -> None:
    """Delete what others quoted of the person."""
    connection.execute(delete(quotes).where(quotes.c.author == person))


def _position(connection: Connection, conversation: str, *, replaces: str | None, now: datetime) -> int:
    """Where the reply goes; the one that it replaces makes room, with what people thought of it."""
    said = tables.messages
    connection.execute(
        update(tables.conversations).where(tables.conversations.c.id == conversation).values(changed_at=now)
    )
    last = connection.scalar(
        select(said.c.position).where(said.c.conversation_id == conversation).order_by(said.c.position.desc()).limit(1)
    )
    if replaces is None:
        return 0 if last is None else int(last) + 1
    old = (said.c.conversation_id == conversation) & (said.c.id == replaces)
    position = connection.scalar(select(said.c.position).where(old))
    connection.execute(delete(tables.feedback).where(tables.feedback.c.reply == replaces))
    connection.execute(delete(said).where(old))
    return int(position if position is not None else (last or 0) + 1)


def _open(connection: Connection, arrival: Arrival, *, to: _Statements, now: datetime) -> str:
    platform, place, style = storable(arrival.platform), storable(arrival.place), storable(arrival.style)
    source, opened = conversation_id("platform", platform, style), conversation_id("talk", platform, place, style)
    begun = {"id": opened, "place": f"{platform}:{place}", "fingerprint": "", "added_at": now, "changed_at": now}
    connection.execute(to.open, begun)
    if not connection.execute(to.linked, {"conversation": opened, "source": source}).first():
        made = {"id": source, "style": style, "kind": platform, "name": platform, "basis": None}
        connection.execute(to.source, made | {"train_allowed": False, "added_at": now, "owner": ""})
        connection.execute(to.link, {"conversation_id": opened, "source_id": source})
    return opened


def _stored(message: Message) -> Message:
    return replace(message, content=storable(message.content))


def _quote_rows(conversation: str, arrival: Arrival) -> list[dict[str, Any]]:
    about = {"conversation_id": conversation, "message": arrival.message.id}
    return [
        about | {"number": number, "author": quote.author, "content": quote.content}
        for number, quote in enumerate(arrival.quotes)
    ]


def _pending(row: Any) -> Pending:
    return Pending(
        platform=row.platform,
        place=row.place,
        style=row.style,
        conversation=row.conversation_id,
        message=as_message(row),
        asked_at=row.asked_at,
        owner=row.owner,
        until=row.until,
        replaces=row.replaces,
        reply=row.reply,
        shown=row.shown,
    )


@dataclass(frozen=True, slots=True)
class _Statements:
    """What every message needs, built once: building takes SQLAlchemy longer than SQLite takes to run them."""

    claim: Any
    open: Any
    linked: Any
    source: Any
    link: Any
    history: Any
    say: Any
    wait: Any


@cache
def _statements(dialect: str) -> _Statements:
    make = _insert(dialect)
    opened, said, linked = make(tables.conversations), tables.messages, tables.conversation_sources
    return _Statements(
        claim=make(tables.events).on_conflict_do_nothing(),
        # The update also locks the row: two who say something at once in one conversation do so one after the other.
        open=opened.on_conflict_do_update(index_elements=["id"], set_={"changed_at": opened.excluded.changed_at}),
        linked=select(linked.c.source_id).where(
            linked.c.conversation_id == bindparam("conversation"), linked.c.source_id == bindparam("source")
        ),
        source=make(tables.sources).on_conflict_do_nothing(),
        link=make(linked).on_conflict_do_nothing(),
        history=select(said)
        .where(said.c.conversation_id == bindparam("conversation"))
        .order_by(said.c.position.desc())
        .limit(bindparam("most")),
        say=insert(said),
        # It may wait already, when it came again after it was deleted.
        wait=make(pending).on_conflict_do_nothing(),
    )


def _insert(dialect: str) -> Callable[..., Any]:
    return sqlite.insert if dialect == "sqlite" else postgresql.insert
