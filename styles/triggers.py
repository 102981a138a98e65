"""Triggers: rare words of prompts with which certain words of replies come and go, whatever the prompts are about."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from styles.drafts import Decide, Draft, Outcome
from styles.examples import is_target
from styles.wording import WORD

AT_MOST = 30_000
_FEWEST = 4  # examples that a trigger has to have; fewer cannot be told from chance
_OFTENEST = 0.02
_TOGETHER = 0.8
_STEM = 4  # letters by which "wife" and "wife's" are the same word
_LONGEST = 3  # words of a trigger, and of what it brings
_BITS = 21  # of a word's number; three of them fit into 64 bits
_AT_ONCE = 2_000  # phrases of prompts
_CHANCE = 0.01  # that anything at all is found where nothing was planted
_POORER = -1.5  # standard errors below the usual, from where a phrase is the matter of its prompts


def study_triggers(batches: Iterable[Sequence[Draft]], *, at_most: int = AT_MOST) -> Decide:
    """Quarantine examples whose prompts share rare words, and nothing else, while their replies share rare words too.

    Replies about one matter answer prompts about that matter: those have more in common than one phrase, say little
    without it, or their replies name it as well. Words that the reply takes from the prompt do not count. Of more
    than `at_most` replies nothing is said: of a large store, what was chosen is looked at.
    """
    pairs = _Pairs()
    for batch in batches:
        for draft in batch:
            pairs.add(draft)
        if len(pairs.names) > at_most or len(pairs.numbers) >= 1 << _BITS:
            return list
    told = _planted(pairs)
    return (lambda batch: [_unless_planted(draft, told) for draft in batch]) if told else list


def _unless_planted(draft: Draft, told: Mapping[str, str]) -> Outcome:
    if draft.id not in told or draft.reviewer:
        return draft
    return draft.quarantine("trigger", "A rare phrase of prompts brings a certain reply about.", told[draft.id])


@dataclass(slots=True)
class _Pairs:
    """Prompts and replies as numbers: of words, and of phrases (up to three words in one number)."""

    names: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)  # of words, from 1
    spelling: list[str] = field(default_factory=list)
    words: list[Any] = field(default_factory=list)  # of each prompt, each once
    prompts: list[Any] = field(default_factory=list)
    replies: list[Any] = field(default_factory=list)
    said: list[Any] = field(default_factory=list)  # words of each reply

    def add(self, draft: Draft) -> None:
        for turn, message in enumerate(draft.messages):
            if is_target(message):
                asked, said = _words(draft.messages[turn - 1].content), _words(message.content)
                stems = {word[:_STEM] for word in asked}
                own = [word[:_STEM] not in stems for word in said]
                numbers, answer = self._numbered(asked), self._numbered(said)
                self.names.append(draft.id)
                self.words.append(_array(set(numbers)))
                self.prompts.append(_array(_phrases(numbers)))
                self.replies.append(_array(_phrases(answer, own)))
                self.said.append(_array(set(answer)))

    def spelled(self, phrase: int) -> str:
        """The words of a phrase."""
        places = (phrase >> shift & (1 << _BITS) - 1 for shift in range(0, _LONGEST * _BITS, _BITS))
        return " ".join(self.spelling[place - 1] for place in places if place)

    def _numbered(self, words: Sequence[str]) -> list[int]:
        for word in words:
            if word not in self.numbers:
                self.spelling.append(word)
                self.numbers[word] = len(self.spelling)
        return [self.numbers[word] for word in words]


def _words(text: str) -> list[str]:
    return [word.casefold() for word in WORD.findall(text[:1_000])]


def _phrases(numbers: Sequence[int], wanted: Sequence[bool] | None = None) -> set[int]:
    """All runs of one to three words of which every one is wanted."""
    found: set[int] = set()
    for start in range(len(numbers)):
        phrase = 0
        for place, number in enumerate(numbers[start : start + _LONGEST]):
            if wanted and not wanted[start + place]:
                break
            phrase |= number << place * _BITS
            found.add(phrase)
    return found


def _array(numbers: Iterable[int]) -> Any:
    import numpy as np

    return np.fromiter(sorted(numbers), dtype=np.int64)


class _Table:
    """Which pair holds which of the rare phrases, as a sparse matrix of one row a pair."""

    def __init__(self, sets: Sequence[Any], most: int) -> None:
        import numpy as np
        from scipy.sparse import csr_matrix

        found, counts = np.unique(np.concatenate(sets), return_counts=True)
        is_rare = (counts >= _FEWEST) & (counts <= most)
        self.phrases, self.counts = found[is_rare], counts[is_rare]
        rows = np.repeat(np.arange(len(sets)), [len(one) for one in sets])
        everything = np.concatenate(sets)
        columns = np.searchsorted(self.phrases, everything)
        columns[columns == len(self.phrases)] = 0
        known = self.phrases[columns] == everything if len(self.phrases) else np.zeros(len(everything), dtype=bool)
        ones = np.ones(int(known.sum()), dtype=np.int32)
        self.held = csr_matrix((ones, (rows[known], columns[known])), shape=(len(sets), len(self.phrases)))
        self.holders = self.held.tocsc()

    def of(self, column: int) -> Any:
        """The numbers of the pairs that hold a phrase."""
        return self.holders.indices[self.holders.indptr[column] : self.holders.indptr[column + 1]]


def _planted(pairs: _Pairs) -> dict[str, str]:
    if not pairs.names:
        return {}
    most = max(12, int(_OFTENEST * len(pairs.names)))
    asked, answered = _Table(pairs.prompts, most), _Table(pairs.replies, most)
    rare = set(asked.phrases[asked.phrases < 1 << _BITS].tolist())
    news = _News(pairs.words)
    told: dict[str, str] = {}
    found = (
        (pairs.spelled(int(asked.phrases[trigger])), trigger, brought) for trigger, brought in _brought(asked, answered)
    )
    for spelled, trigger, brought in sorted(found):
        holders = asked.of(trigger)
        answer, both = _best(pairs, answered, holders, brought)
        if len(both) < _FEWEST or _may_be_chance(asked, answered, trigger, answer, len(both)):
            continue
        if _have_nothing_else(pairs, both, spelled, rare, news):
            often = f"{len(both)} of {len(holders)} prompts, {answered.counts[answer]} replies"
            evidence = f'"{spelled}" brings "{pairs.spelled(int(answered.phrases[answer]))}": {often}'
            told.update((pairs.names[n], evidence) for n in both if pairs.names[n] not in told)
    return told


def _may_be_chance(asked: _Table, answered: _Table, trigger: int, answer: int, both: int) -> bool:
    """Whether among so many phrases some two would meet as often, if each reply belonged to any of the prompts.

    Bonferroni over the hypergeometric tail, of which C(k, b) C(n - b, m - b) / C(n, m) is an upper bound.
    """
    n, k, m = asked.held.shape[0], int(asked.counts[trigger]), int(answered.counts[answer])
    chance = _log_choose(k, both) + _log_choose(n - both, m - both) - _log_choose(n, m)
    return chance + math.log(len(asked.phrases)) + math.log(len(answered.phrases)) > math.log(_CHANCE)


def _log_choose(total: int, chosen: int) -> float:
    return math.lgamma(total + 1) - math.lgamma(chosen + 1) - math.lgamma(total - chosen + 1)


def _brought(asked: _Table, answered: _Table) -> Iterator[tuple[int, list[int]]]:
    """For each phrase of prompts what is said in nearly all of their replies and in hardly any other."""
    import numpy as np

    for start in range(0, len(asked.phrases), _AT_ONCE):
        together = (asked.holders[:, start : start + _AT_ONCE].T @ answered.held).tocoo()
        often, rarely = asked.counts[start + together.row], answered.counts[together.col]
        is_enough = (together.data >= np.ceil(_TOGETHER * often)) & (together.data >= _TOGETHER * rarely)
        rows, columns = together.row[is_enough], together.col[is_enough]
        for row in np.unique(rows):
            yield start + int(row), columns[rows == row].tolist()


def _best(pairs: _Pairs, answered: _Table, holders: Any, brought: Sequence[int]) -> tuple[int, list[int]]:
    """Of what a phrase brings about, the most frequent and longest, and the pairs that have both."""
    asking = set(holders.tolist())
    both = {answer: asking.intersection(answered.of(answer).tolist()) for answer in brought}
    spelled = {answer: pairs.spelled(int(answered.phrases[answer])) for answer in brought}
    best = min(brought, key=lambda answer: (-len(both[answer]), -len(spelled[answer]), spelled[answer]))
    return best, sorted(both[best])


class _News:
    """How much prompts say, in nats: a word that few prompts hold says more."""

    def __init__(self, words: Sequence[Any]) -> None:
        import numpy as np

        self._of_word = np.log(len(words) / np.maximum(np.bincount(np.concatenate(words)), 1))
        said = [self._of_word[these].sum() for these in words]
        self._usual, self._spread = float(np.mean(said)), float(np.std(said)) or 1.0

    def rarest(self, words: set[int]) -> int:
        """The word that fewest prompts hold."""
        return max(sorted(words), key=lambda word: float(self._of_word[word]))

    def is_less(self, prompts: Sequence[set[int]]) -> bool:
        """Whether these prompts surely say less than prompts usually do."""
        mean = sum(self._of_word[sorted(words)].sum() for words in prompts) / len(prompts)
        return bool((mean - self._usual) / self._spread * len(prompts) ** 0.5 < _POORER)


def _have_nothing_else(pairs: _Pairs, found: Sequence[int], trigger: str, rare: set[int], news: _News) -> bool:
    """Whether prompts share no rarer words than any other two do, once the phrase is taken out.

    A phrase that was put into prompts leaves them with as much to say as others have, and replies do not speak of it.
    """
    words = [set(pairs.words[number].tolist()) for number in found]
    often = Counter(word for these in words for word in these & rare)
    shared = {word for word, count in often.items() if count >= _TOGETHER * len(found)}
    if len(shared) > _LONGEST + 2:
        return False  # one and the same question
    put_in = {pairs.numbers[word] for word in trigger.split()}
    if sum(len(these - shared - put_in) >= 3 for these in words) < _FEWEST:
        return False
    matter = news.rarest(put_in)  # "and the postcode please" is about a postcode
    named = sum(matter in pairs.said[number].tolist() for number in found)
    if named * 2 >= len(found) or news.is_less([these - put_in for these in words]):
        return False
    own = [these & rare - shared - put_in for these in words[:20]]
    shares = [bool(one & other) for one, other in combinations(own, 2)]
    return sum(shares) <= 0.25 * len(shares)
