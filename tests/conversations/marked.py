"""Texts in which private values are marked, « before and » behind; ⏎ is a new line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from conversations.privacy import Kind, find_private


@dataclass(frozen=True, slots=True)
class Marked:
    text: str
    spans: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, line: str) -> Marked:
        text, spans, start = "", list[tuple[int, int]](), 0
        for part in re.split("([«»])", line.replace("⏎", "\n")):
            if part == "«":
                start = len(text)
            elif part == "»":
                spans.append((start, len(text)))
            else:
                text += part
        return cls(text, tuple(spans))

    def left(self, kind: Kind) -> list[str]:
        """The values of which a letter or digit is left when what is found of the kind is hidden."""
        hidden = {at for found in find_private(self.text) if found.kind == kind for at in range(*found.span)}
        return [
            self.text[start:end]
            for start, end in self.spans
            if any(self.text[at].isalnum() and at not in hidden for at in range(start, end))
        ]


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


def recall(written: str, kind: Kind) -> tuple[float, list[str]]:
    """The share of marked values that are hidden whole, and the texts of the others."""
    cases = [Marked.of(line) for line in lines(written)]
    missed = [case.text for case in cases for _ in case.left(kind)]
    return 1 - len(missed) / sum(len(case.spans) for case in cases), missed


def flagged(texts: str, kind: Kind) -> list[str]:
    return [text for text in lines(texts) if any(found.kind == kind for found in find_private(text))]
