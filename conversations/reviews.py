"""Reviews: every verdict of every reviewer, with what was judged before and after, so that each can be undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, insert, select, update

from conversations import quarantine, submissions, tables
from conversations.database import Database
from conversations.errors import NotFound, StoreError
from conversations.ledger_tables import reviews
from conversations.messages import Message, Submission, SubmissionState
from conversations.quarantine import Quarantined, QuarantineState
from conversations.submissions import content_hash
from conversations.tables import storable

Judgement = Literal["approve", "edit", "reject"]
Kind = Literal["submission", "quarantine"]

_STATES: Mapping[Judgement, SubmissionState] = {"approve": "approved", "edit": "approved", "reject": "rejected"}
DISAGREED = "reviewers disagree"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one reviewer decided about one item; hashes are of its content before and after."""

    number: int
    style: str
    item: str
    kind: Kind
    reviewer: str
    verdict: Judgement
    reason: str
    at: datetime
    before_hash: str
    after_hash: str
    undone: bool = False

    @property
    def accepts(self) -> bool:
        return self.verdict != "reject"


class Reviews:
    """Verdicts of a store; each is one transaction with what it changes and its line in the audit."""

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def judge(
        self,
        shown: Submission,
        verdict: Judgement,
        *,
        reviewer: str,
        reason: str = "",
        messages: Sequence[Message] | None = None,
    ) -> Verdict:
        """Decide about a submission as it was shown; `messages` are those of an edit.

        Where somebody else has decided, this is a second opinion: when the two disagree, the submission waits again.
        Raises `StoreError` when it was changed after it was shown, when its own person would approve it, or when
        somebody judges twice.
        """
        with self._database.writing() as connection:
            found = submissions.one(connection, shown.id)
            if content_hash(found.messages) != content_hash(shown.messages) or found.state != shown.state:
                raise StoreError(f"Submission {found.id[:10]} was changed meanwhile: it is {found.state}. Look again.")
            others = self._others(connection, found.id, reviewer=reviewer)
            self._decide(connection, found, verdict, reviewer=reviewer, reason=reason, messages=messages, others=others)
            after = submissions.one(connection, found.id)
            return self._record(
                connection, found, "submission", verdict, reviewer=reviewer, reason=reason, after=after.messages
            )

    def release(self, held: Quarantined, verdict: Judgement, *, reviewer: str, reason: str = "") -> Verdict:
        """Let a row in quarantine go as it was shown, or reject it.

        Raises `StoreError` when it is another one by now, when somebody was faster, or when the reviewer took part.
        """
        with self._database.writing() as connection:
            state: QuarantineState = "rejected" if verdict == "reject" else "released"
            quarantine.decide(connection, held, state=state, reviewer=reviewer, note=reason, now=self._now())
            row = {"style": held.style, "item": held.id, "kind": "quarantine", "before": {}}
            hashes = {"before_hash": held.content, "after_hash": held.content}
            return self._insert(connection, {**row, **hashes}, verdict, reviewer=reviewer, reason=reason)

    def undo(self, style: str, *, reviewer: str) -> Verdict:
        """Take the reviewer's newest verdict back; what it was about is again what it was.

        Verdicts about what was withdrawn since are passed over. Raises `NotFound` for none.
        """
        with self._database.writing() as connection:
            mine = self._rows(style).where(reviews.c.reviewer == reviewer, reviews.c.undone.is_(False))
            withdrawn = select(tables.submissions.c.id).where(tables.submissions.c.state == "withdrawn")
            mine = mine.where(reviews.c.item.not_in(withdrawn)).order_by(None).order_by(reviews.c.number.desc())
            row = connection.execute(mine.limit(1)).first()
            if row is None:
                raise NotFound(f"{reviewer} has decided nothing in {style} that could be undone.")
            restore = self._restore if row.kind == "submission" else self._hold_again
            restore(connection, row, reviewer=reviewer)
            connection.execute(update(reviews).where(reviews.c.number == row.number).values(undone=True))
            return replace(_verdict(row), undone=True)

    def listed(self, style: str | None = None, *, item: str | None = None) -> list[Verdict]:
        """Verdicts that stand, oldest first."""
        wanted = self._rows(style).where(reviews.c.undone.is_(False))
        if item is not None:
            wanted = wanted.where(reviews.c.item == item)
        with self._database.reading() as connection:
            return [_verdict(row) for row in connection.execute(wanted)]

    def _decide(
        self,
        connection: Connection,
        found: Submission,
        verdict: Judgement,
        *,
        reviewer: str,
        reason: str,
        messages: Sequence[Message] | None,
        others: Sequence[Verdict],
    ) -> None:
        disagree = any((verdict != "reject") != other.accepts for other in others)
        submissions.decide(
            connection,
            found.id,
            state="waiting" if disagree else _STATES[verdict],
            reviewer=storable(reviewer),
            note=DISAGREED if disagree else storable(reason),
            messages=messages if verdict == "edit" else None,
            now=self._now(),
        )

    def _others(self, connection: Connection, item: str, *, reviewer: str) -> list[Verdict]:
        wanted = self._rows(None).where(reviews.c.item == item, reviews.c.undone.is_(False))
        known = [_verdict(row) for row in connection.execute(wanted)]
        settled = [verdict for verdict in known if verdict.kind == "submission"][-2:]
        if len(settled) > 1:  # both have spoken, so whoever looks at it now settles it
            return []
        if any(verdict.reviewer == reviewer for verdict in settled):
            raise StoreError(
                f"{reviewer} has judged {item[:10]} already. Undo that first, or leave it to somebody else."
            )
        return settled

    def _record(
        self,
        connection: Connection,
        before: Submission,
        kind: Kind,
        verdict: Judgement,
        *,
        reviewer: str,
        reason: str,
        after: Sequence[Message],
    ) -> Verdict:
        kept = {
            "state": before.state,
            "reviewer": before.reviewer,
            "note": before.note,
            "replies": [m.content for m in before.messages] if verdict == "edit" else None,
        }
        row = {"style": before.style, "item": before.id, "kind": kind, "before": kept}
        hashes = {"before_hash": content_hash(before.messages), "after_hash": content_hash(after)}
        return self._insert(connection, {**row, **hashes}, verdict, reviewer=reviewer, reason=reason)

    def _insert(
        self, connection: Connection, row: dict[str, Any], verdict: Judgement, *, reviewer: str, reason: str
    ) -> Verdict:
        told = {"reviewer": storable(reviewer), "verdict": verdict, "reason": storable(reason)}
        done = connection.execute(insert(reviews).values(**row, **told, at=self._now(), undone=False))
        number = done.inserted_primary_key
        assert number is not None, "the table has one"
        return _verdict(connection.execute(select(reviews).where(reviews.c.number == number[0])).one())

    def _restore(self, connection: Connection, row: Row[Any], *, reviewer: str) -> None:
        found = submissions.one(connection, row.item)
        if content_hash(found.messages) != row.after_hash:
            raise StoreError(
                f"Submission {found.id[:10]} was changed after your verdict; it cannot be undone any more."
            )
        said = row.before["replies"]
        messages = [replace(m, content=c) for m, c in zip(found.messages, said, strict=True)] if said else None
        as_before = {name: row.before[name] for name in ("state", "reviewer", "note")}
        if self._is_orphan(connection, row):
            as_before = {"state": "waiting", "reviewer": None, "note": None}
        submissions.decide(
            connection,
            found.id,
            state=as_before["state"],
            reviewer=reviewer,
            note="undone",
            messages=messages,
            now=self._now(),
        )
        connection.execute(update(tables.submissions).where(tables.submissions.c.id == found.id).values(**as_before))

    def _hold_again(self, connection: Connection, row: Row[Any], *, reviewer: str) -> None:
        held = quarantine.find(connection, row.style, row.item)
        if held is not None and held.content == row.after_hash and held.reviewer == reviewer:
            quarantine.decide(connection, held, state="quarantined", reviewer=reviewer, note="undone", now=self._now())

    def _is_orphan(self, connection: Connection, row: Row[Any]) -> bool:
        """Whether the verdict that an undone one confirmed or contradicted was taken back as well."""
        theirs = select(reviews.c.undone).where(reviews.c.item == row.item, reviews.c.number < row.number)
        undone = connection.scalars(theirs.where(reviews.c.reviewer == row.before["reviewer"])).all()
        return bool(undone) and all(undone)

    def _rows(self, style: str | None) -> Any:
        wanted = select(reviews).order_by(reviews.c.number)
        return wanted if style is None else wanted.where(reviews.c.style == style)


def _verdict(row: Row[Any]) -> Verdict:
    names = Verdict.__dataclass_fields__
    return Verdict(**{name: getattr(row, name) for name in names})
