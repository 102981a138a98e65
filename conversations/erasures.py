"""Erasures: proofs that somebody was forgotten, and how running programs hear of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from conversations import consent
from conversations.database import Database
from conversations.errors import NotFound
from conversations.ledger_tables import erasures


@dataclass(frozen=True, slots=True)
class ErasureProof:
    """That an erasure was done: numbers and ids that tell nothing about the person, and their hash."""

    id: str
    at: datetime
    digest: str | None
    facts: Mapping[str, Any]


class Erasures:
    """Every erasure of a store, oldest first. It knows people by keyed hashes only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def listed(self) -> list[ErasureProof]:
        with self._database.reading() as connection:
            rows = connection.execute(select(erasures).order_by(erasures.c.number)).all()
        return [ErasureProof(row.id, row.at, row.digest, row.facts) for row in rows]

    def prove(self, erasure: str, facts: Mapping[str, Any]) -> str:
        """Keep the facts of an erasure with their hash, which is returned."""
        digest = digest_of_facts(facts)
        with self._database.writing() as connection:
            done = update(erasures).where(erasures.c.id == erasure).values(facts=dict(facts), digest=digest)
            if connection.execute(done).rowcount != 1:
                raise NotFound(f"There is no erasure {erasure!r}.")
        return digest

    def covers(self) -> Callable[[str], bool]:
        """Whether a conversation or submission with an id was erased, or holds a vote of whom nobody proved erased."""
        with self._database.reading() as connection:
            marks = consent.erased(connection)
            unproved = connection.scalars(select(erasures.c.facts).where(erasures.c.digest.is_(None)))
            gone = marks.found.union(*(facts.get("voted_in", ()) for facts in unproved))
        return lambda name: marks.of_conversation(name) in gone

    def newest(self) -> int:
        """A number that grows with each erasure."""
        with self._database.reading() as connection:
            return connection.scalar(select(func.max(erasures.c.number))) or 0

    def since(self, number: int) -> tuple[int, Callable[[str], bool]]:
        """The newest number, and whether somebody with an id was erased after the given one."""
        with self._database.reading() as connection:
            marks = consent.erased(connection)
            rows = connection.execute(select(erasures.c.number, erasures.c.marks).where(erasures.c.number > number))
            found = {row.number: row.marks for row in rows}
        gone = frozenset(mark for of_one in found.values() for mark in of_one)
        return max(found, default=number), lambda person: bool(gone) and marks.of_person(person) in gone


class ErasureWatch:
    """For a program that keeps people's words in memory: tells who was forgotten, whichever program forgot them.

    Poll `forgotten` with the people that are kept, every few seconds; it reads one number while nothing happens. It
    blocks: from async code, use `asyncio.to_thread`.
    """

    def __init__(self, erasures: Erasures) -> None:
        self._erasures = erasures
        self._seen = erasures.newest()

    def forgotten(self, kept: Callable[[], list[str]]) -> list[str]:
        """Those of the people kept who were erased since the last call; `kept` is asked only if anybody was."""
        if self._erasures.newest() == self._seen:
            return []
        self._seen, is_gone = self._erasures.since(self._seen)
        return [person for person in kept() if is_gone(person)]


def digest_of_facts(facts: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of the facts: `jq -cS .facts FILE` without its newline, hashed."""
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
