"""Topics: which matters people ask about, and whether the dataset covers them as often as they are asked about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_MOST = 24
_PER_TOPIC = 25
FITTED = 5_000  # prompts, from which topics are learned
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


class TopicFinder:
    """Which matter a prompt is about, learned from some prompts; always the same for the same ones."""

    def __init__(self, sample: Sequence[str]) -> None:
        self._model: Any = None
        sample = _without_links(sample)
        count = min(_MOST, len(sample) // _PER_TOPIC)
        if count >= 2:
            from sklearn.cluster import MiniBatchKMeans
            from threadpoolctl import threadpool_limits

            model = MiniBatchKMeans(n_clusters=count, random_state=0, n_init=3, batch_size=2048)
            with threadpool_limits(
                1
            ):  # on a busy machine, threads that wait for each other take a hundred times as long
                self._model = model.fit(_vectorizer()(sample))

    def of(self, prompts: Sequence[str]) -> Any:
        """The number of each prompt's matter."""
        import numpy as np
        from threadpoolctl import threadpool_limits

        if self._model is None or not prompts:
            return np.zeros(len(prompts), dtype=np.int64)
        prompts, vectors = _without_links(prompts), _vectorizer()
        with threadpool_limits(1):
            parts = [self._model.predict(vectors(prompts[i : i + _AT_ONCE])) for i in range(0, len(prompts), _AT_ONCE)]
        return np.concatenate(parts).astype(np.int64)


class Sample:
    """Every n-th of a stream of texts, so that there are at most so many, spread over all of it."""

    def __init__(self, at_most: int) -> None:
        self.texts: list[str] = []
        self._at_most, self._stride, self._seen = at_most, 1, 0

    def add(self, text: str) -> None:
        if self._seen % self._stride == 0:
            self.texts.append(text)
        self._seen += 1
        if len(self.texts) > self._at_most:
            self.texts, self._stride = self.texts[::2], 2 * self._stride


def topics_of(prompts: Sequence[str], *, fitted_on: Sequence[str] | None = None) -> Any:
    """The number of each prompt's matter; always the same for the same prompts."""
    sample = Sample(FITTED)
    for prompt in prompts if fitted_on is None else fitted_on:
        sample.add(prompt)
    return TopicFinder(sample.texts).of(prompts)


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
