"""The bench on which curation works: steps over chunks, one pass each, in several processes where that pays."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from types import TracebackType

from conversations.errors import CurationRefused
from conversations.privacy import Redactor
from conversations.roster import NameFinder
from conversations.sources import Source
from styles import chunks as chunking
from styles.chunks import Chunks, lines_of, load_chunk, save_bytes
from styles.crew import Crew, pickled
from styles.drafts import CurationStep, Decide, Draft, Dropped, Outcome, Step, Survey
from styles.fates import Fate, Fates, StepCount, load_fates, save_fates
from styles.fingerprints import fingerprint

Contents = Mapping[str, Collection[str]]  # id of a draft → contents of it that a reviewer decided about
_MANY = 10  # chunks; with fewer, starting other processes takes longer than they spare
REJECTED = "rejected"
_PLACE = re.compile(r"[0-9a-f]{16}")
_Task = tuple[int, Path, Path]  # number of a group of steps, file of a chunk, file of what is left of it


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a curation is: at which of its steps, and how many drafts that has seen of about so many."""

    name: str
    number: int  # from 1; 0 while conversations are read
    steps: int
    done: int
    total: int | None = None

    @property
    def title(self) -> str:
        return f"step {self.number} of {self.steps}, {self.name}" if self.number else self.name


Tell = Callable[[Stage], None]


@dataclass(frozen=True, slots=True)
class Judge:
    """Takes what steps give back, and says what becomes of each draft."""

    sources: Mapping[str, Source]
    roster: NameFinder | None = None
    released: Contents = field(default_factory=dict)  # out of quarantine
    rejected: Contents = field(default_factory=dict)  # for good, also where no step holds it back any more

    def judge(
        self, step: CurationStep, batch: Sequence[Draft], outcomes: Sequence[Outcome]
    ) -> tuple[list[Draft], Fate]:
        """Check what a step gave back, hide names in its sentences, and do what reviewers decided about quarantine."""
        kept, changed, fallen = list[Draft](), list[str](), list[Dropped]()
        for draft, outcome in _paired(step, batch, outcomes):
            if self.rejected and _is_among(self.rejected, draft):
                fallen.append(self._told(step, draft.drop(REJECTED, "A reviewer rejected it in quarantine."), draft))
            elif outcome is draft:
                kept.append(draft)
            elif isinstance(outcome, Draft):
                kept.append(outcome)
                if outcome != draft:
                    changed.append(draft.id)
            elif outcome.quarantined and _is_among(self.released, draft):
                kept.append(draft)
            else:
                fallen.append(self._told(step, outcome, draft))
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

    def work(self, steps: Sequence[CurationStep], batch: Sequence[Draft]) -> tuple[list[Draft], list[Fate]]:
        """Take one chunk through steps that need no other chunk."""
        left, fates = list(batch), list[Fate]()
        for step in steps:
            left, fate = self.judge(step, left, _outcomes(step, left, step))
            fates.append(fate)
        return left, fates


def _is_among(contents: Contents, draft: Draft) -> bool:
    return draft.id in contents and draft.content in contents[draft.id]


def _paired(step: CurationStep, batch: Sequence[Draft], outcomes: Sequence[Outcome]) -> Iterator[tuple[Draft, Outcome]]:
    """Each outcome with the draft that it came from. Raises `CurationRefused` unless each draft has exactly one."""
    names = [outcome.id if isinstance(outcome, (Draft, Dropped)) else "" for outcome in outcomes]
    if [draft.id for draft in batch] == names:
        return zip(batch, outcomes, strict=True)
    before = {draft.id: draft for draft in batch}
    if sorted(names) != sorted(before):
        raise CurationRefused(
            f'The curation step "{step.name}" did not give back each of its {len(batch)} drafts exactly once, kept '
            "or dropped. No dataset was made; mend the step or leave its plugin out."
        )
    return ((before[outcome.id], outcome) for outcome in outcomes)


