"""The tables of rounds, of what happened in them, and of the news that people are to hear."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, Table

from conversations.tables import StoredText, UtcTime, metadata

rounds = Table(
    "rounds",
    metadata,
    Column("id", StoredText, primary_key=True),
    Column("style", StoredText, nullable=False, index=True),
    Column("state", StoredText, nullable=False, index=True),
    Column("until", StoredText, nullable=False),
    Column("recipe", StoredText, nullable=False),
    Column("origin", StoredText, nullable=False),
    Column("asked_by", StoredText, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("due_at", UtcTime),
    Column("dataset", StoredText),
    Column("voice", Integer),
    Column("reason", StoredText, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("not_before", UtcTime),
    Column("owner", StoredText),  # who runs it now, until `leased_until`
    Column("leased_until", UtcTime),
    Column("attempts", JSON, nullable=False),
    Column("options", JSON, nullable=False),
    Column("training_seconds", Float, nullable=False),
)
# One row for each moment at which a style was due, whoever noticed it.
Index("ix_rounds_due", rounds.c.style, rounds.c.due_at, unique=True)

round_events = Table(
    "round_events",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("round", StoredText, ForeignKey("rounds.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("kind", StoredText, nullable=False),
    Column("message", StoredText, nullable=False),
    Column("details", JSON, nullable=False),
)

news = Table(
    "news",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("key", StoredText, nullable=False),
    Column("kind", StoredText, nullable=False),
    Column("style", StoredText, nullable=False),
    Column("round", StoredText),
    Column("person", StoredText, index=True),
    Column("at", UtcTime, nullable=False),
    Column("facts", JSON, nullable=False),
)
Index("ix_news_key", news.c.key, unique=True)

news_channels = Table(
    "news_channels",
    metadata,
    Column("channel", StoredText, primary_key=True),
    Column("since", UtcTime, nullable=False),
)

news_deliveries = Table(
    "news_deliveries",
    metadata,
    Column("news", Integer, ForeignKey("news.number", ondelete="CASCADE"), primary_key=True),
    Column("channel", StoredText, primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("again_at", UtcTime),  # taken until then; None once it is over
    Column("done_at", UtcTime),
    Column("receipt", StoredText),
    Column("fault", StoredText),
)
