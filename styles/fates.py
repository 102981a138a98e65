"""Fates: what each curation step did with each chunk, and why; counted in memory, kept in files."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from styles.chunks import damaged, save_bytes
from styles.drafts import Dropped


@dataclass(frozen=True, slots=True)
class StepCount:
    """What one step did: what came in, what it changed, what it dropped by reason, and what it put in quarantine."""

    step: str
    came_in: int
    changed: int
    dropped: Mapping[str, int]
    quarantined: int = 0

    @property
    def kept(self) -> int:
        return self.came_in - sum(self.dropped.values())


@dataclass(frozen=True, slots=True)
class Fate:
    """What one step did with one chunk."""

    step: str
    came_in: int
    changed: Sequence[str]
    dropped: Sequence[Dropped]

    @property
    def kept(self) -> int:
        return self.came_in - len(self.dropped)


@dataclass(frozen=True, slots=True)
class _Told:
    """The count of one fate, and where the fate itself is: in memory, or in a line of a file."""

    count: StepCount
    fate: Fate | None
    path: Path | None
    line: int


class Fates:
    """What all steps did with all chunks, in memory or in files; what they come to is always at hand."""

    def __init__(self) -> None:
        self._told: defaultdict[str, list[_Told]] = defaultdict(list)

    def add(self, fates: Sequence[Fate], path: Path | None = None) -> None:
        """Take in fates; with the path of the file that they are in, only what they come to is kept."""
        for line, fate in enumerate(fates):
            self._told[fate.step].append(_Told(_count(fate), None if path else fate, path, line))

    def extend(self, others: Fates) -> None:
        for step, told in others._told.items():
            self._told[step] += told

    def of(self, step: str) -> Iterator[Fate]:
        """The fates in which a step changed or dropped something."""
        for told in self._told[step]:
            if told.count.changed or told.count.dropped:
                yield told.fate or load_fates(told.path)[told.line]  # type: ignore[arg-type]

    def count(self, steps: Sequence[str]) -> list[StepCount]:
        return [_sum(step, [told.count for told in self._told[step]]) for step in steps]


class Records(Collection[Any]):
    """What was dropped, or changed, step by step; read from files each time it is gone through."""

    def __init__(self, length: int, read: Callable[[], Iterator[Any]]) -> None:
        self._length, self._read = length, read

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Any]:
        return self._read()

    def __contains__(self, wanted: object) -> bool:
        return any(one == wanted for one in self)


def _count(fate: Fate) -> StepCount:
    reasons = Counter(dropped.reason for dropped in fate.dropped)
    quarantined = sum(dropped.quarantined for dropped in fate.dropped)
    return StepCount(fate.step, fate.came_in, len(fate.changed), reasons, quarantined)


def _sum(step: str, counts: Sequence[StepCount]) -> StepCount:
    reasons: Counter[str] = Counter()
    for count in counts:
        reasons.update(count.dropped)
    came_in, changed = sum(count.came_in for count in counts), sum(count.changed for count in counts)
    return StepCount(step, came_in, changed, dict(reasons.most_common()), sum(count.quarantined for count in counts))


def save_fates(path: Path, fates: Sequence[Fate]) -> None:
    rows = [[f.step, f.came_in, list(f.changed), [_row(dropped) for dropped in f.dropped]] for f in fates]
    save_bytes(path, orjson.dumps(rows))


def load_fates(path: Path) -> list[Fate]:
    """The fates of a file. Raises `CurationRefused` where it breaks off."""
    try:
        rows = orjson.loads(path.read_bytes())
    except ValueError as error:
        raise damaged(path) from error
    return [
        Fate(step, came_in, changed, [_dropped(row) for row in dropped]) for step, came_in, changed, dropped in rows
    ]


def _row(d: Dropped) -> list[Any]:
    kept_out = [d.quarantined, d.evidence, d.content]
    return [d.step, d.reason, d.sentence, d.id, d.conversation_id, d.place, *kept_out]


def _dropped(row: Sequence[Any]) -> Dropped:
    step, reason, sentence, name, conversation, place, quarantined, evidence, content = row
    return Dropped(step, reason, sentence, name, conversation, place, quarantined, tuple(evidence), content)
