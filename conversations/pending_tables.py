"""The tables of messages that wait for their answer, and of what was quoted in messages."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, Table

from conversations.tables import StoredText, UtcTime, metadata

pending = Table(
    "pending",
    metadata,
    Column("platform", StoredText, primary_key=True),
    Column("message", StoredText, primary_key=True),
    Column(
        "conversation_id", StoredText, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("style", StoredText, nullable=False),
    Column("place", StoredText, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("owner", StoredText, nullable=False, index=True),  # who answers it now, surely until `until`
    Column("until", UtcTime, nullable=False),
    Column("replaces", StoredText),  # the reply that the new one takes the place of
    Column("reply", StoredText),  # stored, and not yet delivered
    Column("shown", StoredText),  # where the platform began to show it, in the platform's own words
)

# Beside the messages and not in them: other people's words are shown to the model, and never learned from.
quotes = Table(
    "quotes",
    metadata,
    Column("conversation_id", StoredText, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("message", StoredText, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("author", StoredText, index=True),
    Column("content", StoredText, nullable=False),
)
