"""The tables of people's names, what imports cover, originals, alarms, erasures, reviews and channels that stay out."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table

from conversations.tables import StoredText, UtcTime, metadata

# Whom an import named, so that their names are found in what others say, and people can be named when forgotten.
people = Table(
    "people",
    metadata,
    Column("source_id", StoredText, ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column("person", StoredText, primary_key=True),
    Column("folded", StoredText, primary_key=True),
    Column("name", StoredText, nullable=False),
)
Index("ix_people_person", people.c.person)
Index("ix_people_folded", people.c.folded)

channel_opt_outs = Table(
    "channel_opt_outs",
    metadata,
    Column("channel", StoredText, primary_key=True),
    Column("since", UtcTime, nullable=False),
)

# Of each channel the import with the newest message: it knows best what was said from `since` on.
covered_channels = Table(
    "covered_channels",
    metadata,
    Column("channel", StoredText, primary_key=True),
    Column("newest", UtcTime, nullable=False),
    Column("since", UtcTime, nullable=False),
)

deleted_messages = Table(
    "deleted_messages",
    metadata,
    Column("id", StoredText, primary_key=True),
    Column("at", UtcTime, nullable=False),
)

originals = Table(
    "originals",
    metadata,
    # Not a foreign key: originals are kept apart, and outlive nothing that `forget` or `purge` names.
    Column("conversation_id", StoredText, primary_key=True),
    Column("source_id", StoredText, nullable=False, index=True),
    Column("kept_at", UtcTime, nullable=False, index=True),
    Column("sealed", Boolean, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

alarms = Table(
    "alarms",
    metadata,
    Column("conversation_id", StoredText, primary_key=True),
    Column("style", StoredText, nullable=False, index=True),
    Column("place", StoredText, nullable=False),
    Column("sentence", StoredText, nullable=False),
    Column("found_at", UtcTime, nullable=False),
    Column("settled_at", UtcTime),
    Column("settled_by", StoredText),
)

erasures = Table(
    "erasures",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", StoredText, nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("marks", JSON, nullable=False),  # keyed hashes of the person's ids, as in `tombstones`
    Column("digest", StoredText),
    Column("facts", JSON, nullable=False),
)

reviews = Table(
    "reviews",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("style", StoredText, nullable=False, index=True),
    Column("item", StoredText, nullable=False, index=True),
    Column("kind", StoredText, nullable=False),
    Column("reviewer", StoredText, nullable=False, index=True),
    Column("verdict", StoredText, nullable=False),
    Column("reason", StoredText, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("before", JSON, nullable=False),  # what the item was, so that the verdict can be undone
    Column("before_hash", StoredText, nullable=False),
    Column("after_hash", StoredText, nullable=False),
    Column("undone", Boolean, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("style", StoredText, primary_key=True),
    Column("id", StoredText, primary_key=True),
    Column("conversation_id", StoredText, nullable=False, index=True),
    Column("content", StoredText, nullable=False),  # hash of what was held back
    Column("place", StoredText, nullable=False),
    Column("step", StoredText, nullable=False),
    Column("reason", StoredText, nullable=False),
    Column("sentence", StoredText, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("state", StoredText, nullable=False),
    Column("found_at", UtcTime, nullable=False),
    Column("reviewer", StoredText),
    Column("note", StoredText),
    Column("decided_at", UtcTime),
)
