"""What people handed in, what reviewers decided about it, and the audit of those decisions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from conversations import tables
from conversations.database import insert_missing
from conversations.errors import NotFound, StoreError
from conversations.ledger_tables import reviews
from conversations.messages import Message, Submission, SubmissionState
from conversations.tables import as_message, message_row

BATCH = 500
LOCAL_PERSON = "terminal"  # whoever sits at the machine has nobody else to ask, and could edit the store anyway


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the audit: who did what to which submission, and when."""

    who: str
    what: str  # submitted, waiting, approved, rejected, withdrawn; edited for messages alone; forgot for an erasure
    subject: str
    at: datetime
    details: Mapping[str, Any]


def submit(connection: Connection, submission: Submission, *, consent: str, now: datetime) -> Submission:
    """Keep a submission as waiting, whatever it says of itself, and what its person agreed to in the audit.

    One whose id is known stays as it was; one that was withdrawn waits again.
    """
    at = submission.submitted_at or now
    is_new = insert_missing(
        connection,
        tables.submissions,
        id=submission.id,
        style=submission.style,
        person=submission.person,
        state="waiting",
        replaces=submission.replaces,
        reviewer=None,
        note=submission.note,
        submitted_at=at,
    )
    if is_new:
        _insert_messages(connection, submission.id, messages=submission.messages)
    if is_new or _reopen(connection, submission, at=at):
        facts = {"style": submission.style, "content": content_hash(submission.messages), "consent": consent}
        record(connection, who=submission.person, what="submitted", subject=submission.id, details=facts, now=now)
    table = tables.submissions
    return _submissions(connection, connection.execute(select(table).where(table.c.id == submission.id)).all())[0]


def _reopen(connection: Connection, submission: Submission, *, at: datetime) -> bool:
    """Let what was withdrawn wait again, with the words and the consent that its person gives now."""
    columns = tables.submissions.c
    theirs = columns.id == submission.id, columns.person == submission.person, columns.state == "withdrawn"
    fresh = {"state": "waiting", "reviewer": None, "note": submission.note, "submitted_at": at}
    if connection.execute(update(tables.submissions).where(*theirs).values(**fresh)).rowcount != 1:
        return False
    owner = tables.submission_messages.c.submission_id
    connection.execute(delete(tables.submission_messages).where(owner == submission.id))
    _insert_messages(connection, submission.id, messages=submission.messages)
    taken_back = update(reviews).where(reviews.c.item == submission.id).values(undone=True)
    connection.execute(taken_back)
    return True


def listed(
    connection: Connection, *, style: str | None, state: SubmissionState | None, person: str | None
) -> list[Submission]:
    table = tables.submissions
    wanted = select(table).order_by(table.c.submitted_at, table.c.id)
    for column, value in ((table.c.style, style), (table.c.state, state), (table.c.person, person)):
        if value is not None:
            wanted = wanted.where(column == value)
    return _submissions(connection, connection.execute(wanted).all())


def one(connection: Connection, submission: str) -> Submission:
    """The submission with the id, or the only one whose id begins so."""
    return _submissions(connection, [_find(connection, submission, wanted=select(tables.submissions))])[0]


def decide(
    connection: Connection,
    submission: str,
    *,
    state: SubmissionState,
    reviewer: str,
    note: str,
    messages: Sequence[Message] | None,
    now: datetime,
) -> Submission:
    """Set the state, replace the messages if given, and write it into the audit."""
    found = _find(connection, submission, wanted=select(tables.submissions).with_for_update())
    _refuse(found, state=state, reviewer=reviewer)
    before = one(connection, found.id)
    table = tables.submissions
    decided = {"state": state, "reviewer": reviewer, "note": note or found.note}
    connection.execute(update(table).where(table.c.id == found.id).values(**decided))
    if messages is not None:
        owner = tables.submission_messages.c.submission_id
        connection.execute(delete(tables.submission_messages).where(owner == found.id))
        _insert_messages(connection, found.id, messages=messages)
    after = one(connection, found.id)
    details = {
        "from": found.state,
        "to": state,
        "note": note,
        "edited": messages is not None,
        "before": content_hash(before.messages),
        "after": content_hash(after.messages),
    }
    what = "edited" if messages is not None and state == found.state else state
    connection.execute(insert(tables.audit).values(who=reviewer, what=what, subject=found.id, at=now, details=details))
    return after


def record(
    connection: Connection, *, who: str, what: str, subject: str, details: Mapping[str, Any], now: datetime
) -> None:
    """Write one line into the audit."""
    connection.execute(insert(tables.audit).values(who=who, what=what, subject=subject, at=now, details=dict(details)))


def content_hash(messages: Sequence[Message]) -> str:
    """16 hex digits over what was said and what of it is to be learned, for the audit."""
    said = json.dumps([(m.role, m.content, m.trainable) for m in messages])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def audit(connection: Connection, *, subject: str | None) -> list[Decision]:
    table = tables.audit
    wanted = select(table).order_by(table.c.number)
    if subject is not None:
        wanted = wanted.where(table.c.subject == subject)
    return [Decision(row.who, row.what, row.subject, row.at, row.details) for row in connection.execute(wanted)]


def _refuse(found: Row[Any], *, state: SubmissionState, reviewer: str) -> None:
    if not reviewer:
        raise StoreError(f"Submission {found.id} needs a reviewer: say who decides.")
    if state == "approved" and reviewer == found.person and reviewer != LOCAL_PERSON:
        raise StoreError(f"Submission {found.id} was handed in by {reviewer}; somebody else must approve it.")
    if found.state == "withdrawn" and state != "withdrawn":
        raise StoreError(
            f"Submission {found.id} was withdrawn and cannot be {state}; it would have to be handed in anew."
        )


def _find(connection: Connection, submission: str, *, wanted: Select[Any]) -> Row[Any]:
    column = tables.submissions.c.id
    exact = connection.execute(wanted.where(column == submission)).first()
    if exact is not None:
        return exact
    begins = func.substr(column, 1, len(submission)) == submission
    rows = connection.execute(wanted.where(begins).order_by(column).limit(2)).all() if submission else []
    if not rows:
        raise NotFound(f"There is no submission {submission!r}. `brandvoice submissions list` names them.")
    if len(rows) > 1:
        raise NotFound(
            f"Several submissions begin with {submission!r} ({rows[0].id}, {rows[1].id}, …). Write more of it."
        )
    return rows[0]


def _insert_messages(connection: Connection, submission: str, *, messages: Iterable[Message]) -> None:
    rows = [{**message_row(m), "submission_id": submission, "position": n} for n, m in enumerate(messages)]
    if rows:
        connection.execute(insert(tables.submission_messages), rows)


def _submissions(connection: Connection, rows: Sequence[Row[Any]]) -> list[Submission]:
    said = _messages(connection, [row.id for row in rows])
    return [
        Submission(
            id=row.id,
            style=row.style,
            person=row.person,
            messages=tuple(said[row.id]),
            state=row.state,
            replaces=row.replaces,
            reviewer=row.reviewer,
            note=row.note,
            submitted_at=row.submitted_at,
        )
        for row in rows
    ]


def _messages(connection: Connection, ids: Sequence[str]) -> dict[str, list[Message]]:
    table = tables.submission_messages
    said: dict[str, list[Message]] = {submission: [] for submission in ids}
    for start in range(0, len(ids), BATCH):
        these = table.c.submission_id.in_(ids[start : start + BATCH])
        for row in connection.execute(select(table).where(these).order_by(table.c.submission_id, table.c.position)):
            said[row.submission_id].append(as_message(row))
    return said
