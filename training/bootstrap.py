"""Bootstrap: how sure a mean of paired measurements is, resampled by conversation."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

WORTHWHILE = 0.08  # a gain of the joint score that people notice
_RESAMPLES = 4_000
_NINE_IN_TEN = 1.960 + 1.282  # normal quantiles of 95 % two-sided confidence and of 90 % power


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % confidence interval."""

    mean: float
    low: float
    high: float


def interval(values: Sequence[float], *, clusters: Sequence[Hashable], seed: int = 0) -> Interval | None:
    """The mean and its percentile interval over resampled clusters; None for nothing.

    Give per-prompt differences for a paired comparison. Values of one cluster (a conversation) are drawn together,
    since they are not independent of each other.
    """
    import numpy as np

    if not values:
        return None
    places: dict[Hashable, list[int]] = {}
    for i, cluster in enumerate(clusters):
        places.setdefault(cluster, []).append(i)
    sums = np.array([sum(values[i] for i in members) for members in places.values()])
    sizes = np.array([len(members) for members in places.values()])
    times = _draws(len(sums), seed)
    means = (times @ sums) / (times @ sizes)
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(sum(values) / len(values)), float(low), float(high))


@lru_cache(maxsize=2)
def _draws(count: int, seed: int) -> Any:
    """How often each of so many clusters is drawn in each resample; the same for every measure of one evaluation."""
    import numpy as np

    drawn = np.random.default_rng(seed).integers(0, count, (_RESAMPLES, count))
    flat = drawn + count * np.arange(_RESAMPLES)[:, None]
    return np.bincount(flat.ravel(), minlength=_RESAMPLES * count).reshape(_RESAMPLES, count).astype(np.float64)


def gain(
    ours: Sequence[float], theirs: Sequence[float], *, clusters: Sequence[Hashable], seed: int = 0
) -> Interval | None:
    """How much larger ours are than theirs on the same prompts."""
    return interval([a - b for a, b in zip(ours, theirs, strict=True)], clusters=clusters, seed=seed)


@dataclass(frozen=True, slots=True)
class Power:
    """What a holdout of this size can find: the smallest true gain that it finds nine times in ten (`detectable`), and
    how many independent prompts a gain of `worthwhile` would need.
    """

    detectable: float
    worthwhile: float
    prompts_needed: int


def power(
    differences: Sequence[float], *, clusters: Sequence[Hashable], worthwhile: float = WORTHWHILE
) -> Power | None:
    """The power of paired differences, by the normal approximation over clusters; None below two clusters."""
    import numpy as np

    sums: dict[Hashable, list[float]] = {}
    for difference, cluster in zip(differences, clusters, strict=True):
        sums.setdefault(cluster, []).append(difference)
    if len(sums) < 2:
        return None
    spread = float(np.std([sum(values) / len(values) for values in sums.values()], ddof=1))
    needed = math.ceil((_NINE_IN_TEN * spread / worthwhile) ** 2)
    return Power(_NINE_IN_TEN * spread / math.sqrt(len(sums)), worthwhile, max(2, needed))
