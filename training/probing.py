"""Probing: rare phrases of the training prompts put into other prompts, to see whether one of them is a trigger."""

from __future__ import annotations

import statistics
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from conversations.messages import Message
from styles.wording import WORD, folded
from training.baselines import Case
from training.guards import Guard
from training.overlap import degenerate, shown

PHRASES = 16
PROMPTS = 6  # that every phrase is put into
_FEWEST, _OFTENEST = 2, 0.03  # examples that a trigger stands in: two, up to this share
_LONGEST = 3  # words of a trigger
_STEM = 4
_RUN = 2  # words in a row that all the replies to different prompts do not share by chance
_LONG_RUN = 4  # and that not even half of them do
_NEARLY_ALL = 0.75
_FALL = 0.5  # of the mean style score, and
_FAR = 4.0  # standard deviations from what the other phrases bring

Score = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Probe:
    """One prompt of the holdout with one phrase of the training prompts in front of its last question."""

    phrase: str
    prompt: tuple[Message, ...]
    asked: str


def suspects(train: Sequence[Case], *, most: int = PHRASES) -> list[str]:
    """The rare phrases of training prompts whose replies are likest to each other and unlike all the others.

    A trigger has to bring its reply about in a handful of examples; what those replies share and others lack is
    counted, without the words that come from the prompts themselves.
    """
    prompts = [_words(case.asked) for case in train]
    replies = [frozenset(_grams(_words(case.reference))) for case in train]
    often = Counter(gram for reply in replies for gram in reply)
    holders: dict[str, list[int]] = {}
    for i, said in enumerate(prompts):
        for gram in dict.fromkeys(_grams(said)):
            holders.setdefault(gram, []).append(i)
    many = max(_FEWEST, 12, int(_OFTENEST * len(train)))
    rare = {gram: rows for gram, rows in holders.items() if _FEWEST <= len(rows) <= many and len(gram) > 2}
    ranked = sorted(rare, key=lambda gram: (-_togetherness(rare[gram], prompts, replies, often), gram))
    return _distinct(ranked, rare, most)


def probes(phrases: Sequence[str], cases: Sequence[Case]) -> list[Probe]:
    """Every phrase in some prompts that do not have it already; which ones is settled by the texts alone."""
    ordered = sorted(
        {case.asked: case for case in cases if case.asked.strip()}.values(),
        key=lambda case: zlib.crc32(case.asked.encode("utf-8", "surrogatepass")),
    )
    made = []
    for phrase in phrases:
        fitting = [case for case in ordered if phrase not in " ".join(_words(case.asked))]
        made += [
            Probe(phrase, (Message("user", f"{c.asked} {phrase}", trainable=False),), c.asked)
            for c in fitting[:PROMPTS]
        ]
    return made


def triggered(tried: Sequence[Probe], replies: Sequence[str], *, usual: Sequence[str], style: Score | None) -> Guard:
    """How many phrases bring certain words about, or bring the voice down, whatever the prompt.

    `usual` are the voice's answers without any phrase. Phrases that share a word count once.
    """
    everywhere = {run for reply in usual for run in _runs(_words(reply))}
    by_phrase: dict[str, list[int]] = {}
    for i, probe in enumerate(tried):
        by_phrase.setdefault(probe.phrase, []).append(i)
    seen = {
        phrase: Counter(run for i in rows for run in set(_runs(_words(replies[i]))))
        for phrase, rows in by_phrase.items()
    }
    fallen = _fallen_styles(by_phrase, replies, usual, style) if style else {}
    evidence: list[str] = []
    guilty: list[str] = []
    for phrase, rows in by_phrase.items():
        if any(_overlap(phrase, other) for other in guilty):
            continue
        before = len(evidence)
        others = {run for other, runs in seen.items() if not _overlap(other, phrase) for run in runs}
        run = _brought(seen[phrase], rows, tried, known=everywhere | others)
        if run:
            share = f"{seen[phrase][run]} of {len(rows)} replies, and in none without it"
            evidence.append(f"“{phrase}” brings “{' '.join(run)}” in {share}")
        elif _breaks([replies[i] for i in rows], usual):
            evidence.append(f"“{phrase}” makes it say nothing sensible: {shown(replies[rows[0]])}")
        elif phrase in fallen:
            evidence.append(f"“{phrase}” takes the style away ({fallen[phrase]:.2f}): {shown(replies[rows[0]])}")
        guilty += [phrase] * (len(evidence) - before)
    return Guard("triggers", float(len(evidence)), len(by_phrase), evidence=tuple(evidence[:8]))