@dataclass(frozen=True, slots=True)
class _OnFiles:
    """Takes the file of a chunk through one of several groups of steps; None is one that cannot leave its process."""

    judge: Judge
    groups: Sequence[Sequence[CurationStep] | None]

    def __call__(self, task: _Task) -> Path:
        group, source, target = task
        steps = self.groups[group]
        assert steps is not None
        return _into_file(self.judge, steps, partial(load_chunk, source, self.judge.sources), target)


def _into_file(judge: Judge, steps: Sequence[CurationStep], batch: Callable[[], Sequence[Draft]], target: Path) -> Path:
    """Take a chunk through steps; what is left, and the fates of the rest, are in files afterwards."""
    if not target.exists():  # its fate is written first
        left, fates = judge.work(steps, batch())
        save_fates(target.with_suffix(".fate"), fates)
        save_bytes(target, lines_of(left))
    return target


class Bench:
    """Runs steps one after another. With a folder, what was done is kept there until the same work is asked for."""

    def __init__(
        self,
        judge: Judge,
        steps: Sequence[CurationStep],
        folder: Path | None = None,
        *,
        processes: int = 1,
        tell: Tell = lambda stage: None,
    ) -> None:
        self.judge, self.folder, self._processes, self._tell = judge, folder, processes, tell
        self._steps = len(steps)
        self.fates = Fates()
        self._groups = [
            (is_local, tuple(these))
            for is_local, group in groupby(steps, key=_is_local)
            for these in ([group] if is_local else ([step] for step in group))
        ]
        self._crew: Crew | None = None

    def __enter__(self) -> Bench:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._crew:
            self._crew.leave()

    def has_read(self, conversations: int) -> None:
        """Hear that so many conversations were read; where they are many, others are called in to help."""
        self._tell(Stage("reading", 0, self._steps, conversations))
        if conversations >= _MANY * chunking.CHUNK:
            self._call()

    def _call(self) -> None:
        if self._crew or self.folder is None or self._processes < 2:
            return
        groups = [group if is_local and pickled(group) else None for is_local, group in self._groups]
        if any(groups):
            work = pickled(_OnFiles(self.judge, groups))
            self._crew = Crew(self._processes, work) if work else None

    def run(self, chunks: Chunks, *, key: str, watch: Callable[[StepCount], None]) -> Chunks:
        """Take all chunks through all steps. `key` stands for all that the outcome depends upon, but the steps."""
        before: _Pass | None = None
        total = chunks.drafts
        places = self._places(key)
        for number, (is_local, steps) in enumerate(self._groups):
            passed = _Pass(self, number, steps, places[number], self._teller(number, total))
            left = passed.local(chunks) if is_local else passed.whole(chunks)
            total = chunks.drafts
            self._count(before, watch)  # its chunks are complete only now
            before, chunks = passed, left
        chunks.complete()
        self._count(before, watch)
        return chunks

    def _teller(self, group: int, total: int) -> Callable[[int], None]:
        """A function that tells how many drafts a group of steps is through with."""
        steps = self._groups[group][1]
        name = steps[0].name if len(steps) == 1 else f"{steps[0].name} to {steps[-1].name}"
        number = 1 + sum(len(these) for _, these in self._groups[:group])
        return lambda done: self._tell(Stage(name, number, self._steps, done, total))

    def _count(self, passed: _Pass | None, watch: Callable[[StepCount], None]) -> None:
        if passed:
            for count in passed.fates.count([step.name for step in passed.steps]):
                watch(count)
            self.fates.extend(passed.fates)

    def _places(self, key: str) -> Sequence[Path | None]:
        """A folder for each group of steps; those of other work, which nobody will go on with, are removed."""
        if self.folder is None:
            return [None] * len(self._groups)
        places = []
        for _, steps in self._groups:
            key = fingerprint([key, steps])
            places.append(self.folder / key[:16])
        for left in self.folder.iterdir():
            if left not in places and _PLACE.fullmatch(left.name):
                shutil.rmtree(left, ignore_errors=True)
        for place in places:
            place.mkdir(exist_ok=True)
        return places

    def on_files(self, number: int, chunks: Chunks, folder: Path) -> Iterator[Path]:
        """Take chunks through a group of steps into files, by the crew if there is one for them."""
        _, steps = self._groups[number]
        if self._crew and pickled(steps):
            yield from self._crew.map([(number, path, folder / path.name) for path in chunks.paths])
        else:
            for place, batch in enumerate(chunks):
                yield _into_file(self.judge, steps, partial(list, batch), folder / f"{place:06}.left")


