"""Reviewers: how much each of them decided, how, and at what pace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from conversations.reviews import Verdict

PAUSE = timedelta(minutes=5)  # whoever decides nothing for so long was elsewhere


@dataclass(frozen=True, slots=True)
class Reviewer:
    """What one reviewer decided that stands; `seconds_each` is the median between two decisions of one sitting."""

    reviewer: str
    decided: int
    approved: int
    edited: int
    rejected: int
    seconds_each: float | None
    last: datetime


def reviewers_of(verdicts: Iterable[Verdict]) -> list[Reviewer]:
    """Everybody who decided something, the busiest first."""
    by_person = defaultdict[str, list[Verdict]](list)
    for verdict in verdicts:
        by_person[verdict.reviewer].append(verdict)
    found = [_reviewer(name, given) for name, given in by_person.items()]
    return sorted(found, key=lambda one: (-one.decided, one.reviewer))


def _reviewer(name: str, given: list[Verdict]) -> Reviewer:
    counts = {kind: sum(v.verdict == kind for v in given) for kind in ("approve", "edit", "reject")}
    times = sorted(v.at for v in given)
    gaps = [(later - one).total_seconds() for one, later in pairwise(times) if later - one < PAUSE]
    each = median(gaps) if gaps else None
    return Reviewer(name, len(given), counts["approve"], counts["edit"], counts["reject"], each, times[-1])
