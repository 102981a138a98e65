"""Movement: whether a voice's habits went from the base model's to the brand's, too far, or nowhere."""

from __future__ import annotations

import statistics
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from styles.profile import ENGLISH_ONLY, LABELS, habits
from training.bootstrap import Interval, gain

Direction = Literal["arrived", "moved toward", "overshot", "unchanged", "moved away"]

_FARTHEST = 3.0  # standard deviations beyond which one habit counts no more
_NEAR = 0.25  # of a standard deviation from the brand: as good as there


@dataclass(frozen=True, slots=True)
class Movement:
    """One habit on average in base, tuned voice and brand, and where the tuned voice went."""

    habit: str
    label: str
    base: float
    tuned: float
    brand: float
    direction: Direction


class Habits:
    """The habits of the brand's replies as the target, and the scale that distances from it are told in."""

    def __init__(self, brand: Sequence[str], base: Sequence[str], *, language: str) -> None:
        names = [name for name in LABELS if language.startswith("en") or name not in ENGLISH_ONLY]
        self._brand, self._base = [habits(reply) for reply in brand], [habits(reply) for reply in base]
        both = [*self._brand, *self._base]
        spreads = {name: statistics.pstdev([measured[name] for measured in both]) for name in names}
        self._scale = {name: spread for name, spread in spreads.items() if spread > 0}

    def distance(self, replies: Sequence[str]) -> float:
        """How far the replies' habits are from the brand's on average, in standard deviations."""
        measured = [habits(reply) for reply in replies]
        gaps = [abs(_mean(measured, name) - _mean(self._brand, name)) / s for name, s in self._scale.items()]
        return sum(min(_FARTHEST, gap) for gap in gaps) / len(gaps) if gaps else 0.0

    def movements(self, tuned: Sequence[str], *, clusters: Sequence[Hashable]) -> tuple[Movement, ...]:
        """Where each habit of the tuned voice went, by the intervals of paired differences."""
        measured = [habits(reply) for reply in tuned]
        return tuple(self._movement(name, measured, clusters) for name in self._scale)

    def _movement(self, name: str, tuned: Sequence[Mapping[str, float]], clusters: Sequence[Hashable]) -> Movement:
        ours, base, brand = ([m[name] for m in side] for side in (tuned, self._base, self._brand))
        moved, left = gain(ours, base, clusters=clusters), gain(ours, brand, clusters=clusters)
        assert moved is not None
        assert left is not None
        start = statistics.fmean(base) - statistics.fmean(brand)
        where = direction(moved, left, start=start, near=_NEAR * self._scale[name])
        mean = statistics.fmean
        return Movement(name, LABELS[name], base=mean(base), tuned=mean(ours), brand=mean(brand), direction=where)


def direction(moved: Interval, left: Interval, *, start: float, near: float) -> Direction:
    """Where a habit went. `moved` is tuned minus base, `left` tuned minus brand, `start` base minus brand."""
    if abs(left.mean) <= near:
        return "arrived"
    if moved.low <= 0 <= moved.high:
        return "unchanged"
    crossed = left.mean * start < 0 or abs(start) <= near
    if crossed and not left.low <= 0 <= left.high:
        return "overshot"
    return "moved toward" if abs(left.mean) < abs(start) else "moved away"


def _mean(measured: Sequence[Mapping[str, float]], name: str) -> float:
    return statistics.fmean(m[name] for m in measured)
