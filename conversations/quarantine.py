"""Quarantine: rows that curation will not learn from until a reviewer has seen the evidence and lets them go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from conversations import consent, tables
from conversations.database import Database, lock_whole_conversations
from conversations.errors import NotFound, StoreError
from conversations.ledger_tables import quarantine
from conversations.submissions import LOCAL_PERSON, record
from conversations.tables import storable

QuarantineState = Literal["quarantined", "released", "rejected"]


class Suspect(Protocol):
    """What curation says of a row that it holds back."""

    @property
    def id(self) -> str: ...
    @property
    def conversation_id(self) -> str: ...
    @property
    def content(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def step(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def sentence(self) -> str: ...
    @property
    def evidence(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One row that is held back, or was; `content` is the hash of what a reviewer's word holds for."""

    style: str
    id: str
    conversation_id: str
    content: str
    place: str
    step: str
    reason: str
    sentence: str
    evidence: Sequence[str]
    state: QuarantineState
    found_at: datetime
    reviewer: str | None = None
    note: str | None = None
    decided_at: datetime | None = None


class Quarantine:
    """What is held back, by style; each decision is in the audit."""

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def put(self, style: str, suspects: Iterable[Suspect]) -> None:
        """Keep what the newest curation holds back; what it no longer does goes, what was decided stays decided.

        What was erased while that curation ran is not kept.
        """
        with self._database.writing() as connection:
            lock_whole_conversations(connection)
            erased = consent.erased(connection)
            known = {row.id: row for row in connection.execute(select(quarantine).where(quarantine.c.style == style))}
            found = {s.id: s for s in suspects if erased.of_conversation(s.conversation_id) not in erased.found}
            gone = [name for name, row in known.items() if row.state == "quarantined" and name not in found]
            for start in range(0, len(gone), 500):
                names = quarantine.c.id.in_(gone[start : start + 500])
                connection.execute(delete(quarantine).where(quarantine.c.style == style, names))
            for name, suspect in sorted(found.items()):
                row = known.get(name)
                if row is None or (row.content, row.reason) != (suspect.content, suspect.reason):
                    self._replace(connection, style, suspect)

    def _replace(self, connection: Connection, style: str, suspect: Suspect) -> None:
        connection.execute(delete(quarantine).where(quarantine.c.style == style, quarantine.c.id == suspect.id))
        names = ("id", "conversation_id", "content", "place", "step", "reason", "sentence")
        told = {name: getattr(suspect, name) for name in names}
        row = {**told, "style": style, "evidence": [storable(line) for line in suspect.evidence]}
        connection.execute(insert(quarantine).values(**row, state="quarantined", found_at=self._now()))

    def listed(self, style: str | None = None, state: QuarantineState | None = "quarantined") -> list[Quarantined]:
        """Rows that wait for a reviewer, or those in another state, oldest first."""
        wanted = select(quarantine).order_by(quarantine.c.found_at, quarantine.c.style, quarantine.c.id)
        if style is not None:
            wanted = wanted.where(quarantine.c.style == style)
        if state is not None:
            wanted = wanted.where(quarantine.c.state == state)
        with self._database.reading() as connection:
            return [Quarantined(**row) for row in connection.execute(wanted).mappings()]

    def one(self, style: str, name: str) -> Quarantined:
        """The row with the id, or the only one whose id begins so. Raises NotFound."""
        begins = or_(quarantine.c.id == name, func.substr(quarantine.c.id, 1, len(name)) == name)
        wanted = select(quarantine).where(quarantine.c.style == style, begins).order_by(quarantine.c.id)
        with self._database.reading() as connection:
            rows = [Quarantined(**row) for row in connection.execute(wanted.limit(20)).mappings()] if name else []
        exact = [row for row in rows if row.id == name] or rows
        if len(exact) != 1:
            what = "No row" if not rows else "More than one row"
            raise NotFound(f'{what} "{name}" is in quarantine for {style}. See: brandvoice quarantine list {style}')
        return exact[0]

    def released(self, style: str) -> dict[str, frozenset[str]]:
        """By id, the content that a reviewer let go."""
        return self._decided(style, "released")

    def rejected(self, style: str) -> dict[str, frozenset[str]]:
        """By id, the content that a reviewer keeps out for good, whatever a later curation thinks of it."""
        return self._decided(style, "rejected")

    def _decided(self, style: str, state: QuarantineState) -> dict[str, frozenset[str]]:
        return {row.id: frozenset({row.content}) for row in self.listed(style, state)}

    def decide(self, style: str, name: str, *, state: QuarantineState, reviewer: str, note: str = "") -> Quarantined:
        """Let a row go, reject it, or hold it back again; writes that into the audit.

        Raises StoreError when the reviewer wrote in it or handed it in (but for the local user "terminal").
        """
        found = self.one(style, name)
        with self._database.writing() as connection:
            decide(connection, found, state=state, reviewer=reviewer, note=note, now=self._now())
        return self.one(style, found.id)


def decide(
    connection: Connection, shown: Quarantined, *, state: QuarantineState, reviewer: str, note: str, now: datetime
) -> None:
    """Decide about a row as it was shown. Raises StoreError when it is another one by now, or somebody was faster."""
    if not reviewer:
        raise StoreError(f"{shown.id} needs a reviewer: say who decides.")
    wanted = quarantine.c.style == shown.style, quarantine.c.id == shown.id
    row = connection.execute(select(quarantine).where(*wanted).with_for_update()).mappings().first()
    if row is None:
        raise StoreError(f"{shown.id} is not in quarantine any more: a newer curation lets it go, or it was erased.")
    if (row["content"], row["state"]) != (shown.content, shown.state):
        now_is = "says something else by now" if row["content"] != shown.content else f"is {row['state']} by now"
        raise StoreError(f"{shown.id} {now_is}. Look at it again.")
    if state == "released" and reviewer != LOCAL_PERSON and _took_part(connection, shown, reviewer):
        raise StoreError(f"{reviewer} wrote in {shown.id} or handed it in; somebody else must let it go.")
    decided = {"state": state, "reviewer": reviewer, "note": storable(note), "decided_at": now}
    connection.execute(update(quarantine).where(*wanted).values(**decided))
    facts = {"style": shown.style, "from": shown.state, "reason": shown.reason, "note": note}
    record(connection, who=reviewer, what=state, subject=shown.id, details=facts, now=now)


def find(connection: Connection, style: str, name: str) -> Quarantined | None:
    """The row with exactly this id."""
    wanted = select(quarantine).where(quarantine.c.style == style, quarantine.c.id == name)
    row = connection.execute(wanted).mappings().first()
    return Quarantined(**row) if row else None


def _took_part(connection: Connection, found: Quarantined, reviewer: str) -> bool:
    messages, submissions = tables.messages.c, tables.submissions.c
    wrote = select(messages.conversation_id).where(
        messages.conversation_id == found.conversation_id, messages.author == reviewer
    )
    handed_in = select(submissions.id).where(submissions.id == found.conversation_id, submissions.person == reviewer)
    return any(connection.execute(wanted.limit(1)).first() for wanted in (wrote, handed_in))
