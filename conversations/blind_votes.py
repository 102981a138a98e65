"""Blind votes: people see two unnamed answers to one prompt and pick one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Row, Select, func, select

from conversations.database import Database, insert_missing
from conversations.errors import NotFound
from conversations.tables import storable
from conversations.trial_tables import blind_pairs, blind_votes

Choice = Literal["left", "right", "tie"]
Side = Literal["one", "other"]
Picked = Literal["one", "other", "tie"]

_STRAIGHT, _TURNED = "s", "t"  # ends of an id: whether `one` stands on the left or on the right


class Between(NamedTuple):
    """The two voices of a comparison, in a fixed order."""

    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A prompt as (role, text) with the answers of two voices; `conversation` is where it was said, for erasure."""

    style: str
    between: Between
    prompt: Sequence[tuple[str, str]]
    one: str
    other: str
    conversation: str | None = None


@dataclass(frozen=True, slots=True)
class BlindPair:
    """Two answers in the order in which they are shown; `id` stands for both the pair and that order.

    Nothing in it tells whose answer is whose.
    """

    id: str
    style: str
    prompt: tuple[tuple[str, str], ...]
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Vote:
    """What one person picked, and which answer stood on the left."""

    pair: str
    person: str
    choice: Picked
    left: Side
    at: datetime


@dataclass(frozen=True, slots=True)
class Contest:
    """How far the vote between two voices is."""

    style: str
    between: Between
    pairs: int
    votes: int


class BlindVotes:
    """Pairs of answers and the votes on them, in the database; calls block and may come from any thread.

    One person votes once on a pair. Whether an answer stands on the left is chance, drawn anew for every pair and
    viewer and the same whenever that viewer is shown it.
    """

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def propose(self, proposals: Iterable[Proposal]) -> int:
        """Put pairs up for the vote; how many were new. Answers that are the same, or empty, decide nothing."""
        count = 0
        with self._database.writing() as connection:
            for proposal in proposals:
                if proposal.one.strip() and proposal.other.strip() and proposal.one.strip() != proposal.other.strip():
                    count += insert_missing(connection, blind_pairs, **_row(proposal, now=self._now()))
        return count

    def contests(self, style: str | None = None) -> list[Contest]:
        """Every two voices that are compared, oldest first."""
        columns = (blind_pairs.c.style, blind_pairs.c.one, blind_pairs.c.other)
        joined = blind_pairs.outerjoin(blind_votes, blind_votes.c.pair == blind_pairs.c.id)
        pairs = func.count(blind_pairs.c.id.distinct()).label("pairs")
        wanted = select(*columns, pairs, func.count(blind_votes.c.pair).label("votes")).select_from(joined)
        if style is not None:
            wanted = wanted.where(blind_pairs.c.style == style)
        wanted = wanted.group_by(*columns).order_by(func.min(blind_pairs.c.made_at))
        with self._database.reading() as connection:
            found = connection.execute(wanted).all()
        return [Contest(row.style, Between(row.one, row.other), row.pairs, row.votes) for row in found]

    def next_pair(
        self, style: str, viewer: str, *, between: Between | None = None, skip: Collection[str] = ()
    ) -> BlindPair | None:
        """A pair that the viewer (a person, or a channel) has not voted on, those with the fewest votes first.

        `skip` are ids that the viewer was shown before; without `between` it is of the newest comparison.
        """
        between = between or next((c.between for c in reversed(self.contests(style))), None)
        if between is None:
            return None
        skipped = {id_[:-1] for id_ in skip}
        with self._database.reading() as connection:
            mine = select(blind_votes.c.pair).where(blind_votes.c.person == viewer)
            rows = connection.execute(_of(style, between).where(blind_pairs.c.id.not_in(mine))).all()
        fresh = [row for row in rows if row.id not in skipped]
        if not fresh:
            return None
        return _shown(min(fresh, key=lambda row: (row.votes, _chance(row.id, viewer))), viewer=viewer)

    def pair(self, id_: str) -> BlindPair:
        """The pair as it was shown under the id. Raises NotFound."""
        row = self._find(id_)
        return _ordered(row, turned=id_[-1] == _TURNED)

    def has_voted(self, id_: str, person: str) -> bool:
        wanted = select(blind_votes.c.pair).where(blind_votes.c.pair == id_[:-1], blind_votes.c.person == person)
        with self._database.reading() as connection:
            return connection.scalar(wanted) is not None

    def record(self, id_: str, *, person: str, choice: Choice) -> bool:
        """Keep what a person picked; False when they had voted on the pair. Raises NotFound for an unknown pair."""
        self._find(id_)
        left: Side = "other" if id_[-1] == _TURNED else "one"
        right: Side = "one" if left == "other" else "other"
        picked: Picked = {"left": left, "right": right, "tie": "tie"}[choice]
        row = {"pair": id_[:-1], "person": storable(person), "choice": picked, "left": left, "at": self._now()}
        with self._database.writing() as connection:
            return insert_missing(connection, blind_votes, **row)

    def votes(self, style: str, between: Between) -> list[Vote]:
        """Every vote between two voices, oldest first."""
        c = blind_votes.c
        wanted = select(c.pair, c.person, c.choice, c.left, c.at).join(blind_pairs, blind_pairs.c.id == c.pair)
        wanted = wanted.where(_is(style, between)).order_by(c.at, c.pair, c.person)
        with self._database.reading() as connection:
            return [Vote(*row) for row in connection.execute(wanted)]

    def names(self, id_: str) -> tuple[str, str]:
        """Whose answers stood left and right: only for somebody who has voted."""
        row = self._find(id_)
        return (row.other, row.one) if id_[-1] == _TURNED else (row.one, row.other)

    def _find(self, id_: str) -> Row[Any]:
        with self._database.reading() as connection:
            row = connection.execute(select(blind_pairs).where(blind_pairs.c.id == id_[:-1])).one_or_none()
        if row is None or id_[-1:] not in {_STRAIGHT, _TURNED}:
            raise NotFound("These two answers are not up for a vote (any more).")
        return row


def _row(proposal: Proposal, *, now: datetime) -> dict[str, Any]:
    prompt = [[role, storable(text)] for role, text in proposal.prompt]
    texts = (proposal.one.strip(), proposal.other.strip())
    named = json.dumps([proposal.style, *proposal.between, prompt, *map(storable, texts)], ensure_ascii=False)
    return {
        "id": hashlib.sha256(named.encode()).hexdigest()[:20],
        "style": proposal.style,
        "one": proposal.between.one,
        "other": proposal.between.other,
        "conversation_id": proposal.conversation,
        "prompt": prompt,
        "one_text": texts[0],
        "other_text": texts[1],
        "made_at": now,
    }


def _is(style: str, between: Between) -> Any:
    c = blind_pairs.c
    return (c.style == style) & (c.one == between.one) & (c.other == between.other)


def _of(style: str, between: Between) -> Select[Any]:
    votes = select(func.count()).where(blind_votes.c.pair == blind_pairs.c.id).scalar_subquery()
    return select(blind_pairs, votes.label("votes")).where(_is(style, between))


def _shown(row: Row[Any], *, viewer: str) -> BlindPair:
    return _ordered(row, turned=_chance(row.id, viewer)[-1] in "02468ace")


def _ordered(row: Row[Any], *, turned: bool) -> BlindPair:
    left, right = (row.other_text, row.one_text) if turned else (row.one_text, row.other_text)
    prompt = tuple((role, text) for role, text in row.prompt)
    return BlindPair(row.id + (_TURNED if turned else _STRAIGHT), row.style, prompt, left, right)


def _chance(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()