class _Pass:
    """One pass over all chunks: several local steps together, or one that needs to see everything."""

    def __init__(
        self,
        bench: Bench,
        number: int,
        steps: Sequence[CurationStep],
        folder: Path | None,
        tell: Callable[[int], None],
    ) -> None:
        self._bench, self._number, self.steps, self._folder, self._tell = bench, number, steps, folder, tell
        self.fates = Fates()

    def local(self, chunks: Chunks) -> Chunks:
        left = Chunks(self._bench.judge.sources, self._folder)
        if self._folder is None:
            for batch in self._told(chunks):
                kept, fates = self._bench.judge.work(self.steps, batch)
                left.add(kept)
                self.fates.add(fates)
            return left
        done = 0
        for number, path in enumerate(self._bench.on_files(self._number, chunks, self._folder)):
            fates = load_fates(path.with_suffix(".fate"))
            left.adopt(path, fates[-1].kept, number=number, before=chunks)
            self.fates.add(fates, path.with_suffix(".fate"))
            done += fates[0].came_in
            self._tell(done)
        return left

    def _told(self, chunks: Iterable[Sequence[Draft]]) -> Iterator[Sequence[Draft]]:
        done = 0
        for batch in chunks:
            yield batch
            done += len(batch)
            self._tell(done)

    def whole(self, chunks: Chunks) -> Chunks:
        """What is left is decided batch by batch, when somebody first goes through it: then it is read once less."""
        (step,) = self.steps
        decide = _studied(step, _Told(chunks, self._told)) if isinstance(step, Survey) else None
        chunks.complete()
        if decide is list and not self._bench.judge.rejected:  # nothing is held against anything
            self.fates.add([Fate(step.name, chunks.drafts, (), ())])
            return chunks
        return Chunks(self._bench.judge.sources, self._folder, self._left(step, decide, chunks))

    def _left(self, step: CurationStep, decide: Decide | None, chunks: Chunks) -> Iterator[Sequence[Draft]]:
        for number, (batch, outcomes) in enumerate(_decisions(step, decide, chunks)):
            kept, fate = self._bench.judge.judge(step, batch, outcomes)
            self._keep(number, fate)
            yield kept

    def _keep(self, number: int, fate: Fate) -> None:
        path = self._folder / f"{number:06}.fate" if self._folder and (fate.changed or fate.dropped) else None
        if path:
            save_fates(path, [fate])
        self.fates.add([fate], path)


def _decisions(
    step: CurationStep, decide: Decide | None, chunks: Chunks
) -> Iterator[tuple[Sequence[Draft], list[Outcome]]]:
    if decide:
        yield from ((batch, _outcomes(step, batch, decide)) for batch in chunks)
    else:
        everything = [draft for batch in chunks for draft in batch]
        if everything:
            yield everything, _outcomes(step, everything, step)


@dataclass(frozen=True, slots=True)
class _Told:
    """Chunks that tell each time how far somebody is who goes through them."""

    chunks: Chunks
    told: Callable[[Iterable[Sequence[Draft]]], Iterator[Sequence[Draft]]]

    def __iter__(self) -> Iterator[Sequence[Draft]]:
        return self.told(self.chunks)


def _studied(step: Survey, chunks: Iterable[Sequence[Draft]]) -> Decide:
    try:
        return step.study(chunks)
    except CurationRefused:  # by the step before, whose outcome is made while this one looks at it
        raise
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


def _is_local(step: CurationStep) -> bool:
    return isinstance(step, Step) and step.local
