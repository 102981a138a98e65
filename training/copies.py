"""Copies: replies that are nearly a training reply to another prompt, word order and small changes aside."""

from __future__ import annotations

from collections.abc import Sequence

from styles.wording import folded, plain, words
from training.baselines import Case
from training.guards import Guard
from training.overlap import shown

ALIKE = 0.7  # Jaccard of runs of five characters; two changed words of twenty leave about so much
_SHORTEST = 8  # words, below which replies are alike without anybody having learned them by heart
_SIZE = 5


class NearCopies:
    """Training replies by their runs of five characters; a reply to the very prompt that it was written for is none."""

    def __init__(self, train: Sequence[Case], *, fixed: Sequence[str] = ()) -> None:
        self._fixed = [folded(text) for text in fixed if text.strip()]
        self._cases = [case for case in train if len(words(case.reference)) >= _SHORTEST]
        self._grams = [self._of(case.reference) for case in self._cases]
        self._where: dict[str, list[int]] = {}
        for i, grams in enumerate(self._grams):
            for gram in grams:
                self._where.setdefault(gram, []).append(i)

    def nearest(self, reply: str, *, asked: str) -> str | None:
        """The training reply that this one nearly repeats, or None."""
        mine = self._of(reply)
        if len(words(reply)) < _SHORTEST or not mine:
            return None
        shared: dict[int, int] = {}
        for gram in mine:
            for i in self._where.get(gram, ()):
                shared[i] = shared.get(i, 0) + 1
        near = [i for i, n in shared.items() if n >= ALIKE * (len(mine) + len(self._grams[i]) - n)]
        others = [i for i in near if plain(self._cases[i].asked) != plain(asked)]
        return self._cases[max(others, key=lambda i: shared[i])].reference if others else None

    def guard(self, cases: Sequence[Case], replies: Sequence[str]) -> Guard:
        """The share of the replies that are near copies, beside that of the brand's own."""
        found = [
            (reply, near)
            for case, reply in zip(cases, replies, strict=True)
            if (near := self.nearest(reply, asked=case.asked))
        ]
        brand = sum(self.nearest(case.reference, asked=case.asked) is not None for case in cases)
        evidence = tuple(f"{shown(reply)} ≈ {shown(near)}" for reply, near in found[:8])
        return Guard("near copies", len(found) / len(cases), len(cases), brand / len(cases), "brand", evidence)

    def _of(self, text: str) -> frozenset[str]:
        """Without the greeting and the sign-off, which are alike in all."""
        said = folded(text)
        for fixed in self._fixed:
            said = said.replace(fixed, " ")
        said = plain(said)
        return frozenset(said[i : i + _SIZE] for i in range(len(said) - _SIZE + 1))
