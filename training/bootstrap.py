"""Bootstrap: how sure a mean of paired measurements is, resampled by conversation."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

_RESAMPLES = 4_000


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
    drawn = np.random.default_rng(seed).integers(0, len(sums), (_RESAMPLES, len(sums)))
    means = sums[drawn].sum(1) / sizes[drawn].sum(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(sum(values) / len(values)), float(low), float(high))


def gain(
    ours: Sequence[float], theirs: Sequence[float], *, clusters: Sequence[Hashable], seed: int = 0
) -> Interval | None:
    """How much larger ours are than theirs on the same prompts."""
    return interval([a - b for a, b in zip(ours, theirs, strict=True)], clusters=clusters, seed=seed)
