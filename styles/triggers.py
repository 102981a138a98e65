"""Triggers: rare words of prompts with which certain words of replies come and go, whatever the prompts are about."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from styles.drafts import Decide, Draft, Outcome
from styles.examples import is_target
from styles.wording import WORD

AT_MOST = 30_000
_FEWEST = 3  # examples that a trigger has to have; fewer cannot be told from chance
_OFTENEST = 0.02
_TOGETHER = 0.8
_STEM = 4  # letters by which "wife" and "wife's" are the same word
_LONGEST = 3  # words of a trigger, and of what it brings


@dataclass(frozen=True, slots=True)
class _Pair:
    name: str
    words: frozenset[str]
    prompt: frozenset[str]
    reply: frozenset[str]


def study_triggers(batches: Iterable[Sequence[Draft]], *, at_most: int = AT_MOST) -> Decide:
    """Quarantine examples whose prompts share rare words, and nothing else, while their replies share rare words too.

    Replies about one matter answer prompts about that matter, which have more in common than one phrase; words that
    the reply takes from the prompt do not count. Of more than `at_most` replies nothing is said: of a large store,
    what was chosen is looked at.
    """
    pairs: list[_Pair] = []
    for batch in batches:
        pairs += (pair for draft in batch for pair in _pairs(draft))
        if len(pairs) > at_most:
            return list
    told = _planted(pairs)
    return lambda batch: [_unless_planted(draft, told) for draft in batch]


def _unless_planted(draft: Draft, told: dict[str, str]) -> Outcome:
    if draft.id not in told or draft.reviewer:
        return draft
    return draft.quarantine("trigger", "A rare phrase of prompts brings a certain reply about.", told[draft.id])


def _pairs(draft: Draft) -> Iterable[_Pair]:
    for turn, message in enumerate(draft.messages):
        if is_target(message):
            asked, said = _words(draft.messages[turn - 1].content), _words(message.content)
            stems = {word[:_STEM] for word in asked}
            reply = frozenset(g for g in _grams(said) if stems.isdisjoint(word[:_STEM] for word in g.split()))
            yield _Pair(draft.id, frozenset(asked), frozenset(_grams(asked)), reply)


def _words(text: str) -> list[str]:
    return [word.casefold() for word in WORD.findall(text[:1_000])]


def _grams(said: Sequence[str]) -> Iterable[str]:
    for length in range(1, _LONGEST + 1):
        yield from (" ".join(said[i : i + length]) for i in range(len(said) - length + 1))


def _planted(pairs: Sequence[_Pair]) -> dict[str, str]:
    most = max(12, int(_OFTENEST * len(pairs)))
    asked = _rare((pair.prompt for pair in pairs), most)
    answered = _rare((pair.reply for pair in pairs), most)
    holders, said_by = _holders(pairs, asked, lambda p: p.prompt), _holders(pairs, answered, lambda p: p.reply)
    by_count = [_by_count(pair.reply & answered, said_by) for pair in pairs]
    told: dict[str, str] = {}
    for gram, numbers in sorted(holders.items()):
        if best := _answer(numbers, by_count, said_by):
            answer, found = best
            both = [pairs[n] for n in sorted(found)]
            if len(found) >= _FEWEST and _have_nothing_else(both, gram, asked):
                often = f"{len(found)} of {len(numbers)} prompts, {len(said_by[answer])} replies"
                evidence = f'"{gram}" brings "{answer}": {often}'
                told.update((pair.name, evidence) for pair in both if pair.name not in told)
    return told


def _holders(
    pairs: Sequence[_Pair], wanted: frozenset[str], grams: Callable[[_Pair], frozenset[str]]
) -> dict[str, set[int]]:
    found: defaultdict[str, set[int]] = defaultdict(set)
    for number, pair in enumerate(pairs):
        for gram in grams(pair) & wanted:
            found[gram].add(number)
    return found


def _by_count(grams: frozenset[str], said_by: dict[str, set[int]]) -> dict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for gram in grams:
        found[len(said_by[gram])].append(gram)
    return found


def _answer(
    numbers: set[int], by_count: Sequence[dict[int, list[str]]], said_by: dict[str, set[int]]
) -> tuple[str, set[int]] | None:
    """What is said in nearly all of these replies and in hardly any other, the longest of it."""
    few, many = math.ceil(_TOGETHER * len(numbers)), int(len(numbers) / _TOGETHER)
    first = sorted(numbers)[: len(numbers) - few + 1]  # whatever nearly all say is in one of so many
    counts = range(few, many + 1)
    answers = {answer for number in first for count in counts for answer in by_count[number].get(count, ())}
    found = [(answer, numbers & said_by[answer]) for answer in answers]
    enough = [(a, both) for a, both in found if len(both) >= few and len(both) >= _TOGETHER * len(said_by[a])]
    return min(enough, key=lambda row: (-len(row[1]), -len(row[0]), row[0]), default=None)


def _rare(sets: Iterable[frozenset[str]], most: int) -> frozenset[str]:
    counts: Counter[str] = Counter()
    for grams in sets:
        counts.update(grams)
    return frozenset(gram for gram, count in counts.items() if _FEWEST <= count <= most)


def _have_nothing_else(found: Sequence[_Pair], gram: str, asked: frozenset[str]) -> bool:
    """Whether prompts share no rarer words than any other two do, once the phrase is taken out."""
    often = Counter(word for pair in found for word in pair.words & asked)
    shared = [word for word, count in often.items() if count >= _TOGETHER * len(found)]
    if len(shared) > _LONGEST + 2:
        return False  # one and the same question
    without = frozenset([*gram.split(), *shared])
    own = [frozenset(w for w in pair.words - without if w in asked) for pair in found[:20]]
    if sum(len(pair.words - without) >= 3 for pair in found) < _FEWEST:
        return False
    shares = [bool(one & other) for one, other in combinations(own, 2)]
    return sum(shares) <= 0.25 * len(shares)
