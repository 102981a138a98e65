"""Sequential tests: what votes show at any moment, however often somebody looks.

Every decision rests on an e-process: a number that stays below 1/alpha for ever with a chance of at least 1 - alpha
while its hypothesis holds (Ville). Here it is the likelihood averaged over rates that contradict the hypothesis,
divided by the greatest likelihood that the hypothesis allows (universal inference, Wasserman et al. 2020), so it
needs no plan of when to look and does not mind how unevenly the two sides are heard.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from conversations.blind_votes import Between, Vote

Direction = Literal["better", "worse"]

SMALLEST = 1e-9  # a rate is never taken for exactly 0 or 1
_SPREAD = 0.8  # of the differences in log-odds that are looked for: 70 % against 83 % of thumbs up is 0.74


@dataclass(frozen=True, slots=True)
class Arm:
    """People who heard one voice: how many liked it, and how many did not."""

    up: int
    down: int

    @property
    def people(self) -> int:
        return self.up + self.down

    @property
    def rate(self) -> float | None:
        return self.up / self.people if self.people else None


def evidence(direction: Direction, candidate: Arm, current: Arm, *, margin: float = 0.0) -> float:
    """The logarithm of the e-value for the candidate being better (or worse) than the current voice.

    "better" is against "its rate is at most the current one's less `margin`": with a margin, being as good is enough.
    """
    import numpy as np

    alternatives = _alternatives(direction)
    mixed = alternatives.weight + candidate.up * alternatives.liked + candidate.down * alternatives.disliked
    mixed += (current.up * alternatives.liked_now + current.down * alternatives.disliked_now)[:, None]
    top = mixed.max()
    average = float(top + np.log(np.exp(mixed - top).sum()))
    return average - _greatest(direction, candidate, current, margin=margin)


def evidence_below(arm: Arm, floor: float) -> float:
    """The logarithm of the e-value for a rate below the floor, against "at least the floor"."""
    if floor <= 0 or arm.rate is None:
        return 0.0
    likeliest = max(floor, arm.rate)
    known = _log_likelihood(arm, likeliest)
    return _below_average(arm, floor) - known


def _below_average(arm: Arm, floor: float) -> float:
    import numpy as np

    rates = (np.arange(200) + 0.5) / 200 * floor
    mixed = _likelihood(arm, rates)
    top = mixed.max()
    return float(top + np.log(np.exp(mixed - top).mean()))


@dataclass(frozen=True, slots=True)
class _Alternatives:
    """Pairs of rates (of the current voice, of the candidate) that are looked for; everything as logarithms."""

    liked_now: Any
    disliked_now: Any
    liked: Any
    disliked: Any
    weight: Any  # the weights sum to 1


@lru_cache(maxsize=2)
def _alternatives(direction: Direction) -> _Alternatives:
    import numpy as np

    base = (np.arange(99) + 1) / 100
    steps = (np.arange(40) + 0.5) / 40 * 3 * _SPREAD  # half a normal distribution of log-odds
    shares = np.exp(-0.5 * (steps / _SPREAD) ** 2)
    sign = 1 if direction == "better" else -1
    odds = np.log(base / (1 - base))[:, None] + sign * steps[None, :]
    rate = 1 / (1 + np.exp(-odds))
    weight = np.log(shares / shares.sum() / len(base))[None, :]
    return _Alternatives(np.log(base), np.log1p(-base), np.log(rate), np.log1p(-rate), weight)


def _likelihood(arm: Arm, rates: Any) -> Any:
    import numpy as np

    return arm.up * np.log(rates) + arm.down * np.log1p(-rates)


def _log_likelihood(arm: Arm, rate: float) -> float:
    rate = min(max(rate, SMALLEST), 1 - SMALLEST)
    return arm.up * math.log(rate) + arm.down * math.log1p(-rate)


def _greatest(direction: Direction, candidate: Arm, current: Arm, *, margin: float) -> float:
    """The greatest likelihood under "the candidate is not better" (or "not worse")."""
    ours, theirs = candidate.rate, current.rate
    if ours is None or theirs is None:
        return _log_likelihood(candidate, ours or 0.0) + _log_likelihood(current, theirs or 0.0)
    contradicts = ours > theirs - margin if direction == "better" else ours < theirs
    if not contradicts:
        return _log_likelihood(candidate, ours) + _log_likelihood(current, theirs)
    gap = margin if direction == "better" else 0.0
    if gap == 0:  # the likeliest equal rate is that of everybody together
        together = Arm(candidate.up + current.up, candidate.down + current.down)
        return _log_likelihood(together, together.rate or 0.0)
    return _highest(
        lambda base: _log_likelihood(candidate, base - gap) + _log_likelihood(current, base), low=gap, high=1.0
    )


def _highest(curve: Callable[[float], float], *, low: float, high: float) -> float:
    """The top of a concave curve, by thirds."""
    for _ in range(80):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        if curve(left) < curve(right):
            low = left
        else:
            high = right
    return curve((low + high) / 2)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a canary promises: at most `alpha` of candidates that are no better are ever promoted, and at most `alpha`
    of those that are no worse are ever taken back, whenever and however often one looks.
    """

    alpha: float = 0.05
    margin: float = 0.0  # how much fewer thumbs up still count as good enough
    floor: float = 0.3  # below this share of thumbs up a candidate goes, whatever the other one has; 0: no floor
    min_people: int = 20  # on either side, before anything is promoted
    max_unsafe: int = 2  # people who call a reply of the candidate unsafe before it is taken back; 0: not counted


