"""The bench on which curation works: steps over chunks, one pass each, in several processes where that pays."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import pickle
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson

from conversations.errors import CurationRefused
from conversations.privacy import Redactor
from conversations.roster import NameFinder
from conversations.sources import Source
from styles.chunks import Chunks, load_chunk, save_json
from styles.drafts import CurationStep, Decide, Draft, Dropped, Outcome, Step, Survey, draft_row

Released = Mapping[str, Collection[str]]  # id of a draft → contents of it that a reviewer let out of quarantine
_WORTH_PROCESSES = 4  # chunks


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


@dataclass(slots=True)
class Bench:
    """Runs steps one after another. With a folder, what was done is kept there until the same work is asked for."""

    sources: Mapping[str, Source]
    roster: NameFinder | None = None
    released: Released = field(default_factory=dict)
    folder: Path | None = None
    processes: int = 1
    fates: Fates = field(default_factory=Fates)

    def run(
        self, steps: Sequence[CurationStep], chunks: Chunks, *, key: str, watch: Callable[[StepCount], None]
    ) -> Chunks:
        """Take all chunks through all steps. `key` stands for all that the outcome depends upon, but the steps."""
        for is_local, group in groupby(steps, key=_is_local):
            for these in [list(group)] if is_local else ([step] for step in group):
                key = hashlib.sha256("\0".join([key, *map(_signature, these)]).encode()).hexdigest()
                passed = _Pass(self, these, self._place(key))
                chunks = passed.local(chunks) if is_local else passed.whole(chunks)
                for count in passed.fates.count([step.name for step in these]):
                    watch(count)
                self.fates.extend(passed.fates)
        return chunks

    def _place(self, key: str) -> Path | None:
        if self.folder is None:
            return None
        place = self.folder / key[:16]
        place.mkdir(exist_ok=True)
        return place

    def judge(
        self, step: CurationStep, batch: Sequence[Draft], outcomes: Sequence[Outcome]
    ) -> tuple[list[Draft], Fate]:
        """Check what a step gave back, hide names in its sentences, and let out of quarantine what was released."""
        before = {draft.id: draft for draft in batch}
        if sorted(getattr(outcome, "id", "") for outcome in outcomes) != sorted(before):
            raise CurationRefused(
                f'The curation step "{step.name}" did not give back each of its {len(batch)} drafts exactly once, kept '
                "or dropped. No dataset was made; mend the step or leave its plugin out."
            )
        kept, fallen = list[Draft](), list[Dropped]()
        for outcome in outcomes:
            if isinstance(outcome, Draft):
                kept.append(outcome)
            elif outcome.quarantined and before[outcome.id].content in self.released.get(outcome.id, ()):
                kept.append(before[outcome.id])
            else:
                fallen.append(self._told(step, outcome, before[outcome.id]))
        changed = [draft.id for draft in kept if draft is not before[draft.id] and draft != before[draft.id]]
        return kept, Fate(step.name, len(batch), changed, fallen)

    def _told(self, step: CurationStep, dropped: Dropped, draft: Draft) -> Dropped:
        hidden = Redactor(self.roster)
        return replace(
            dropped,
            step=step.name,
            sentence=hidden.redact(dropped.sentence).text,
            evidence=tuple(hidden.redact(line).text for line in dropped.evidence),
            content=draft.content if dropped.quarantined else "",
        )


class _Pass:
    """One pass over all chunks: several local steps together, or one that needs to see everything."""

    def __init__(self, bench: Bench, steps: Sequence[CurationStep], folder: Path | None) -> None:
        self._bench, self._steps, self._folder = bench, steps, folder
        self.fates = Fates()

    def local(self, chunks: Chunks) -> Chunks:
        left = Chunks(self._bench.sources, self._folder)
        if self._folder is None:
            for batch in chunks:
                kept, fates = work(self._bench, self._steps, batch)
                left.add(kept)
                self.fates.add(fates)
            return left
        for path in self._on_files(chunks.paths):
            fates = load_fates(path.with_suffix(".fate"))
            left.adopt(path, fates[-1].kept)
            self.fates.add(fates, path.with_suffix(".fate"))
        return left

    def _on_files(self, paths: Sequence[Path]) -> Iterator[Path]:
        assert self._folder is not None
        tasks = [(path, self._folder / path.name) for path in paths]
        alone = replace(self._bench, folder=None, fates=Fates())
        equipment = _pickled((alone, self._steps)) if self._worth_processes(paths) else None
        if equipment is None:
            yield from (_on_file(alone, self._steps, task) for task in tasks)
            return
        method = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(self._bench.processes, method, _equip, (equipment,)) as pool:
            yield from pool.map(_by_equipped, tasks)

    def _worth_processes(self, paths: Sequence[Path]) -> bool:
        return self._bench.processes > 1 and len(paths) >= _WORTH_PROCESSES

    def whole(self, chunks: Chunks) -> Chunks:
        (step,) = self._steps
        decide = _studied(step, chunks) if isinstance(step, Survey) else None
        if decide is list:  # nothing is held against anything
            self.fates.add([Fate(step.name, chunks.drafts, (), ())])
            return chunks
        left = Chunks(self._bench.sources, self._folder)
        for number, (batch, outcomes) in enumerate(_decisions(step, decide, chunks)):
            kept, fate = self._bench.judge(step, batch, outcomes)
            left.add(kept)
            self._keep(number, fate)
        return left

    def _keep(self, number: int, fate: Fate) -> None:
        path = self._folder / f"{number:06}.fate" if self._folder and (fate.changed or fate.dropped) else None
        if path:
            save_fates(path, [fate])
        self.fates.add([fate], path)


def work(bench: Bench, steps: Sequence[CurationStep], batch: Sequence[Draft]) -> tuple[list[Draft], list[Fate]]:
    """Take one chunk through steps that need no other chunk."""
    left, fates = list(batch), list[Fate]()
    for step in steps:
        left, fate = bench.judge(step, left, _outcomes(step, left, step))
        fates.append(fate)
    return left, fates


def _decisions(
    step: CurationStep, decide: Decide | None, chunks: Chunks
) -> Iterator[tuple[Sequence[Draft], list[Outcome]]]:
    if decide:
        yield from ((batch, _outcomes(step, batch, decide)) for batch in chunks)
    else:
        everything = [draft for batch in chunks for draft in batch]
        if everything:
            yield everything, _outcomes(step, everything, step)


def _studied(step: Survey, chunks: Chunks) -> Decide:
    try:
        return step.study(chunks)
    except Exception as error:
        raise _refusal(step, [draft for batch in chunks for draft in batch], error) from error


def _outcomes(step: CurationStep, batch: Sequence[Draft], decide: Decide) -> list[Outcome]:
    try:
        return list(decide(batch))
    except Exception as error:
        raise _refusal(step, batch, error) from error


def _refusal(step: CurationStep, batch: Sequence[Draft], error: Exception) -> CurationRefused:
    where = _culprit(step, batch)
    return CurationRefused(
        f'The curation step "{step.name}" failed at {where}: {type(error).__name__}: {error}. '
        "No dataset was made; mend the step, leave its plugin out, or remove the conversation."
    )


def _culprit(step: CurationStep, batch: Sequence[Draft]) -> str:
    for draft in batch:
        try:
            list(step([draft]))
        except Exception:  # noqa: BLE001 - whatever a plugin raises, the row that it raises for is wanted
            return f"conversation {draft.conversation_id} ({draft.place or 'no place'})"
    return f"no single conversation, only at all {len(batch)} together"


_equipment: list[tuple[Bench, Sequence[CurationStep]]] = []


def _equip(pickled: bytes) -> None:
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _equipment[:] = [pickle.loads(pickled)]  # noqa: S301 - from the process that started this one


def _leave_with_parent() -> None:
    """A process whose parent was killed would wait for work for ever."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _by_equipped(task: tuple[Path, Path]) -> Path:
    return _on_file(*_equipment[0], task)


