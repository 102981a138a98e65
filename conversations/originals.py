"""Originals: imported conversations as they were before redaction, kept apart from the store's text, to be purged."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select

from conversations import consent
from conversations.database import Database, upsert
from conversations.errors import NotFound
from conversations.ledger_tables import originals
from conversations.messages import Conversation
from conversations.sealing import Sealing, packed, unpacked


@dataclass(frozen=True, slots=True)
class Kept:
    """How many originals of one source there are, and how many of them nobody can read without the key."""

    source: str
    originals: int
    sealed: int
    oldest: datetime
    bytes: int


class Originals:
    """Keeps each conversation as one compressed record, encrypted where `sealing` has a key."""

    def __init__(self, database: Database, *, now: Callable[[], datetime], sealing: Sealing) -> None:
        self._database = database
        self._now = now
        self._sealing = sealing

    def keep(self, conversations: Iterable[Conversation], *, source: str) -> None:
        """Keep or replace the originals; those of erased people and conversations are left out."""
        with self._database.writing() as connection:
            erased = consent.erased(connection)
            for conversation in conversations:
                if not erased.cover(conversation):
                    upsert(connection, originals, row=self._row(conversation, source))

    def show(self, conversation: str) -> dict[str, Any]:
        """One conversation as it was imported. Raises `NotFound` where it was never kept, was purged or erased."""
        with self._database.reading() as connection:
            row = connection.execute(select(originals).where(originals.c.conversation_id == conversation)).first()
        if row is None:
            raise NotFound(f"There is no original of {conversation!r}: none was kept, or it was purged or erased.")
        found: dict[str, Any] = unpacked(row.content, self._sealing, sealed=row.sealed)
        return found

    def kept(self) -> list[Kept]:
        """What there is, by source."""
        wanted = select(
            originals.c.source_id,
            func.count(),
            func.count().filter(originals.c.sealed),
            func.min(originals.c.kept_at),
            func.sum(func.length(originals.c.content)),
        )
        with self._database.reading() as connection:
            rows = connection.execute(wanted.group_by(originals.c.source_id).order_by(originals.c.source_id)).all()
        return [Kept(*row) for row in rows]

    def purge(self, *, before: datetime | None = None, source: str | None = None) -> int:
        """Delete originals for good: those kept before a time, of a source, or all; returns how many."""
        wanted = delete(originals)
        if before is not None:
            wanted = wanted.where(originals.c.kept_at < before)
        if source is not None:
            wanted = wanted.where(originals.c.source_id == source)
        with self._database.writing() as connection:
            purged = connection.execute(wanted).rowcount
        self._database.wipe()
        return purged

    def _row(self, conversation: Conversation, source: str) -> dict[str, Any]:
        said = asdict(conversation)
        for message in said["messages"]:
            message["sent_at"] = message["sent_at"] and message["sent_at"].isoformat()
        return {
            "conversation_id": conversation.id,
            "source_id": source,
            "kept_at": self._now(),
            "sealed": self._sealing.seals,
            "content": packed(said, self._sealing, sealed=self._sealing.seals),
        }
