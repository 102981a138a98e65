"""The tables of the conversation store, and how their columns hold text and time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    TypeDecorator,
    false,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from conversations.messages import Message

SCHEMA = "0007"  # the newest migration; the scripts are in conversations/migrations/versions
SCHEMA_TABLE = "brandvoice_schema"


def storable(text: str) -> str:
    """The text as every database can keep it: NUL and lone surrogates become U+FFFD, two halves one character."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class StoredText(TypeDecorator[str]):
    """Text made storable on its way in, and ordered by code point in every database."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        # PostgreSQL would otherwise order by the server's language, and the same store would give another dataset.
        return Text(collation="C") if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class UtcTime(TypeDecorator[datetime]):
    """A moment kept and given back in UTC; one without a zone is taken as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _utc(value)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def message_row(message: Message) -> dict[str, Any]:
    """The columns that a message fills, whichever table it goes to."""
    return {
        "id": message.id,
        "role": message.role,
        "content": message.content,
        "author": message.author,
        "sent_at": message.sent_at,
        "voice": message.voice,
        "trainable": message.trainable,
    }


def as_message(row: Row[Any]) -> Message:
    """The message in a row of `messages` or `submission_messages`."""
    return Message(
        role=row.role,
        content=row.content,
        author=row.author,
        sent_at=row.sent_at,
        id=row.id,
        voice=row.voice,
        trainable=row.trainable,
    )


def _message_columns() -> list[Column[Any]]:
    return [
        Column("position", Integer, primary_key=True),
        Column("id", StoredText, index=True),
        Column("role", StoredText, nullable=False),
        Column("content", StoredText, nullable=False),
        Column("author", StoredText, index=True),
        Column("sent_at", UtcTime),
        Column("voice", StoredText),
        Column("trainable", Boolean, nullable=False),
    ]


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

sources = Table(
    "sources",
    metadata,
    Column("id", StoredText, primary_key=True),
    Column("style", StoredText, nullable=False, index=True),
    Column("kind", StoredText, nullable=False),
    Column("name", StoredText, nullable=False),
    Column("basis", StoredText),
    Column("train_allowed", Boolean, nullable=False),
    Column("added_at", UtcTime, nullable=False),
    Column("owner", StoredText, nullable=False),
    Column("licence", StoredText, nullable=False, server_default=text("''")),
    Column("live", Boolean, nullable=False, server_default=false()),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", StoredText, primary_key=True),
    Column("place", StoredText, nullable=False),
    Column("fingerprint", StoredText, nullable=False),  # of the imported content; empty for live talk
    Column("added_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
)

conversation_sources = Table(
    "conversation_sources",
    metadata,
    Column("conversation_id", StoredText, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("source_id", StoredText, ForeignKey("sources.id"), primary_key=True, index=True),
)

messages = Table(
    "messages",
    metadata,
    Column("conversation_id", StoredText, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    *_message_columns(),
)

feedback = Table(
    "feedback",
    metadata,
    Column("reply", StoredText, primary_key=True),
    Column("person", StoredText, primary_key=True),
    Column(
        "conversation_id", StoredText, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("thumb", StoredText),
    Column("reason", StoredText),
    Column("comment", StoredText),
    Column("better_answer", StoredText),
    Column("voice", StoredText),
    Column("given_at", UtcTime, nullable=False),
)

submissions = Table(
    "submissions",
    metadata,
    Column("id", StoredText, primary_key=True),
    Column("style", StoredText, nullable=False, index=True),
    Column("person", StoredText, nullable=False, index=True),
    Column("state", StoredText, nullable=False, index=True),
    Column("replaces", StoredText),
    Column("reviewer", StoredText),
    Column("note", StoredText),
    Column("submitted_at", UtcTime, nullable=False),
)

submission_messages = Table(
    "submission_messages",
    metadata,
    Column("submission_id", StoredText, ForeignKey("submissions.id", ondelete="CASCADE"), primary_key=True),
    *_message_columns(),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("who", StoredText, nullable=False, index=True),
    Column("what", StoredText, nullable=False),
    Column("subject", StoredText, nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("details", JSON, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("platform", StoredText, primary_key=True),
    Column("event", StoredText, primary_key=True),
    Column("claimed_at", UtcTime, nullable=False),
)

# The three below hold no name of anybody: keyed hashes only, and the key that makes them.
keys = Table(
    "keys",
    metadata,
    Column("name", StoredText, primary_key=True),
    Column("value", StoredText, nullable=False),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("mark", StoredText, primary_key=True),
    Column("erased_at", UtcTime, nullable=False),
)

opt_outs = Table(
    "opt_outs",
    metadata,
    Column("mark", StoredText, primary_key=True),
    Column("since", UtcTime, nullable=False),
)
