"""People who asked to be erased or not to be learned from, remembered only by keyed hashes."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, or_, select, update

from conversations import tables
from conversations.database import insert_missing, lock_whole_conversations
from conversations.messages import Conversation
from conversations.tables import storable

ERASED = "erased"  # stands where the name of an erased person stood


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased, or would be: counts, and the ids by which datasets and voices can be traced."""

    conversations: int
    messages: int
    feedback: int
    submissions: int
    conversation_ids: tuple[str, ...] = ()
    submission_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Marks:
    """Keyed hashes: enough to recognise a person or a conversation again, not enough to name one."""

    key: bytes
    found: frozenset[str] = frozenset()

    def of_person(self, person: str) -> str:
        return self._mark("person", person)

    def of_conversation(self, conversation: str) -> str:
        return self._mark("conversation", conversation)

    def cover_author(self, conversation: Conversation) -> bool:
        """Whether somebody who wrote in the conversation is marked."""
        if not self.found:
            return False
        return any(
            self.of_person(author) in self.found for author in {m.author for m in conversation.messages if m.author}
        )

    def cover(self, conversation: Conversation) -> bool:
        """Whether the conversation, or somebody who wrote in it, is marked."""
        return bool(self.found) and (
            self.of_conversation(conversation.id) in self.found or self.cover_author(conversation)
        )

    def _mark(self, kind: str, name: str) -> str:
        text = f"{kind}\x1f{storable(name)}".encode()
        return hmac.new(self.key, text, hashlib.sha256).hexdigest()


def erased(connection: Connection) -> Marks:
    """The marks of erased people and conversations."""
    return Marks(_key(connection), frozenset(connection.scalars(select(tables.tombstones.c.mark))))


def opted_out(connection: Connection) -> Marks:
    """The marks of people who do not want to be learned from."""
    return Marks(_key(connection), frozenset(connection.scalars(select(tables.opt_outs.c.mark))))


def opt_out(connection: Connection, person: str, *, now: datetime) -> None:
    insert_missing(connection, tables.opt_outs, mark=Marks(_key(connection)).of_person(person), since=now)


def opt_in(connection: Connection, person: str) -> None:
    mark = Marks(_key(connection)).of_person(person)
    connection.execute(delete(tables.opt_outs).where(tables.opt_outs.c.mark == mark))


def survey(connection: Connection, person: str) -> Erasure:
    """What erasing the person would delete."""
    conversation_ids = tuple(connection.scalars(_conversations_of(person).order_by("conversation_id")))
    submission_ids = tuple(connection.scalars(_submissions_of(person).order_by("id")))
    in_them = tables.messages.c.conversation_id.in_(_conversations_of(person))
    return Erasure(
        conversations=len(conversation_ids),
        messages=_count(connection, select(func.count()).select_from(tables.messages).where(in_them)),
        feedback=_count(connection, select(func.count()).select_from(tables.feedback).where(_feedback_of(person))),
        submissions=len(submission_ids),
        conversation_ids=conversation_ids,
        submission_ids=submission_ids,
    )


def forget(connection: Connection, person: str, *, now: datetime) -> Erasure:
    """Erase the person, leave marks against a re-import, and write into the audit that it was done, not to whom."""
    lock_whole_conversations(connection)
    erasure = survey(connection, person)
    _leave_marks(connection, person, conversation_ids=erasure.conversation_ids, now=now)
    _blank_names(connection, person)
    subjects = tables.audit.c.subject.in_(_submissions_of(person))
    connection.execute(delete(tables.audit).where(subjects))
    connection.execute(delete(tables.feedback).where(_feedback_of(person)))
    connection.execute(delete(tables.submissions).where(tables.submissions.c.id.in_(_submissions_of(person))))
    connection.execute(delete(tables.conversations).where(tables.conversations.c.id.in_(_conversations_of(person))))
    _audit(connection, erasure, now=now)
    return erasure


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


def _leave_marks(connection: Connection, person: str, *, conversation_ids: Iterable[str], now: datetime) -> None:
    marks = erased(connection)
    wanted = {marks.of_person(person), *map(marks.of_conversation, conversation_ids)} - marks.found
    if wanted:
        connection.execute(insert(tables.tombstones), [{"mark": mark, "erased_at": now} for mark in sorted(wanted)])


def _blank_names(connection: Connection, person: str) -> None:
    """Take the person's name off what others wrote and the person only decided or brought in."""
    reviewer, who, owner = tables.submissions.c.reviewer, tables.audit.c.who, tables.sources.c.owner
    connection.execute(update(tables.submissions).where(reviewer == person).values(reviewer=ERASED))
    connection.execute(update(tables.audit).where(who == person).values(who=ERASED))
    connection.execute(update(tables.sources).where(owner == person).values(owner=ERASED))


def _audit(connection: Connection, erasure: Erasure, *, now: datetime) -> None:
    counts = {name: getattr(erasure, name) for name in ("conversations", "messages", "feedback", "submissions")}
    row = {"who": ERASED, "what": "forgot", "subject": ERASED, "at": now, "details": counts}
    connection.execute(insert(tables.audit).values(**row))


def _count(connection: Connection, statement: Select[Any]) -> int:
    return connection.scalar(statement) or 0


def _key(connection: Connection) -> bytes:
    stored = connection.scalar(select(tables.keys.c.value).where(tables.keys.c.name == "people"))
    assert stored is not None, "the first migration makes the key"
    return bytes.fromhex(stored)
