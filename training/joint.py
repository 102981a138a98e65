"""The joint score: style times content times fluency of one reply, so that no one of them can buy another."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from styles.masking import KeptWords
from styles.wording import TOKEN, folded, words
from training.baselines import Case
from training.overlap import degenerate, repetition

_STEM = 5  # letters that tell words apart: "ordered" and "orders" are one


class Content:
    """Whether a reply says what the brand's own reply says: the same facts, and like words for the rest."""

    def __init__(self, replies: Sequence[str], *, language: str) -> None:
        self._kept = KeptWords(language).of(replies)
        self._seen = Counter(stem for reply in replies for stem in set(self._stems(reply)))
        self._count = len(replies)

    def score(self, reply: str, case: Case) -> float:
        """From 0 to 1: the mean of fact agreement and of the tf-idf cosine of content words."""
        facts = fact_agreement(reply, case.reference, prompt="\n".join(m.content for m in case.prompt))
        return (facts + self._likeness(reply, case.reference)) / 2

    def _likeness(self, reply: str, reference: str) -> float:
        ours, theirs = self._weights(reply), self._weights(reference)
        if not theirs:
            return 1.0
        product = sum(weight * theirs[stem] for stem, weight in ours.items() if stem in theirs)
        lengths = math.sqrt(sum(w * w for w in ours.values()) * sum(w * w for w in theirs.values()))
        return product / lengths if lengths else 0.0

    def _weights(self, text: str) -> dict[str, float]:
        counts = Counter(self._stems(text))
        return {
            stem: (1 + math.log(n)) * (1 + math.log((1 + self._count) / (1 + self._seen[stem])))
            for stem, n in counts.items()
        }

    def _stems(self, text: str) -> list[str]:
        return [word[:_STEM] for word in words(folded(text)) if word not in self._kept]


def fact_agreement(reply: str, reference: str, *, prompt: str) -> float:
    """Numbers, links and placeholders: F1 against the reference, where those of the prompt may come back freely."""
    asked = _facts(reference)
    said = {fact for fact in _facts(reply) if fact in asked or fact not in _facts(prompt)}
    return 2 * len(said & asked) / (len(said) + len(asked)) if said or asked else 1.0


def fluency(reply: str, *, loss: float, human: float) -> float:
    """1 where the base model finds the reply no stranger than people's (`human`, nats per token), less above, less for
    what repeats itself, and 0 for what is no reply.
    """
    if degenerate(reply) or not math.isfinite(loss):
        return 0.0
    return math.exp(-max(0.0, loss - human)) * (1 - repetition(reply))


def _facts(text: str) -> set[str]:
    found = (match[0] for match in TOKEN.finditer(text))
    return {
        fact.rstrip(".,") for fact in found if fact[0].isdigit() or "://" in fact or "@" in fact or _placeholder(fact)
    }


def _placeholder(token: str) -> bool:
    return len(token) > 2 and token.startswith("[") and token.endswith("]")
