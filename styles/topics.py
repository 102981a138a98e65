"""Topics: which matters people ask about, and whether the dataset covers them as often as they are asked about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_MOST = 24
_PER_TOPIC = 25
_FITTED = 5_000
_AT_ONCE = 4_000
_WORD = re.compile(r"[^\W\d_]{3,}")
_LINK = re.compile(r"(?:\b[a-z][a-z0-9+.-]{1,20}://|\bwww\.)\S+", re.IGNORECASE)  # its pieces are no words
_MANY, _LITTLE = 1.5, 0.67


@dataclass(frozen=True, slots=True)
class Topic:
    """One matter: its commonest words, and its share of what is asked and of what is learned."""

    words: str
    asked: float
    learned: float

    @property
    def verdict(self) -> str:
        if self.learned > _MANY * self.asked:
            return "over"
        return "under" if self.learned < _LITTLE * self.asked else "even"


def topics_of(prompts: Sequence[str], *, fitted_on: Sequence[str] | None = None) -> Any:
    """The number of each prompt's matter; always the same for the same prompts."""
    prompts = _without_links(prompts)
    sample = _thinned(prompts if fitted_on is None else _without_links(fitted_on))
    count = min(_MOST, len(sample) // _PER_TOPIC)
    import numpy as np

    if count < 2:
        return np.zeros(len(prompts), dtype=np.int64)
    from sklearn.cluster import MiniBatchKMeans
    from threadpoolctl import threadpool_limits

    vectors = _vectorizer()
    with threadpool_limits(1):  # on a busy machine, threads that wait for each other take a hundred times as long
        model = MiniBatchKMeans(n_clusters=count, random_state=0, n_init=3, batch_size=2048).fit(vectors(sample))
        parts = [model.predict(vectors(prompts[i : i + _AT_ONCE])) for i in range(0, len(prompts), _AT_ONCE)]
    return np.concatenate(parts).astype(np.int64)


def coverage(asked: Sequence[str], learned: Sequence[str]) -> list[Topic]:
    """How much of what is asked about each matter is learned, the most asked about first."""
    if not asked or not learned:
        return []
    numbers = topics_of([*asked, *learned], fitted_on=asked)
    mine, theirs = Counter(numbers[: len(asked)].tolist()), Counter(numbers[len(asked) :].tolist())
    asked = _without_links(asked)
    everything = _frequencies(asked)
    topics = []
    for number in sorted(mine.keys() | theirs.keys()):
        told = [text for text, n in zip(asked, numbers, strict=False) if n == number]
        topics.append(Topic(_name(told, everything), mine[number] / len(asked), theirs[number] / len(learned)))
    return sorted(topics, key=lambda topic: (-topic.asked, topic.words))


def _without_links(texts: Sequence[str]) -> list[str]:
    return [_LINK.sub(" ", text) for text in texts]


def _thinned(prompts: Sequence[str]) -> Sequence[str]:
    return prompts[:: max(1, -(-len(prompts) // _FITTED))]


def _vectorizer() -> Any:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, HashingVectorizer

    return HashingVectorizer(
        n_features=2**12, alternate_sign=False, token_pattern=_WORD.pattern, stop_words=list(ENGLISH_STOP_WORDS)
    ).transform


def _frequencies(texts: Sequence[str]) -> Counter[str]:
    return Counter(word for text in texts for word in {w.casefold() for w in _WORD.findall(text)})


def _name(told: Sequence[str], everything: Counter[str]) -> str:
    """The words that stand out, and that at least three people used."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    counts = _frequencies(told)
    usual = {w: n * n / everything[w] for w, n in counts.items() if n >= 3 and w not in ENGLISH_STOP_WORDS}
    best = sorted(usual, key=lambda word: (-usual[word], word))[:4]
    return ", ".join(best) or "everything else"
