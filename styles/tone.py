"""Tone: replies of one speaker or one day that sound unlike everything else that the brand says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from styles.drafts import Decide, Draft, Outcome
from styles.examples import is_target

_ENOUGH = 60  # replies, to know how a brand sounds
_GROUP = 5  # replies of one speaker or day
_SMALL = 0.1  # share of all replies that a shift may be; more of them are how the brand sounds
_FAR = -1.5  # standard deviations below the mean likeness, on average over a group
_AT_ONCE = 2_000


def study_tone(batches: Iterable[Sequence[Draft]]) -> Decide:
    """Quarantine the replies of a speaker, or of a day, whose likeness to all others is far below the usual.

    Likeness is the cosine between runs of two to four letters and their mean over all replies. Where neither speaker
    nor day is known, nothing is said.
    """
    said = [(draft.id, text, _groups(draft)) for batch in batches for draft in batch if (text := _said(draft))]
    if len(said) < _ENOUGH or not any(groups for *_, groups in said):
        return list
    import numpy as np

    scores = _likeness([text for _, text, _ in said])
    members: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for number, (_, _, groups) in enumerate(said):
        for group in groups:
            members[group].append(number)
    told: dict[str, str] = {}
    for (kind, _), numbers in sorted(members.items()):
        far = float(np.mean(scores[numbers]))
        if _GROUP <= len(numbers) <= _SMALL * len(said) and far < _FAR:
            evidence = f"{len(numbers)} replies of one {kind} are {-far:.1f} standard deviations off: "
            told.update((said[number][0], evidence + said[number][1][:80]) for number in numbers)
    return lambda batch: [_unless_shifted(draft, told) for draft in batch]


def _said(draft: Draft) -> str:
    return " ".join(m.content for m in draft.messages if is_target(m))


def _groups(draft: Draft) -> list[tuple[str, str]]:
    ours = [m for m in draft.messages if is_target(m)]
    speakers = [("speaker", m.author) for m in ours[:1] if m.author]
    return [*speakers, *(("day", str(m.sent_at.date())) for m in ours[:1] if m.sent_at)]


def _likeness(texts: Sequence[str]) -> Any:
    import numpy as np
    from sklearn.feature_extraction.text import HashingVectorizer

    letters = HashingVectorizer(analyzer="char_wb", ngram_range=(2, 4), n_features=2**15, alternate_sign=False)
    parts = [letters.transform(texts[start : start + _AT_ONCE]) for start in range(0, len(texts), _AT_ONCE)]
    mean = sum(np.asarray(part.sum(axis=0)).ravel() for part in parts) / len(texts)
    cosine = np.concatenate([part @ mean for part in parts])
    spread = float(cosine.std()) or 1.0
    return (cosine - cosine.mean()) / spread


def _unless_shifted(draft: Draft, told: dict[str, str]) -> Outcome:
    if draft.id not in told or draft.reviewer:
        return draft
    return draft.quarantine("tone-shift", "It sounds unlike everything else that the brand says.", told[draft.id])
