"""People who asked to be erased: everything of theirs goes, and keyed hashes keep it from coming back."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, or_, select

from conversations import consent, ledger_tables, tables, traces
from conversations.database import lock_whole_conversations
from conversations.sealing import Sealing
from conversations.traces import ERASED, Theirs


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased, or would be: counts, and the ids by which datasets and voices can be traced."""

    conversations: int
    messages: int
    feedback: int
    submissions: int
    conversation_ids: tuple[str, ...] = ()
    submission_ids: tuple[str, ...] = ()
    names: int = 0  # that imports brought of the person
    originals: int = 0
    mentions: int = 0  # texts of others from which the person's name is taken
    rows: int = 0  # of reviews, news, votes and whatever else has a person
    voted_in: tuple[str, ...] = ()  # conversations of others that the person gave feedback in
    id: str = field(default="", compare=False)  # of the proof; empty for a dry run

    @property
    def found(self) -> bool:
        """Whether there is anything of the person at all."""
        return any((self.conversations, self.feedback, self.submissions, self.names, self.mentions, self.rows))


def survey(connection: Connection, person: str, *, sealing: Sealing) -> Erasure:
    """What erasing the person would delete; `sealing` opens originals of others that may name the person."""
    conversation_ids = tuple(connection.scalars(_conversations_of(person).order_by("conversation_id")))
    submission_ids = tuple(connection.scalars(_submissions_of(person).order_by("id")))
    in_them = tables.messages.c.conversation_id.in_(_conversations_of(person))
    feedback = tables.feedback
    voted_in = select(feedback.c.conversation_id).where(feedback.c.person == person).distinct()
    left = traces.survey(connection, _theirs(person, sealing))
    return Erasure(
        conversations=len(conversation_ids),
        messages=_count(connection, select(func.count()).select_from(tables.messages).where(in_them)),
        feedback=_count(connection, select(func.count()).select_from(feedback).where(_feedback_of(person))),
        submissions=len(submission_ids),
        conversation_ids=conversation_ids,
        submission_ids=submission_ids,
        names=left.names,
        originals=left.originals,
        mentions=left.mentions,
        rows=left.rows,
        voted_in=tuple(sorted(set(connection.scalars(voted_in)) - set(conversation_ids))),
    )


def forget(connection: Connection, person: str, *, sealing: Sealing, now: datetime) -> Erasure:
    """Erase the person, leave marks against a re-import, and write into the audit that it was done, not to whom."""
    lock_whole_conversations(connection)
    erasure = survey(connection, person, sealing=sealing)
    _leave_marks(connection, person, ids=(*erasure.conversation_ids, *erasure.submission_ids), now=now)
    traces.erase(connection, _theirs(person, sealing))
    connection.execute(delete(tables.feedback).where(_feedback_of(person)))
    connection.execute(delete(tables.submissions).where(tables.submissions.c.id.in_(_submissions_of(person))))
    connection.execute(delete(tables.conversations).where(tables.conversations.c.id.in_(_conversations_of(person))))
    _audit(connection, erasure, now=now)
    return replace(erasure, id=_record(connection, person, erasure, now=now))


def _theirs(person: str, sealing: Sealing) -> Theirs:
    return Theirs(person, _conversations_of(person), _submissions_of(person), sealing)


def _conversations_of(person: str) -> Select[Any]:
    return select(tables.messages.c.conversation_id).where(tables.messages.c.author == person).distinct()


def _submissions_of(person: str) -> Select[Any]:
    """Those of the person, those that quote the person, and better answers to replies in erased conversations."""
    quoting = select(tables.submission_messages.c.submission_id).where(tables.submission_messages.c.author == person)
    replies = select(tables.messages.c.id).where(
        tables.messages.c.conversation_id.in_(_conversations_of(person)), tables.messages.c.id.is_not(None)
    )
    columns = tables.submissions.c
    return select(columns.id).where(
        or_(columns.person == person, columns.id.in_(quoting), columns.replaces.in_(replies))
    )


def _feedback_of(person: str) -> Any:
    columns = tables.feedback.c
    return or_(columns.person == person, columns.conversation_id.in_(_conversations_of(person)))


def _leave_marks(connection: Connection, person: str, *, ids: Iterable[str], now: datetime) -> None:
    marks = consent.erased(connection)
    wanted = {marks.of_person(person), *map(marks.of_conversation, ids)} - marks.found
    if wanted:
        connection.execute(insert(tables.tombstones), [{"mark": mark, "erased_at": now} for mark in sorted(wanted)])


def _audit(connection: Connection, erasure: Erasure, *, now: datetime) -> None:
    row = {"who": ERASED, "what": "forgot", "subject": ERASED, "at": now, "details": _counts(erasure)}
    connection.execute(insert(tables.audit).values(**row))


def _record(connection: Connection, person: str, erasure: Erasure, *, now: datetime) -> str:
    name = uuid.uuid4().hex[:16]
    marks = consent.marks(connection)
    facts = {**_counts(erasure), "voted_in": list(map(marks.of_conversation, erasure.voted_in))}
    row = {"id": name, "at": now, "marks": [marks.of_person(person)], "digest": None, "facts": facts}
    connection.execute(insert(ledger_tables.erasures).values(**row))
    return name


def _counts(erasure: Erasure) -> dict[str, int]:
    names = ("conversations", "messages", "feedback", "submissions", "names", "originals", "mentions", "rows")
    return {name: getattr(erasure, name) for name in names}


def _count(connection: Connection, statement: Select[Any]) -> int:
    return connection.scalar(statement) or 0