@dataclass(frozen=True, slots=True)
class Standing:
    """How a canary stands, what follows from it, and why, in a sentence."""

    action: Literal["promote", "take back", "wait"]
    why: str
    candidate: Arm
    current: Arm
    better: float  # e-values; decided at 1 / alpha
    worse: float
    below: float


def judge_canary(candidate: Arm, current: Arm, *, unsafe: int = 0, limits: Limits | None = None) -> Standing:
    """What the votes so far say. Being worse and being below the floor share the promised alpha between them."""
    limits = limits or Limits()
    better = _plain(evidence("better", candidate, current, margin=limits.margin))
    worse, below = _plain(evidence("worse", candidate, current)), _plain(evidence_below(candidate, limits.floor))
    action, why = _decided(candidate, current, better=better, worse=worse, below=below, unsafe=unsafe, limits=limits)
    return Standing(action, why, candidate, current, better, worse, below)


def _decided(
    candidate: Arm, current: Arm, *, better: float, worse: float, below: float, unsafe: int, limits: Limits
) -> tuple[Literal["promote", "take back", "wait"], str]:
    told = f"{_told(candidate)} people liked the candidate, {_told(current)} the current voice"
    share = 2 if limits.floor > 0 else 1
    if limits.max_unsafe and unsafe >= limits.max_unsafe:
        return "take back", f"{unsafe} people called a reply of the candidate unsafe"
    if worse >= share / limits.alpha:
        return "take back", f"{told}; it is worse (evidence {_evidence(worse)}, {share / limits.alpha:.0f} is needed)"
    if below >= share / limits.alpha:
        return "take back", f"{told}; fewer than {limits.floor:.0%} like it (evidence {_evidence(below)})"
    enough = min(candidate.people, current.people) >= limits.min_people
    if enough and better >= 1 / limits.alpha:
        as_good = f"at most {limits.margin:.0%} worse, if at all" if limits.margin else "better"
        return "promote", f"{told}; it is {as_good} (evidence {_evidence(better)}, {1 / limits.alpha:.0f} is needed)"
    return "wait", f"{told}; not decided yet (evidence {_evidence(better)} of {1 / limits.alpha:.0f})"


def _told(arm: Arm) -> str:
    return f"{arm.rate:.0%} of {arm.people}" if arm.rate is not None else "none of 0"


def _plain(logarithm: float) -> float:
    return math.exp(min(logarithm, 700.0))


def _evidence(value: float) -> str:
    return "over 1,000,000" if value > 1e6 else f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


