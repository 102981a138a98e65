"""Selection: the most useful examples, under caps on what one speaker and one matter may make up."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from styles.drafts import Decide, Draft, Outcome
from styles.examples import is_target
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
    from styles.topics import topics_of

    names, speakers, worth, prompts = list[str](), list[str](), list[float](), list[str]()
    for batch in batches:
        for draft in batch:
            names.append(draft.id)
            speakers.append(next((m.author or "" for m in draft.messages if is_target(m)), ""))
            worth.append(_worth(draft))
            prompts.append(_prompt(draft))
    reasons = _left_out(names, speakers, worth, topics_of(prompts), quota)
    return lambda batch: [_chosen(draft, reasons) for draft in batch]


def _chosen(draft: Draft, reasons: dict[str, str]) -> Outcome:
    return draft.drop(reasons[draft.id], LEFT_OUT[reasons[draft.id]]) if draft.id in reasons else draft


def _worth(draft: Draft) -> float:
    lengths = [len(words(m.content)) for m in draft.messages if is_target(m)]
    ordinary = sum(4 <= length <= 80 for length in lengths) / len(lengths)
    return 10.0 * bool(draft.reviewer) + ordinary + 0.25 * min(len(lengths), 4)


def _prompt(draft: Draft) -> str:
    return next((m.content[:400] for m in draft.messages if m.role == "user"), "")


def _left_out(
    names: Sequence[str], speakers: Sequence[str], worth: Sequence[float], topics: Any, quota: Quota
) -> dict[str, str]:
    total = min(len(names), quota.examples)
    if total <= _FEW and len(names) <= quota.examples:
        return {}
    known = {speaker for speaker in speakers if speaker}
    of_speaker = int(quota.speaker_share * total) if len(known) >= _SPEAKERS else len(names)
    of_topic = int(quota.topic_share * total) if len(set(topics.tolist())) >= _SPEAKERS else len(names)
    taken, spoken, about, reasons = 0, Counter[str](), Counter[int](), dict[str, str]()
    for number in _round_by_round(names, worth, topics):
        speaker, topic = speakers[number], int(topics[number])
        if taken >= quota.examples:
            reasons[names[number]] = "not-chosen"
        elif speaker and spoken[speaker] >= of_speaker:
            reasons[names[number]] = "speaker-cap"
        elif about[topic] >= of_topic:
            reasons[names[number]] = "topic-cap"
        else:
            taken, spoken[speaker], about[topic] = taken + 1, spoken[speaker] + 1, about[topic] + 1
    return reasons


def _round_by_round(names: Sequence[str], worth: Sequence[float], topics: Any) -> list[int]:
    """First the best of every matter, then the second best, and so on."""
    by_topic: defaultdict[int, list[int]] = defaultdict(list)
    for number in sorted(range(len(names)), key=lambda n: (-worth[n], _shuffled(names[n]))):
        by_topic[int(topics[number])].append(number)
    ranked = [(rank, topic, number) for topic, numbers in by_topic.items() for rank, number in enumerate(numbers)]
    return [number for _, _, number in sorted(ranked)]


def _shuffled(name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[:8]
