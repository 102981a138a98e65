"""The tables of the HTTP API: its keys, the files that were uploaded, and the jobs that were asked for."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Integer, Table

from conversations.tables import StoredText, UtcTime, metadata

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", StoredText, primary_key=True),
    Column("name", StoredText, nullable=False),
    Column("role", StoredText, nullable=False),
    Column("digest", StoredText, nullable=False, index=True),  # SHA-256 of the key, which itself is kept nowhere
    Column("publishable", Boolean, nullable=False),
    Column("origins", JSON, nullable=False),
    Column("per_minute", Integer, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
)

api_files = Table(
    "api_files",
    metadata,
    Column("id", StoredText, primary_key=True),
    Column("filename", StoredText, nullable=False),
    Column("purpose", StoredText, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("digest", StoredText, nullable=False),
    Column("owner", StoredText, nullable=False),
    Column("made_at", UtcTime, nullable=False),
)

api_jobs = Table(
    "api_jobs",
    metadata,
    Column("id", StoredText, primary_key=True),
    Column("round", StoredText, nullable=False, index=True),
    Column("asked", JSON, nullable=False),  # what the client asked for, as it is told again
    Column("fingerprint", StoredText, nullable=False, index=True),
    Column("owner", StoredText, nullable=False),
    Column("made_at", UtcTime, nullable=False),
)
