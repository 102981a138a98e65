"""Rounds in the database: begun, leased, advanced and decided, each change compared before it is set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy
from sqlalchemy import Connection, Row, and_, func, or_, select, update

from brandvoice.news import insert_news
from brandvoice.owners import is_gone
from brandvoice.rounds import LEASE, OPEN, Origin, Round, RoundEvent, State, Until
from conversations.database import Database, insert_missing
from conversations.errors import NotFound, RoundLost, RoundRefused
from conversations.round_tables import round_events as event_rows
from conversations.round_tables import rounds as rows

TOLD: frozenset[State] = frozenset({"waiting", "promoted", "rejected", "failed", "skipped"})  # what people hear of
_CLAIM_LOCK = 7_265_020


class RoundStore:
    """Rounds of one workspace. Every change is one transaction that compares before it sets.

    `folder(ID)` keeps a round's logs, checkpoints and report. Calls block and may come from any thread; from async
    code, use `asyncio.to_thread`. A change to a round that somebody else changed meanwhile raises RoundLost.
    """

    def __init__(
        self, database: Database, root: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.root = root
        self.database = database
        self.now = now

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.database.close()

    def folder(self, round_id: str) -> Path:
        return self.root / round_id

    # Reading

    def load(self, round_id: str) -> Round:
        """The round with the id. Raises NotFound."""
        with self.database.reading() as connection:
            return _load(connection, round_id)

    def all(self, style: str | None = None, *, state: State | None = None) -> list[Round]:
        """Every round, or those of a style or in a state; oldest first."""
        wanted = select(rows).order_by(rows.c.started_at, rows.c.id)
        for column, value in ((rows.c.style, style), (rows.c.state, state)):
            if value is not None:
                wanted = wanted.where(column == value)
        with self.database.reading() as connection:
            return [_round(row) for row in connection.execute(wanted)]

    def waiting(self, style: str | None = None) -> list[Round]:
        """Rounds that wait for a person to approve or reject them."""
        return self.all(style, state="waiting")

    def latest(self, style: str) -> Round | None:
        """The newest round of a style that was not skipped."""
        found = [r for r in self.all(style) if r.state != "skipped"]
        return found[-1] if found else None

    def running(self, style: str) -> list[Round]:
        """The rounds of a style that somebody runs at this moment."""
        return [r for r in self.all(style) if r.state in OPEN and _is_leased(r, self.now())]

    def last_due(self, style: str) -> datetime | None:
        """The newest moment at which the style was found due, whatever came of it."""
        with self.database.reading() as connection:
            found = select(rows.c.due_at).where(rows.c.style == style, rows.c.due_at.is_not(None))
            return connection.scalar(found.order_by(rows.c.due_at.desc()).limit(1))

    def training_seconds(self, style: str, *, since: datetime) -> float:
        """How long the style's rounds trained that began since then."""
        wanted = select(func.sum(rows.c.training_seconds)).where(rows.c.style == style, rows.c.started_at >= since)
        with self.database.reading() as connection:
            return float(connection.scalar(wanted) or 0.0)

    def events(self, round_id: str, *, after: int = 0, limit: int | None = None) -> list[RoundEvent]:
        """What happened in a round, oldest first, after the event with that number."""
        wanted = select(event_rows).where(event_rows.c.round == round_id, event_rows.c.number > after)
        with self.database.reading() as connection:
            found = connection.execute(wanted.order_by(event_rows.c.number).limit(limit))
            return [RoundEvent(**row) for row in found.mappings()]

    # Beginning

    def queue(
        self,
        style: str,
        *,
        recipe: str,
        until: Until = "promoted",
        origin: Origin = "hand",
        asked_by: str = "",
        dataset: str | None = None,
        options: Mapping[str, Any] | None = None,
        reason: str = "",
        paused: bool = False,
    ) -> Round:
        """A new round, which the next free worker runs (unless it is paused)."""
        now = self.now()
        state: State = "curated" if dataset else "queued"
        new = Round("", style, state, until, recipe, now, now, origin, asked_by, None, dataset, None, reason)
        made = self._insert(replace(new, options=dict(options or {}), paused=paused))
        assert made is not None, "only rounds with a due moment can be there already"
        return made

    def queue_due(
        self, style: str, *, recipe: str, due_at: datetime, origin: Origin, reason: str, options: Mapping[str, Any]
    ) -> Round | None:
        """The round of one due moment; None when that moment has one already, queued or skipped."""
        new = self._new(style, recipe=recipe, due_at=due_at, origin=origin, reason=reason)
        return self._insert(replace(new, options=dict(options)))

    def skip_due(
        self, style: str, *, recipe: str, due_at: datetime, origin: Origin, reason: str, quietly: bool = False
    ) -> Round | None:
        """A due moment at which no round runs, kept with its reason; None when that moment is known already."""
        new = self._new(style, recipe=recipe, due_at=due_at, origin=origin, reason=reason)
        return self._insert(replace(new, state="skipped"), quietly=quietly)

    def _new(self, style: str, *, recipe: str, due_at: datetime, origin: Origin, reason: str) -> Round:
        now = self.now()
        return Round("", style, "queued", "promoted", recipe, now, now, origin, "", due_at, reason=reason)

    def adopt(self, round_: Round) -> bool:
        """Keep a round that another program recorded; False when it is known."""
        with self.database.writing() as connection:
            return insert_missing(connection, rows, **asdict(round_))

    def _insert(self, new: Round, *, quietly: bool = False) -> Round | None:
        stamp = new.started_at.strftime("%Y%m%d-%H%M%S")
        with self.database.writing() as connection:
            for suffix in ("", *map("-{}".format, range(2, 1000))):
                named = replace(new, id=f"{new.style}-{stamp}{suffix}")
                if insert_missing(connection, rows, **asdict(named)):
                    said = new.reason or f"The round is {new.state}."
                    facts = {"quietly": True} if quietly else None
                    self._tell(connection, named, kind=new.state, message=said, details=facts)
                    if new.state != "skipped":
                        self.folder(named.id).mkdir(parents=True, exist_ok=True)
                    return named
                if new.due_at is not None and _has_due(connection, new):
                    return None
        raise RoundRefused(f"A thousand rounds of {new.style} began within one second.")

    # Running: only the owner of the lease changes what it runs

    def claim(
        self, owner: str, *, only: str | None = None, allowed: Callable[[Round], bool] = lambda _: True
    ) -> Round | None:
        """Lease the oldest round that may run now (or `only` that one); None when there is none.

        No two rounds of one style are leased at once. A round whose owner fell silent is taken over.
        """
        now = self.now()
        with self.database.writing() as connection:
            _one_claim_at_a_time(connection)
            found = [_round(row) for row in connection.execute(select(rows).where(rows.c.state.in_(OPEN)))]
            busy = {r.style for r in found if _is_leased(r, now)}
            for round_ in sorted(found, key=lambda r: (r.started_at, r.id)):
                named = round_.id == only if only else _may_run(round_, now) and allowed(round_)
                if round_.is_open and round_.style not in busy and named:
                    return self._lease(connection, round_, owner=owner)
        return None

    def _lease(self, connection: Connection, round_: Round, *, owner: str) -> Round:
        changes: dict[str, Any] = {
            "owner": owner,
            "leased_until": self.now() + LEASE,
            "not_before": None,
            "paused": False,
        }
        if round_.owner is not None:
            lost = round_.attempts.get("lost", 0) + 1
            changes["attempts"] = {**round_.attempts, "lost": lost}
            message = f"{round_.owner} fell silent; {owner} goes on from where it stood ({round_.state})."
            self._tell(connection, round_, kind="lost", message=message)
        return self._change(connection, round_, **changes)

    def beat(self, round_: Round, *, training_seconds: float = 0.0) -> Round:
        """Renew the lease, and add to the time trained. RoundLost when it was cancelled or taken over."""
        mine = and_(rows.c.id == round_.id, rows.c.owner == round_.owner, rows.c.state.in_(OPEN))
        spent = rows.c.training_seconds + training_seconds
        with self.database.writing() as connection:
            renewed = update(rows).where(mine).values(leased_until=self.now() + LEASE, training_seconds=spent)
            if connection.execute(renewed).rowcount != 1:
                raise _lost(connection, round_)
            return _load(connection, round_.id)

    def advance(
        self, round_: Round, *, message: str = "", facts: Mapping[str, Any] | None = None, **changes: Any
    ) -> Round:
        """Change a round that is as given: same state, same owner. RoundLost when it is not.

        A new state becomes an event with the message and the facts, and news where people are to hear of it.
        """
        moved = changes.get("state", round_.state) != round_.state
        if moved and "lost" in round_.attempts:  # that owners died says something of a step only while it does not end
            changes = {"attempts": {k: n for k, n in round_.attempts.items() if k != "lost"}, **changes}
        with self.database.writing() as connection:
            changed = self._change(connection, round_, **changes)
            if moved or message:
                said = message or changed.reason or f"The round is {changed.state}."
                self._tell(connection, changed, kind=changed.state if moved else "note", message=said, details=facts)
            return changed

    def release(self, round_: Round, **changes: Any) -> Round:
        """Give the lease back, so that any worker may go on."""
        return self.advance(round_, owner=None, leased_until=None, **changes)

    def tell(self, round_id: str, kind: str, message: str, **details: Any) -> None:
        """Note what happens in a round; shown as its events."""
        with self.database.writing() as connection:
            self._tell(connection, _load(connection, round_id), kind=kind, message=message, details=details)

    # People

    def cancel(self, round_id: str, *, who: str) -> Round:
        """End a round for good. What runs in it is stopped within seconds. Raises RoundRefused when it is over."""
        found = self.load(round_id)
        if found.state != "failed" and not found.is_open:
            raise RoundRefused(f"{found.id} is over ({found.state}) and cannot be cancelled.")
        return self._by_person(found, state="cancelled", reason=f"cancelled by {who}", owner=None, leased_until=None)

    def pause(self, round_id: str, *, who: str) -> Round:
        """Stop a round at its next checkpoint until it is resumed."""
        found = self.load(round_id)
        if not found.is_open:
            raise RoundRefused(f"{found.id} is over ({found.state}) and cannot be paused.")
        return self._by_person(found, paused=True, reason=f"paused by {who}")

    def resume(self, round_id: str, *, who: str) -> Round:
        """Let a paused or failed round go on from its last finished step; its failures are forgotten."""
        found = self.load(round_id)
        if found.state != "failed" and not found.is_open:
            raise RoundRefused(f"{found.id} is over ({found.state}); there is nothing to resume.")
        state = found.last_step if found.state == "failed" else found.state
        fresh: dict[str, Any] = {"paused": False, "not_before": None, "attempts": {}, "reason": ""}
        return self._by_person(found, state=state, message=f"resumed by {who}", **fresh)

    @contextmanager
    def deciding(self, round_id: str, *, who: str) -> Iterator[Round]:
        """Hold a waiting round while its decision is carried out: of several people who press at once, one gets it."""
        now, owner = self.now(), f"decision of {who} {self.now().isoformat()}"
        free = or_(rows.c.owner.is_(None), rows.c.leased_until < now)
        with self.database.writing() as connection:
            found = _load(connection, round_id)
            mine = update(rows).where(rows.c.id == round_id, rows.c.state == "waiting", free)
            if connection.execute(mine.values(owner=owner, leased_until=now + LEASE)).rowcount != 1:
                raise RoundRefused(_decided_already(found))
            held = _load(connection, round_id)
        try:
            yield held
        finally:
            with self.database.writing() as connection:
                mine = update(rows).where(rows.c.id == round_id, rows.c.owner == owner)
                connection.execute(mine.values(owner=None, leased_until=None))

    def decided(self, round_id: str | None, *, state: State, reason: str) -> None:
        """Note what a person decided about the voice of a round, whichever way."""
        if round_id is None:
            return
        with self.database.writing() as connection:
            named = update(rows).where(rows.c.id == round_id, rows.c.state != state)
            ended = {"state": state, "reason": reason, "changed_at": self.now(), "owner": None, "leased_until": None}
            if connection.execute(named.values(**ended)).rowcount == 1:
                self._tell(connection, _load(connection, round_id), kind=state, message=reason)

    def _by_person(self, found: Round, *, message: str = "", **changes: Any) -> Round:
        """As `advance`, whoever holds the lease: people overrule workers, which notice with their next beat."""
        with self.database.writing() as connection:
            same = and_(rows.c.id == found.id, rows.c.state == found.state)
            if connection.execute(update(rows).where(same).values(changed_at=self.now(), **changes)).rowcount != 1:
                raise RoundRefused(f"{found.id} has just changed. Look again: brandvoice rounds show {found.id}")
            changed = _load(connection, found.id)
            kind = changed.state if changed.state != found.state else "note"
            self._tell(connection, changed, kind=kind, message=message or changed.reason)
            return changed

    def _change(self, connection: Connection, round_: Round, **changes: Any) -> Round:
        same_owner = rows.c.owner.is_(None) if round_.owner is None else rows.c.owner == round_.owner
        same = and_(rows.c.id == round_.id, rows.c.state == round_.state, same_owner)
        changed = update(rows).where(same).values(**{"changed_at": self.now(), **changes})
        if connection.execute(changed).rowcount != 1:
            raise _lost(connection, round_)
        return _load(connection, round_.id)

    def _tell(
        self,
        connection: Connection,
        round_: Round,
        *,
        kind: str,
        message: str,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Note an event; one that people are to hear of becomes news in the same transaction, once per round."""
        now, facts = self.now(), dict(details or {})
        row = {"round": round_.id, "at": now, "kind": kind, "message": message, "details": facts}
        connection.execute(sqlalchemy.insert(event_rows).values(**row))
        if kind in TOLD and not (kind == "skipped" and facts.get("quietly")):
            told = {"round": round_.id, "style": round_.style, "state": kind, "voice": round_.voice, **facts}
            key = f"round.{kind}:{round_.id}"
            facts = {**told, "message": message}
            insert_news(
                connection,
                key=key,
                kind=f"round.{kind}",
                style=round_.style,
                round=round_.id,
                person=None,
                at=now,
                facts=facts,
            )


def _round(row: Row[Any]) -> Round:
    values = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    return Round(**{f.name: values[f.name] for f in fields(Round)})


def _load(connection: Connection, round_id: str) -> Round:
    found = connection.execute(select(rows).where(rows.c.id == round_id)).first()
    if found is None:
        latest: Sequence[str] = connection.scalars(select(rows.c.id).order_by(rows.c.started_at.desc()).limit(5)).all()
        known = ", ".join(reversed(latest)) or "none yet"
        raise NotFound(f'There is no round "{round_id}". The latest: {known}.')
    return _round(found)


def _has_due(connection: Connection, new: Round) -> bool:
    same = select(rows.c.id).where(rows.c.style == new.style, rows.c.due_at == new.due_at)
    return connection.scalar(same) is not None


def _may_run(round_: Round, now: datetime) -> bool:
    return not round_.paused and (round_.not_before is None or round_.not_before <= now)


def _is_leased(round_: Round, now: datetime) -> bool:
    if round_.owner is None or round_.leased_until is None or round_.leased_until < now:
        return False
    return not is_gone(round_.owner)


def _one_claim_at_a_time(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        connection.execute(select(func.pg_advisory_xact_lock(_CLAIM_LOCK)))


def _lost(connection: Connection, round_: Round) -> RoundLost:
    now = _load(connection, round_.id)
    who = f" and run by {now.owner}" if now.owner and now.owner != round_.owner else ""
    return RoundLost(f"{round_.id} is {now.state}{who} meanwhile; nothing was changed.")


def _decided_already(found: Round) -> str:
    if found.state == "waiting":
        return f"Somebody is deciding on {found.id} at this moment."
    why = f": {found.reason}" if found.reason else ""
    return f"{found.id} does not wait for a decision any more; it is {found.state}{why}"