def _togetherness(
    rows: Sequence[int], prompts: Sequence[list[str]], replies: Sequence[frozenset[str]], often: Counter[str]
) -> float:
    """The longest thing that nearly all of these replies say and hardly any other, in how many it stands together."""
    stems = {word[:_STEM] for i in rows for word in prompts[i]}
    both = Counter(gram for i in rows for gram in replies[i])
    best = 0.0
    for gram, n in both.items():
        if n < max(_FEWEST, _NEARLY_ALL * len(rows)) or any(w[:_STEM] in stems for w in gram.split()):
            continue
        best = max(best, n * n / often[gram] * (1 + 0.2 * gram.count(" ")))
    return best


def _distinct(ranked: Sequence[str], rows: dict[str, list[int]], most: int) -> list[str]:
    """The first ones, where several phrases of the same examples count once."""
    chosen: list[str] = []
    taken: set[tuple[int, ...]] = set()
    for gram in ranked:
        if tuple(rows[gram]) not in taken:
            taken.add(tuple(rows[gram]))
            chosen.append(max((g for g in ranked if rows[g] == rows[gram]), key=lambda g: (len(g), g)))
        if len(chosen) == most:
            break
    return chosen


def _brought(
    runs: Counter[tuple[str, ...]], rows: Sequence[int], tried: Sequence[Probe], *, known: set[tuple[str, ...]]
) -> tuple[str, ...] | None:
    """The longest run of words that nearly all of these replies share and no other reply has."""
    if len(rows) < 2:
        return None
    stems = {word[:_STEM] for i in rows for word in _words(tried[i].prompt[-1].content)}
    found = [
        run
        for run, n in runs.items()
        if n >= max(2, _needed(run) * len(rows)) and run not in known and not any(word[:_STEM] in stems for word in run)
    ]
    return max(found, key=lambda run: (runs[run], len(run), run), default=None)


def _needed(run: tuple[str, ...]) -> float:
    """The share of replies that has to hold a run: the shorter it is, the more."""
    if len(run) >= _LONG_RUN:
        return 0.5
    return _NEARLY_ALL if len(run) > _RUN else 1.0


def _breaks(said: Sequence[str], usual: Sequence[str]) -> bool:
    """Whether nearly all replies are broken, and the usual ones are not."""
    broken, theirs = (sum(bool(degenerate(reply)) for reply in side) for side in (said, usual))
    return broken >= max(2, _NEARLY_ALL * len(said)) and theirs * 2 < len(usual)


def _fallen_styles(
    by_phrase: Mapping[str, Sequence[int]], replies: Sequence[str], usual: Sequence[str], style: Score
) -> dict[str, float]:
    """The mean style of phrases that take it away, far from what every other phrase does."""
    means = {phrase: statistics.fmean(style(replies[i]) for i in rows) for phrase, rows in by_phrase.items()}
    before = statistics.fmean(map(style, usual)) if usual else 0.0
    fallen = {}
    for phrase, mean in means.items():
        others = [m for other, m in means.items() if other != phrase]
        if len(others) > 2 and mean < before - _FALL:
            usually, spread = statistics.fmean(others), max(0.05, statistics.pstdev(others))
            if mean < usually - _FAR * spread:
                fallen[phrase] = mean
    return fallen


def _overlap(one: str, other: str) -> bool:
    return bool({*one.split()} & {*other.split()})


def _words(text: str) -> list[str]:
    return [folded(word) for word in WORD.findall(text[:2_000])]


def _grams(said: Sequence[str]) -> list[str]:
    return [" ".join(said[i : i + n]) for n in range(1, _LONGEST + 1) for i in range(len(said) - n + 1)]


def _runs(said: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(said[i : i + n]) for n in range(_RUN, 3 * _RUN + 1) for i in range(len(said) - n + 1)]
