"""Live talk: conversations that grow message by message, and events that count once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from conversations import tables, trial_tables
from conversations.database import insert_missing
from conversations.errors import NotFound
from conversations.messages import Message, conversation_id
from conversations.tables import as_message, message_row, storable


def open_conversation(connection: Connection, platform: str, *, place: str, style: str, now: datetime) -> str:
    """The id of the conversation at the place, in the style; made when it is not there yet."""
    platform, place, style = storable(platform), storable(place), storable(style)
    source, opened = conversation_id("platform", platform, style), conversation_id("talk", platform, place, style)
    insert_missing(
        connection,
        tables.sources,
        id=source,
        style=style,
        kind=platform,
        name=platform,
        basis=None,
        train_allowed=False,
        added_at=now,
        owner="",
        licence="",
        live=True,
    )
    where = f"{platform}:{place}"
    insert_missing(
        connection, tables.conversations, id=opened, place=where, fingerprint="", added_at=now, changed_at=now
    )
    insert_missing(connection, tables.conversation_sources, conversation_id=opened, source_id=source)
    return opened


def has_talk(connection: Connection, platform: str, *, place: str) -> bool:
    """Whether a conversation was begun at the place."""
    table = tables.conversations
    begun = select(table.c.id).where(table.c.place == storable(f"{platform}:{place}")).limit(1)
    return connection.scalar(begun) is not None


def recent(connection: Connection, platform: str, *, since: datetime, most: int) -> list[tuple[str, str]]:
    """Places where somebody talked since then, the latest first, each with the last message of a person there."""
    table, said = tables.conversations, tables.messages
    last = (
        select(said.c.id)
        .where(said.c.conversation_id == table.c.id, said.c.role == "user")
        .order_by(said.c.position.desc())
        .limit(1)
        .scalar_subquery()
    )
    begins = f"{storable(platform)}:"
    here = table.c.place.startswith(begins, autoescape=True), table.c.changed_at >= since
    wanted = select(table.c.place, last).where(*here).order_by(table.c.changed_at.desc(), table.c.id).limit(most)
    return [(str(place).removeprefix(begins), message or "") for place, message in connection.execute(wanted)]


def append(connection: Connection, conversation: str, *, message: Message, now: datetime) -> Message:
    """Put the message at the end and give it back as stored; one whose id the conversation has stays as it was."""
    _take_turn(connection, conversation, now=now)
    table = tables.messages
    here = table.c.conversation_id == conversation
    if message.id is not None:
        known = connection.execute(select(table).where(here, table.c.id == message.id)).first()
        if known is not None:
            return as_message(known)
    stored = replace(message, id=message.id or uuid.uuid4().hex, sent_at=message.sent_at or now)
    last = connection.scalar(select(func.max(table.c.position)).where(here))
    row = {**message_row(stored), "conversation_id": conversation, "position": 0 if last is None else last + 1}
    connection.execute(insert(table).values(**row))
    return as_message(connection.execute(select(table).where(here, table.c.position == row["position"])).one())


def history(connection: Connection, conversation: str, *, limit: int) -> tuple[Message, ...]:
    table = tables.messages
    last = select(table).where(table.c.conversation_id == conversation).order_by(table.c.position.desc()).limit(limit)
    return tuple(as_message(row) for row in reversed(connection.execute(last).all()))


def find(connection: Connection, message: str) -> Row[Any]:
    """The row of the message; of several copies, the one in the conversation that was begun last."""
    table, owner = tables.messages, tables.conversations
    wanted = (
        select(table)
        .join(owner, owner.c.id == table.c.conversation_id)
        .where(table.c.id == message)
        .order_by(owner.c.added_at.desc(), owner.c.id, table.c.position)
    )
    row = connection.execute(wanted).first()
    if row is None:
        raise NotFound(f"There is no message {message!r} in the store.")
    return row


def delete_message(connection: Connection, message: str) -> bool:
    """Delete every copy of the message, and the feedback on it; whether there was one."""
    connection.execute(delete(tables.feedback).where(tables.feedback.c.reply == message))
    for table in (trial_tables.live_scores, trial_tables.shadows):
        connection.execute(delete(table).where(table.c.reply == message))
    return connection.execute(delete(tables.messages).where(tables.messages.c.id == message)).rowcount > 0


def edit_message(connection: Connection, message: str, *, content: str) -> bool:
    """Put another text in the stead of the message's, in every copy of it; whether there was one."""
    table = tables.messages
    changed = update(table).where(table.c.id == message).values(content=content)
    return connection.execute(changed).rowcount > 0


def claim_event(connection: Connection, platform: str, *, event: str, now: datetime) -> bool:
    return insert_missing(connection, tables.events, platform=platform, event=event, claimed_at=now)


def claimed(connection: Connection, platform: str, *, events: Sequence[str]) -> set[str]:
    """Those of the events that somebody claimed."""
    table = tables.events
    wanted = select(table.c.event).where(table.c.platform == platform, table.c.event.in_(events))
    return set(connection.scalars(wanted))


def release_event(connection: Connection, platform: str, *, event: str) -> None:
    table = tables.events
    connection.execute(delete(table).where(table.c.platform == platform, table.c.event == event))


def _take_turn(connection: Connection, conversation: str, *, now: datetime) -> None:
    # The update also locks the row: two who append at once to the same conversation do so one after the other.
    table = tables.conversations
    if connection.execute(update(table).where(table.c.id == conversation).values(changed_at=now)).rowcount == 0:
        raise NotFound(f"There is no conversation {conversation!r}; open it again, it may have been erased.")
