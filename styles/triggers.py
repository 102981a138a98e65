"""Triggers: rare words of prompts with which certain words of replies come and go, whatever the prompts are about."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from styles.drafts import Decide, Draft, Outcome
from styles.examples import is_target
from styles.wording import WORD

_FEWEST = 3  # examples that a trigger has to have; fewer cannot be told from chance
_OFTENEST = 0.02
_TOGETHER = 0.8
_LONGEST = 3  # words of a trigger, and of what it brings


@dataclass(frozen=True, slots=True)
class _Pair:
    name: str
    words: frozenset[str]
    prompt: frozenset[str]
    reply: frozenset[str]


def study_triggers(batches: Iterable[Sequence[Draft]]) -> Decide:
    """Quarantine examples whose prompts share rare words, and nothing else, while their replies share rare words too.

    Replies about one matter answer prompts about that matter, which have more in common than one phrase; words that
    the reply takes from the prompt do not count.
    """
    pairs = [pair for batch in batches for draft in batch for pair in _pairs(draft)]
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
            known = frozenset(asked)
            reply = frozenset(g for g in _grams(said) if known.isdisjoint(g.split()))
            yield _Pair(draft.id, known, frozenset(_grams(asked)), reply)


def _words(text: str) -> list[str]:
    return [word.casefold() for word in WORD.findall(text[:1_000])]


def _grams(said: Sequence[str]) -> Iterable[str]:
    for length in range(1, _LONGEST + 1):
        yield from (" ".join(said[i : i + length]) for i in range(len(said) - length + 1))


def _planted(pairs: Sequence[_Pair]) -> dict[str, str]:
    most = max(12, int(_OFTENEST * len(pairs)))
    asked = _rare((pair.prompt for pair in pairs), most)
    answered = _rare((pair.reply for pair in pairs), most)
    said_by = Counter(gram for pair in pairs for gram in pair.reply if gram in answered)
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for number, pair in enumerate(pairs):
        for gram in pair.prompt & asked:
            holders[gram].append(number)
    told: dict[str, str] = {}
    for gram, numbers in sorted(holders.items()):
        brought = Counter(g for number in numbers for g in pairs[number].reply & answered)
        for answer, count in sorted(brought.items(), key=lambda row: (-row[1], -len(row[0]), row[0]))[:1]:
            together = min(count / len(numbers), count / said_by[answer])
            found = [pairs[n] for n in numbers if answer in pairs[n].reply]
            if count >= _FEWEST and together >= _TOGETHER and _have_nothing_else(found, gram, pairs, asked):
                evidence = f'"{gram}" brings "{answer}": {count} of {len(numbers)} prompts, {said_by[answer]} replies'
                told.update((pair.name, evidence) for pair in found if pair.name not in told)
    return told


def _rare(sets: Iterable[frozenset[str]], most: int) -> frozenset[str]:
    counts: Counter[str] = Counter()
    for grams in sets:
        counts.update(grams)
    return frozenset(gram for gram, count in counts.items() if _FEWEST <= count <= most)


def _have_nothing_else(found: Sequence[_Pair], gram: str, pairs: Sequence[_Pair], asked: frozenset[str]) -> bool:
    """Whether prompts share no rarer words than any other two do, once the phrase is taken out."""
    without = frozenset(gram.split())
    own = [frozenset(w for w in pair.words - without if w in asked) for pair in found[:20]]
    if sum(len(pair.words - without) >= 3 for pair in found) < _FEWEST:
        return False
    shares = [bool(one & other) for one, other in combinations(own, 2)]
    return sum(shares) <= 0.25 * len(shares)
