"""Alarms: keys and passwords that stand in what was imported, until somebody says that they were replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from conversations.database import Database, insert_missing
from conversations.errors import NotFound
from conversations.ledger_tables import alarms


@dataclass(frozen=True, slots=True)
class Alarm:
    """One conversation that holds a secret: where, and of which kind; never the secret."""

    conversation_id: str
    style: str
    place: str
    sentence: str
    found_at: datetime | None = None
    settled_at: datetime | None = None
    settled_by: str | None = None


class Alarms:
    """One alarm for each conversation, raised once and settled once."""

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def raise_for(self, found: Iterable[Alarm]) -> list[Alarm]:
        """Keep the alarms; gives back those that nobody had heard of."""
        with self._database.writing() as connection:
            now = self._now()
            return [
                alarm
                for alarm in found
                if insert_missing(
                    connection,
                    alarms,
                    conversation_id=alarm.conversation_id,
                    style=alarm.style,
                    place=alarm.place,
                    sentence=alarm.sentence,
                    found_at=now,
                )
            ]

    def listed(self, *, settled: bool = False) -> list[Alarm]:
        """Alarms that are open, or all of them, oldest first."""
        wanted = select(alarms).order_by(alarms.c.found_at, alarms.c.conversation_id)
        if not settled:
            wanted = wanted.where(alarms.c.settled_at.is_(None))
        with self._database.reading() as connection:
            return [Alarm(**row) for row in connection.execute(wanted).mappings()]

    def settle(self, conversation: str, *, who: str) -> int:
        """Say that the secrets in a conversation were replaced; returns how many alarms that settles."""
        if not conversation:
            raise NotFound("Say which alarm. `brandvoice privacy alarms` names them.")
        begins = func.substr(alarms.c.conversation_id, 1, len(conversation)) == conversation
        settled = update(alarms).where(begins, alarms.c.settled_at.is_(None))
        with self._database.writing() as connection:
            count = connection.execute(settled.values(settled_at=self._now(), settled_by=who)).rowcount
        if not count:
            raise NotFound(f"There is no open alarm {conversation!r}. `brandvoice privacy alarms` names them.")
        return count
