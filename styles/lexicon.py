"""The lexicon: which words one side uses more than another, with how sure that is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from styles.wording import folded, tokens

_SURE = 1.96
_FEWEST = 3  # replies of both sides together that a word has to occur in
_PRIOR = 20.0  # replies' worth of belief that both sides use a word alike


@dataclass(frozen=True, slots=True)
class WordUse:
    """A word, the share of our and of their replies that hold it, and their log odds ratio with its 95 % interval."""

    word: str
    ours: float
    theirs: float
    log_odds: float
    low: float
    high: float


def compare_lexicon(ours: Sequence[str], theirs: Sequence[str]) -> list[WordUse]:
    """The words, marks and emoji that we use surely more (positive) or less often than they do, the surest first.

    Log odds with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008), over replies that hold a word, so
    that one reply that loops does not count many times.
    """
    mine, other = _held(ours), _held(theirs)
    total = len(ours) + len(theirs)
    if not ours or not theirs:
        return []
    found = []
    for word, both in (mine + other).items():
        if both >= _FEWEST:
            prior = _PRIOR * (both + 0.5) / (total + 1)
            found.append(_use(word, (mine[word], len(ours)), (other[word], len(theirs)), prior=prior))
    sure = [use for use in found if use.low > 0 or use.high < 0]
    return sorted(sure, key=lambda use: (-abs(use.log_odds) / (use.high - use.low), use.word))


def _use(word: str, ours: tuple[int, int], theirs: tuple[int, int], *, prior: float) -> WordUse:
    (mine, our_error), (other, their_error) = (_log_odds(*side, prior=prior) for side in (ours, theirs))
    odds, error = mine - other, _SURE * math.sqrt(our_error + their_error)
    return WordUse(word, ours[0] / ours[1], theirs[0] / theirs[1], odds, odds - error, odds + error)


def _log_odds(held: int, replies: int, *, prior: float) -> tuple[float, float]:
    """The log odds that a reply holds the word, and their variance."""
    with_it, without = held + prior, replies - held + _PRIOR - prior
    return math.log(with_it / without), 1 / with_it + 1 / without


def _held(replies: Sequence[str]) -> Counter[str]:
    return Counter(word for reply in replies for word in {folded(token) or "¶" for token in tokens(reply)})
