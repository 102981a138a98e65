"""Agreement: how often two reviewers say the same beyond chance, as Cohen's kappa with an interval."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

RESAMPLES = 1_000
_SEED = 0


@dataclass(frozen=True, slots=True)
class Agreement:
    """Kappa of `items` judged twice, and where it lies in 95 of 100 resamples; None where it cannot be said."""

    items: int
    same: float
    kappa: float | None
    low: float | None = None
    high: float | None = None

    @property
    def brief(self) -> str:
        """Little enough for one line of a screen; empty where nothing was judged twice."""
        kappa = "" if self.kappa is None else f", kappa {self.kappa:.2f}"
        return f"{self.items} judged twice, {self.same:.0%} the same{kappa}" if self.items else ""

    @property
    def sentence(self) -> str:
        if not self.items:
            return "Nothing was judged by two reviewers yet."
        told = f"{self.items} judged twice, {self.same:.0%} the same"
        if self.kappa is None:
            return f"{told}; too alike for a kappa."
        return f"{told}; kappa {self.kappa:.2f} ({self.low:.2f} to {self.high:.2f} in 95 of 100 resamples)"


def agreement(pairs: Sequence[tuple[Hashable, Hashable]]) -> Agreement:
    """Of pairs of judgements on the same items (Cohen 1960), with a percentile bootstrap over the items."""
    kappa = _kappa(pairs)
    same = sum(one == other for one, other in pairs) / len(pairs) if pairs else 0.0
    if kappa is None:
        return Agreement(len(pairs), same, None)
    draw = random.Random(_SEED)
    resampled = (_kappa(draw.choices(pairs, k=len(pairs))) for _ in range(RESAMPLES))
    # A resample in which everybody says the same has no kappa: they agree, so it counts as 1.
    found = sorted(1.0 if value is None else value for value in resampled)
    return Agreement(len(pairs), same, kappa, found[round(0.025 * RESAMPLES)], found[round(0.975 * RESAMPLES) - 1])


def _kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    count = len(pairs)
    if not count:
        return None
    observed = sum(one == other for one, other in pairs) / count
    ones, others = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    expected = sum(ones[judgement] * others[judgement] for judgement in ones) / count**2
    return None if expected == 1 else (observed - expected) / (1 - expected)