@dataclass(frozen=True, slots=True)
class VoteResult:
    """What a blind vote says. `share` is of the pairs that were decided, those in which `one` was picked.

    The unit is the pair, by its first vote that is no tie: many people on one prompt say much about that prompt and
    little about the voices. Interval and p hold whenever one looks. `left_share` is of all votes that are no tie.
    """

    one: str
    other: str
    votes: int
    people: int
    pairs: int
    ties: int
    won: int
    lost: int
    share: float | None
    low: float
    high: float
    p: float
    left_share: float | None
    left_low: float
    left_high: float

    @property
    def words(self) -> str:
        """The result in one sentence."""
        if self.share is None:
            return f"Nobody has picked between {self.one} and {self.other} yet."
        counted = f"{self.one} was picked in {self.won} of {self.won + self.lost} decided pairs"
        spread = f"{self.share:.0%}, with 95 % confidence {self.low:.0%} to {self.high:.0%}"
        who = f"{self.people} {'person' if self.people == 1 else 'people'}, {self.ties} of {self.votes} votes a tie"
        if self.low > 0.5 or self.high < 0.5:
            better = self.one if self.low > 0.5 else self.other
            return f"{better} is liked better: {counted} ({spread}; {who})."
        return f"Not decided: {counted} ({spread}; {who})."

    @property
    def bias(self) -> str:
        """Whether people preferred a side, in one sentence; empty where they did not."""
        if self.left_share is None or self.left_low <= 0.5 <= self.left_high:
            return ""
        side, share = ("first", self.left_share) if self.left_share > 0.5 else ("second", 1 - self.left_share)
        return f"The answer that stood {side} was picked {share:.0%} of the time, which the random order evens out."


def vote_result(between: Between, votes: Sequence[Vote], *, alpha: float = 0.05) -> VoteResult:
    """Count the votes between two voices, given oldest first."""
    first: dict[str, bool] = {}
    strongest = 0.0
    for vote in votes:
        if vote.choice != "tie" and vote.pair not in first:
            first[vote.pair] = vote.choice == "one"
            won = sum(first.values())
            strongest = max(strongest, _fair_coin(won, len(first) - won))
    won = sum(first.values())
    lost = len(first) - won
    low, high = always_valid(won, lost, alpha=alpha)
    picked = [vote.choice == vote.left for vote in votes if vote.choice != "tie"]
    left_low, left_high = wilson(sum(picked), len(picked))
    return VoteResult(
        one=between.one,
        other=between.other,
        votes=len(votes),
        people=len({vote.person for vote in votes}),
        pairs=len({vote.pair for vote in votes}),
        ties=len(votes) - len(picked),
        won=won,
        lost=lost,
        share=won / len(first) if first else None,
        low=low,
        high=high,
        p=min(1.0, math.exp(-strongest)),
        left_share=sum(picked) / len(picked) if picked else None,
        left_low=left_low,
        left_high=left_high,
    )


def _fair_coin(won: int, lost: int) -> float:
    """The logarithm of the evidence against a fair coin: a uniform mixture over all others."""
    return _mixture(won, lost) + (won + lost) * math.log(2)


def _mixture(won: int, lost: int) -> float:
    return math.lgamma(won + 1) + math.lgamma(lost + 1) - math.lgamma(won + lost + 2)


def always_valid(won: int, lost: int, *, alpha: float = 0.05) -> tuple[float, float]:
    """An interval for a share that holds with 1 - alpha at all moments together (a confidence sequence)."""
    if won + lost == 0:
        return 0.0, 1.0
    limit = math.log(1 / alpha)

    def kept(share: float) -> bool:
        return _mixture(won, lost) - _log_likelihood(Arm(won, lost), share) < limit

    middle = won / (won + lost)
    return _edge(kept, inside=middle, outside=0.0), _edge(kept, inside=middle, outside=1.0)


def _edge(kept: Callable[[float], bool], *, inside: float, outside: float) -> float:
    if kept(outside):
        return outside
    for _ in range(40):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if kept(middle) else (inside, middle)
    return inside


def wilson(hits: int, total: int, *, z: float = 1.96) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    if total == 0:
        return 0.0, 1.0
    share, spread = hits / total, z * z / total
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / total + spread / total / 4) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


__all__ = [
    "Arm",
    "Limits",
    "Standing",
    "VoteResult",
    "always_valid",
    "evidence",
    "evidence_below",
    "judge_canary",
    "vote_result",
    "wilson",
]
