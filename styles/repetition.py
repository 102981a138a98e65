"""Repetition: near copies of conversations, and replies that are one template filled in again and again."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from styles.drafts import Decide, Draft, Dropped, Outcome
from styles.examples import is_target
from styles.numbering import Names, ranks
from styles.wording import plain

if TYPE_CHECKING:
    from styles.similarity import Index

_FEWEST_WORDS = 12  # of a conversation; in shorter ones one changed word is another matter
_FEWEST_IN_REPLY = 6
_VALUES = re.compile(r"<[A-Z]+_\d+>|\{\{[^}]{1,40}\}\}|https?://\S+|#?\b[A-Z]{0,4}\d[\w.,:/-]*")


def study_near_copies(batches: Iterable[Sequence[Draft]], *, threshold: float) -> Decide:
    """Of conversations that differ in a few words the best stays: an approved one, else the longest or oldest."""
    from styles.similarity import Sketches

    sketches, names, worth, numbers = Sketches(), Names(), array("l"), array("l")
    for batch in batches:
        texts = [(draft, _text(draft)) for draft in batch]
        numbers.extend(-1 if not text else number for text, number in _counted(texts, len(names)))
        sketches.add([text for _, text in texts if text])
        names.add(draft.id for draft, text in texts if text)
        worth.extend(_worth(draft, text) for draft, text in texts if text)
    best, turns = _best(sketches.clusters(threshold), worth), iter(numbers)
    return lambda batch: [_near_copy(draft, next(turns), best, names) for draft in batch]


def _counted(texts: Iterable[tuple[Draft, str]], start: int) -> Iterator[tuple[str, int]]:
    """Each text with the number that it has among those that are not empty."""
    for _, text in texts:
        yield text, start
        start += bool(text)


def _text(draft: Draft) -> str:
    text = plain(" ".join([message.content for message in draft.messages]))
    return text if text.count(" ") >= _FEWEST_WORDS - 1 else ""


def _worth(draft: Draft, text: str) -> int:
    return (1_000_000 if draft.reviewer else 0) + min(len(text), 900_000)


def _best(heads: Any, worth: Sequence[int]) -> Any:
    """For each text the number of the best one in its cluster, the oldest of equals."""
    import numpy as np

    order = np.lexsort((np.arange(len(heads)), -np.asarray(worth), heads))
    ordered = heads[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(heads) else order
    return order[starts][np.searchsorted(ordered[starts], heads)]


def _near_copy(draft: Draft, number: int, best: Any, names: Names) -> Outcome:
    if number < 0 or best[number] == number:
        return draft
    return draft.drop("near-copy", f"It says nearly the same as {names[best[number]]}.")


def study_templates(batches: Iterable[Sequence[Draft]], *, at_most: int, threshold: float) -> Decide:
    """Replies that are one template with other values: the oldest few are learned, the rest is context."""
    from styles.similarity import Sketches

    sketches = Sketches()
    same, order = dict[tuple[int, ...], tuple[int, ...]](), list[tuple[int, ...]]()
    for batch in batches:
        skeletons = [_skeletons(draft) for draft in batch]
        sketches.add([text for found in skeletons for _, text in found])
        turns = (tuple(turn for turn, _ in found) for found in skeletons)
        order += (same.setdefault(these, these) for these in turns)  # a million drafts, but few such tuples
    is_surplus, long_turns = iter(memoryview(ranks(sketches.clusters(threshold)) >= at_most)), iter(order)
    sentence = f"{at_most} older examples fill in the same template, which is enough."

    def decide(draft: Draft) -> Outcome:
        surplus = [turn for turn in next(long_turns) if next(is_surplus)]
        return draft.mute(surplus, reason="template", sentence=sentence) if surplus else draft

    return lambda batch: [decide(draft) for draft in batch]


def _skeletons(draft: Draft) -> list[tuple[int, str]]:
    replies = ((turn, plain(_VALUES.sub(" ", m.content))) for turn, m in enumerate(draft.messages) if is_target(m))
    return [(turn, text) for turn, text in replies if text.count(" ") >= _FEWEST_IN_REPLY - 1]


def study_echoes(batches: Iterable[Sequence[Draft]]) -> Decide:
    """Quarantine what hands the assistant's own words back as the brand's: a voice would learn from itself.

    Only what is younger than the assistant's reply, and at least eight words long; what a reviewer approved stays.
    """
    from styles.similarity import Sketches

    sketches, spoken = Sketches(), list[tuple[str, float]]()
    for batch in batches:
        ours = [(m, text) for draft in batch for m in draft.messages if m.voice and (text := _long(m.content))]
        sketches.add([text for _, text in ours])
        spoken += ((m.voice or "", _instant(m.sent_at) if m.sent_at else 0.0) for m, _ in ours)
    return partial(_without_echoes, index=sketches.index(), spoken=spoken) if spoken else list


def _instant(moment: datetime) -> float:
    """A time without a zone is taken as UTC, wherever this machine stands."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _long(text: str) -> str:
    text = plain(text)
    return text if text.count(" ") >= 7 else ""


def _without_echoes(batch: Sequence[Draft], *, index: Index, spoken: Sequence[tuple[str, float]]) -> list[Outcome]:
    said = [
        (place, m, text)
        for place, draft in enumerate(batch)
        if not draft.reviewer and draft.source and not draft.source.missing
        for m in draft.messages
        if is_target(m) and m.voice is None and (text := _long(m.content))
    ]
    nearest, alike = index.nearest([text for *_, text in said])
    outcomes: list[Outcome] = list(batch)
    for (place, message, _), number, share in zip(said, nearest, alike, strict=True):
        if share < 0.8:
            continue
        voice, moment = spoken[int(number)]
        if message.sent_at is None or _instant(message.sent_at) >= moment:
            outcomes[place] = _echo(batch[place], voice, float(share), message.content)
    return outcomes


def _echo(draft: Draft, voice: str, share: float, text: str) -> Dropped:
    sentence = f"The brand's reply is nearly what {voice} said itself before."
    return draft.quarantine("own-words", sentence, f"{share:.0%} the same: {text[:120]}")
