"""Evidence for a round: what a style's people said, handed in and thought since the last one."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import fmean, variance
from typing import TYPE_CHECKING

from styles.dataset import list_datasets
from styles.live import LiveScorer

if TYPE_CHECKING:
    from brandvoice.round_store import RoundStore
    from brandvoice.workspace import Workspace
    from styles.style import Style

RECENT, BEFORE = timedelta(days=14), timedelta(days=60)
LEAST_PEOPLE, LEAST_REPLIES = 8, 30  # on either side, for a fall to count
SURELY = 1.645  # standard errors: one chance in twenty of a false alarm


class StyleEvidence:
    """What happened to one style since its last round, read from the store when it is asked for."""

    def __init__(self, workspace: Workspace, rounds: RoundStore, style: str, *, now: datetime) -> None:
        self.workspace = workspace
        self.rounds = rounds
        self.style = style
        self.now = now
        self._new: int | None = None

    def new_examples(self) -> int:
        """Conversations and approved submissions that no dataset version of the style has seen."""
        if self._new is None:
            versions = list_datasets(self.workspace.data, self.style)
            seen = {known for version in versions if not version.is_erased for known in version.seen()}
            with self.workspace.open_store() as store:
                known = {c.id for c in store.conversations(self.style, trainable_only=True)}
                known |= {s.id for s in store.submissions(style=self.style, state="approved")}
            self._new = len(known - seen)
        return self._new

    def style_changed(self) -> bool:
        digests = [d for r in self.rounds.all(self.style) if (d := r.options.get("style_digest"))]
        return bool(digests) and digests[-1] != style_digest(self.workspace.style(self.style))

    def satisfaction_fall(self) -> float | None:
        """How much fewer thumbs go up in two weeks than in the two months before; each person counts once."""
        with self.workspace.open_store() as store:
            votes = [(f.given_at, f.person, f.thumb == "up") for f in store.feedback(self.style) if f.thumb]
        sides = []
        for begin, end in self._spans():
            people: dict[str, list[bool]] = defaultdict(list)
            for at, person, up in votes:
                if at and begin <= at < end:
                    people[person].append(up)
            sides.append([fmean(ups) for ups in people.values()])
        return fall(sides[0], sides[1], least=LEAST_PEOPLE)

    def score_fall(self) -> float | None:
        """How many fewer of the style's rules the assistant's replies keep in two weeks than in the months before."""
        scorer = LiveScorer({self.style: self.workspace.style(self.style)})
        (begin, _), _ = self._spans()
        with self.workspace.open_store() as store:
            scorer.catch_up(store.live, self.style, now=self.now)
            scores = store.live.scores(self.style, since=begin)
        before, lately = ([s.score for s in scores if since <= s.at < until] for since, until in self._spans())
        return fall(before, lately, least=LEAST_REPLIES)

    def _spans(self) -> tuple[tuple[datetime, datetime], tuple[datetime, datetime]]:
        """Before, and lately."""
        edge = self.now - RECENT
        return (edge - BEFORE, edge), (edge, self.now)


def fall(before: Sequence[float], lately: Sequence[float], *, least: int) -> float | None:
    """By how much a mean fell, where that is no chance (Welch's standard error); None where nothing can be said."""
    if min(len(before), len(lately)) < least:
        return None
    difference = fmean(before) - fmean(lately)
    error = math.sqrt(variance(before) / len(before) + variance(lately) / len(lately))
    return difference if difference > SURELY * error else None


def style_digest(style: Style) -> str:
    """Changes with what the style says, not with the comments or the order in its file."""
    return hashlib.sha256(style.model_dump_json().encode()).hexdigest()[:16]
