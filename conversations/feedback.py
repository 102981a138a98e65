"""What people thought of replies: one opinion per person and reply, put together from what they say about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from conversations import tables, talk
from conversations.database import upsert
from conversations.errors import NotFound, StoreError
from conversations.messages import Feedback

OPINION = ("thumb", "reason", "comment", "better_answer")
COLUMNS = ("reply", "person", *OPINION, "voice", "given_at")


def give(connection: Connection, feedback: Feedback, *, now: datetime) -> None:
    """Keep the feedback; what it leaves open (None) stays as the same person said it before."""
    reply = _reply(connection, feedback.reply)
    row = {
        **{name: getattr(feedback, name) for name in ("reply", "person", *OPINION)},
        "conversation_id": reply.conversation_id,
        "voice": reply.voice,
        "given_at": feedback.given_at or now,
    }
    upsert(connection, tables.feedback, row=row, keep=OPINION)


def take_back(connection: Connection, reply: str, *, person: str) -> bool:
    """Delete what the person thought of the reply; whether there was anything."""
    table = tables.feedback
    return connection.execute(delete(table).where(table.c.reply == reply, table.c.person == person)).rowcount > 0


def listed(connection: Connection, *, style: str | None, reply: str | None) -> list[Feedback]:
    table, links, origin = tables.feedback, tables.conversation_sources, tables.sources
    wanted = select(*(table.c[name] for name in COLUMNS)).order_by(table.c.given_at, table.c.reply, table.c.person)
    if style is not None:
        in_style = select(links.c.conversation_id).join(origin, origin.c.id == links.c.source_id)
        wanted = wanted.where(table.c.conversation_id.in_(in_style.where(origin.c.style == style)))
    if reply is not None:
        wanted = wanted.where(table.c.reply == reply)
    return [Feedback(**row) for row in connection.execute(wanted).mappings()]


def _reply(connection: Connection, reply: str) -> Row[Any]:
    try:
        found = talk.find(connection, reply)
    except NotFound:
        raise StoreError(f"There is no reply {reply!r} in the store, so nobody can give feedback on it.") from None
    if found.role != "assistant":
        raise StoreError(f"Message {reply!r} was said by the {found.role}; feedback is for replies of the assistant.")
    return found