def _on_file(bench: Bench, steps: Sequence[CurationStep], task: tuple[Path, Path]) -> Path:
    source, target = task
    if not target.exists():  # its fate is written first
        left, fates = work(bench, steps, load_chunk(source, bench.sources))
        save_fates(target.with_suffix(".fate"), fates)
        save_json(target, [draft_row(draft) for draft in left])
    return target


def _pickled(value: object) -> bytes | None:
    """The value for another process; None where a plugin's step cannot go there."""
    try:
        return pickle.dumps(value)
    except (pickle.PicklingError, AttributeError, TypeError):
        return None


def _is_local(step: CurationStep) -> bool:
    return isinstance(step, Step) and step.local


def _signature(step: CurationStep) -> str:
    """Changes with the file that the step is written in and with what it was given, as far as that can be seen."""
    run = step.run if isinstance(step, Step) else step.study if isinstance(step, Survey) else step
    inner = getattr(run, "decide", run)
    module = sys.modules.get(
        getattr(inner, "__module__", "") or getattr(getattr(inner, "func", None), "__module__", "")
    )
    path = getattr(module, "__file__", None)
    code = hashlib.sha256(Path(path).read_bytes()).hexdigest() if path else ""
    return f"{step.name}:{code}"


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
    save_json(path, [[f.step, f.came_in, list(f.changed), [_row(dropped) for dropped in f.dropped]] for f in fates])


def load_fates(path: Path) -> list[Fate]:
    return [
        Fate(step, came_in, changed, [_dropped(row) for row in dropped])
        for step, came_in, changed, dropped in orjson.loads(path.read_bytes())
    ]


def _row(d: Dropped) -> list[Any]:
    kept_out = [d.quarantined, d.evidence, d.content]
    return [d.step, d.reason, d.sentence, d.id, d.conversation_id, d.place, *kept_out]


def _dropped(row: Sequence[Any]) -> Dropped:
    step, reason, sentence, name, conversation, place, quarantined, evidence, content = row
    return Dropped(step, reason, sentence, name, conversation, place, quarantined, tuple(evidence), content)
