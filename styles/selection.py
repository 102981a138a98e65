"""Selection: the most useful examples, under caps on what one speaker and one matter may make up."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from styles.drafts import Decide, Draft, Outcome
from styles.examples import is_target
from styles.numbering import ranks
from styles.topics import FITTED, Sample, TopicFinder
from styles.wording import words

_FEW = 2_000  # examples; in smaller sets nothing is thinned out
_SPEAKERS = 4  # with fewer, a cap would take from all that there is

LEFT_OUT = {
    "speaker-cap": "Others of the same speaker were chosen; one speaker is not the whole brand.",
    "topic-cap": "Others about the same matter were chosen.",
    "not-chosen": "Enough more useful examples were chosen.",
}  # by reason; what is said to people


@dataclass(frozen=True, slots=True)
class Quota:
    """How many examples are wanted, and the largest share of them for one speaker and for one matter."""

    examples: int = 20_000
    speaker_share: float = 0.35
    topic_share: float = 0.35


def study_usefulness(batches: Iterable[Sequence[Draft]], *, quota: Quota) -> Decide:
    """Choose round by round from all matters, the most useful of each first; so rare matters stay whole.

    Useful is what was approved, has several turns and a reply of ordinary length.
    """
    pool = _Pool()
    for batch in batches:
        for draft in batch:
            pool.add(draft)
    if pool.is_small(quota):
        return list
    topics = TopicFinder(pool.prompts.texts)
    about = [topics.of([_prompt(draft) for draft in batch]) for batch in batches]
    reasons = iter(memoryview(_left_out(pool, _joined(about), quota)))
    return lambda batch: [_chosen(draft, next(reasons)) for draft in batch]


def _joined(parts: Sequence[Any]) -> Any:
    import numpy as np

    return np.concatenate(parts)


_REASONS = ("", *LEFT_OUT)
_SPEAKER, _TOPIC, _ENOUGH = 1, 2, 3


def _chosen(draft: Draft, reason: int) -> Outcome:
    return draft.drop(_REASONS[reason], LEFT_OUT[_REASONS[reason]]) if reason else draft


class _Pool:
    """All drafts to choose from: in which order, by whom, how useful; and some of their prompts."""

    def __init__(self) -> None:
        self.shuffled, self.worth, self.speakers = array("Q"), array("d"), array("l")
        self.known = {"": 0}
        self.prompts = Sample(FITTED)

    def add(self, draft: Draft) -> None:
        speaker = next((m.author or "" for m in draft.messages if is_target(m)), "")
        self.speakers.append(self.known.setdefault(speaker, len(self.known)))
        self.worth.append(_worth(draft))
        self.shuffled.append(_shuffled(draft.id))
        self.prompts.add(_prompt(draft))

    def is_small(self, quota: Quota) -> bool:
        return len(self.worth) <= min(_FEW, quota.examples)


def _worth(draft: Draft) -> float:
    lengths = [len(words(m.content)) for m in draft.messages if is_target(m)]
    ordinary = sum(4 <= length <= 80 for length in lengths) / len(lengths)
    return 10.0 * bool(draft.reviewer) + ordinary + 0.25 * min(len(lengths), 4)


def _prompt(draft: Draft) -> str:
    return next((m.content[:400] for m in draft.messages if m.role == "user"), "")


def _left_out(pool: _Pool, topics: Any, quota: Quota) -> Any:
    """For each draft the number of the reason why it stays out, or 0."""
    import numpy as np

    total = min(len(topics), quota.examples)
    of_speaker = int(quota.speaker_share * total) if len(pool.known) > _SPEAKERS else len(topics)
    of_topic = int(quota.topic_share * total) if len(np.unique(topics)) >= _SPEAKERS else len(topics)
    taken, spoken, about = 0, Counter[int](), Counter[int]()
    reasons = np.zeros(len(topics), dtype=np.int8)
    for number in memoryview(_round_by_round(pool, topics)):
        speaker, topic = pool.speakers[number], int(topics[number])
        if taken >= quota.examples:
            reasons[number] = _ENOUGH
        elif speaker and spoken[speaker] >= of_speaker:
            reasons[number] = _SPEAKER
        elif about[topic] >= of_topic:
            reasons[number] = _TOPIC
        else:
            taken, spoken[speaker], about[topic] = taken + 1, spoken[speaker] + 1, about[topic] + 1
    return reasons


def _round_by_round(pool: _Pool, topics: Any) -> Any:
    """Numbers of drafts: first the best of every matter, then the second best, and so on."""
    import numpy as np

    best_first = np.lexsort((np.asarray(pool.shuffled), -np.asarray(pool.worth), topics))
    rank = np.empty(len(topics), dtype=np.int64)
    rank[best_first] = ranks(topics[best_first])
    return np.lexsort((topics, rank))


def _shuffled(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[:8], "big")
