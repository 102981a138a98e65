"""Overlap: how much of a reply was said before, in the reference, in training or by the reply itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from styles.wording import folded, words

RUN = 9  # words in a row that count as verbatim: more than eight
_CHRF_ORDER, _CHRF_BETA = 6, 2.0
_STUCK = re.compile(r"([^\W_])\1{7}")
_LOOP = 4  # times the same word, or the same three words, in a row that count as a loop


def chrf(reply: str, reference: str) -> float:
    """Character n-gram F-score from 0 to 1 (Popović 2015; as sacrebleu computes sentence chrF2, spaces left out)."""
    ours, theirs = "".join(reply.split()), "".join(reference.split())
    orders = [_matches(ours, theirs, n) for n in range(1, _CHRF_ORDER + 1)]
    counted = [(hit / said, hit / asked) for hit, said, asked in orders if said and asked]
    if not counted:
        return 0.0
    precision, recall = (sum(values) / len(counted) for values in zip(*counted, strict=True))
    weight = _CHRF_BETA**2
    return (1 + weight) * precision * recall / (weight * precision + recall) if precision + recall else 0.0


def _matches(ours: str, theirs: str, n: int) -> tuple[int, int, int]:
    said = Counter(ours[i : i + n] for i in range(len(ours) - n + 1))
    asked = Counter(theirs[i : i + n] for i in range(len(theirs) - n + 1))
    return (said & asked).total(), said.total(), asked.total()


def degenerate(reply: str) -> str | None:
    """What is wrong with a reply that no person would send (nothing, a loop), or None."""
    said = [word.casefold() for word in words(reply)]
    if not said:
        return "says nothing"
    if stuck := _STUCK.search(reply):
        return f"repeats “{stuck[1]}”"
    for size in (1, 2, 3):
        span = size * _LOOP
        for i in range(len(said) - span + 1):
            if said[i : i + span] == said[i : i + size] * _LOOP:
                return f"repeats “{' '.join(said[i : i + size])}”"
    return None


def repetition(reply: str) -> float:
    """The share of three-word runs that the reply had already used."""
    said = [word.casefold() for word in words(reply)]
    runs = [tuple(said[i : i + 3]) for i in range(len(said) - 2)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


def shown(text: str) -> str:
    """A reply or a prompt in quotation marks, on one line and not too long, as evidence."""
    line = " ".join(text.split())
    return f"“{line[:157]}…”" if len(line) > 158 else f"“{line}”"


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Words of a reply that stand in the training data in the same order."""

    run: str
    words: int


class TrainingLines:
    """The runs of words in training replies; `fixed` phrases (greeting, sign-off) are nobody's secret."""

    def __init__(self, replies: Sequence[str], *, fixed: Sequence[str] = ()) -> None:
        self._fixed = [re.compile(rf"(?<!\w){re.escape(folded(text))}(?!\w)") for text in fixed if text.strip()]
        self._runs = {run for reply in replies for part in self._parts(reply) for run in _runs(part)}

    def longest(self, reply: str, *, prompt: str = "") -> Verbatim | None:
        """The longest run of `RUN` words or more that the reply shares with training and not with its own prompt."""
        own = set(_runs(words(folded(prompt))))
        best: list[str] = []
        for part in self._parts(reply):
            best = max(best, self._longest(part, own), key=len)
        return Verbatim(" ".join(best), len(best)) if best else None

    def _longest(self, said: list[str], own: set[tuple[str, ...]]) -> list[str]:
        best: list[str] = []
        start = end = 0
        for i, run in enumerate(_runs(said)):
            if run not in self._runs or run in own:
                continue
            start = start if i + RUN - 1 == end else i
            end = i + RUN
            best = max(best, said[start:end], key=len)
        return best

    def _parts(self, text: str) -> list[list[str]]:
        """The words between the fixed phrases."""
        parts = [folded(text)]
        for pattern in self._fixed:
            parts = [piece for part in parts for piece in pattern.split(part)]
        return [words(part) for part in parts]


def _runs(said: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(said[i : i + RUN]) for i in range(len(said) - RUN + 1)]
