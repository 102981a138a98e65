"""Chunks: drafts a few thousand at a time, in memory or in files, so that a million of them need little memory."""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from conversations.errors import CurationRefused
from conversations.sources import Source
from styles.drafts import Draft, draft_of, draft_row

CHUNK = 4_000
_HELD = 32_000_000  # bytes of drafts that are sorted in memory, or kept there although they are in a file
_DRAFT = 800  # bytes of a draft in memory, besides its line in a file


@dataclass(slots=True)
class _Part:
    """One chunk: in memory, in a file, or both."""

    length: int
    batch: Sequence[Draft] | None = None
    path: Path | None = None


class Chunks:
    """Batches of drafts that can be gone through again and again; none is cut within a conversation.

    Those of `coming` are taken in when somebody first goes through them. With a folder, what does not fit into `_HELD`
    bytes is in files; without one, everything is in memory.
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        folder: Path | None = None,
        coming: Iterable[Sequence[Draft]] = (),
    ) -> None:
        self._sources = sources
        self._folder = folder
        self._coming = iter(coming)
        self._parts: list[_Part] = []
        self._room = _HELD

    def __iter__(self) -> Iterator[Sequence[Draft]]:
        number = 0
        while True:
            for part in self._parts[number:]:
                yield self._batch(part)
                number += 1
            if number == len(self._parts):
                batch = self._grow()
                if batch is None:
                    return
                number += 1
                yield batch

    def complete(self) -> Sequence[_Part]:
        """Take in all that is still coming."""
        while self._grow() is not None:
            pass
        return self._parts

    @property
    def drafts(self) -> int:
        return sum(part.length for part in self.complete())

    @property
    def paths(self) -> Sequence[Path]:
        """The files of the chunks; what is in memory only is written now."""
        for number, part in enumerate(self.complete()):
            if part.path is None and part.batch is not None:
                part.path = self._saved(number, lines_of(part.batch))
        return tuple(part.path for part in self._parts if part.path)

    def add(self, batch: Sequence[Draft], lines: bytes = b"") -> None:
        """Take in a chunk; with its lines, it is written into a file in any case."""
        size = len(lines) or sum(len(message.content) for draft in batch for message in draft.messages)
        fits = self._folder is None or self._fits(len(batch), size)
        number = len(self._parts)
        path = self._saved(number, lines or lines_of(batch)) if lines or not fits else None
        self._parts.append(_Part(len(batch), batch if fits else None, path))

    def adopt(self, path: Path, length: int, *, number: int, before: Chunks) -> None:
        """Take in a chunk that another process made of chunk `number` of `before`."""
        old = before.complete()[number]
        batch = None
        if old.batch is not None and self._fits(length, path.stat().st_size):
            batch = _updated(old, path, self._sources)
            if len(batch) != length:
                raise damaged(path)
        self._parts.append(_Part(length, batch, path))

    def _saved(self, number: int, lines: bytes) -> Path:
        assert self._folder is not None
        path = self._folder / f"{number:06}.left"
        save_bytes(path, lines)
        return path

    def _grow(self) -> Sequence[Draft] | None:
        batch = next(self._coming, None)
        if batch is not None:
            self.add(batch)
        return batch

    def _batch(self, part: _Part) -> Sequence[Draft]:
        if part.batch is not None:
            return part.batch
        assert part.path is not None
        batch = load_chunk(part.path, self._sources)
        if len(batch) != part.length:
            raise damaged(part.path)
        if self._fits(len(batch), part.path.stat().st_size):
            part.batch = batch
        return batch

    def _fits(self, drafts: int, size: int) -> bool:
        """Take room for a batch if there is any."""
        wanted = size + drafts * _DRAFT
        if fits := wanted <= self._room:
            self._room -= wanted
        return fits


def _updated(old: _Part, path: Path, sources: Mapping[str, Source]) -> list[Draft]:
    """The drafts of a file that was made of another one; most are the same, and those need not be read again."""
    assert old.batch is not None
    lines = old.path.read_bytes() if old.path else lines_of(old.batch)
    known = dict(zip(lines.splitlines(), old.batch, strict=True))
    try:
        return [known.get(line) or draft_of(orjson.loads(line), sources) for line in path.read_bytes().splitlines()]
    except ValueError as error:
        raise damaged(path) from error


def load_chunk(path: Path, sources: Mapping[str, Source]) -> list[Draft]:
    """The drafts of a file. Raises `CurationRefused` where it breaks off."""
    try:
        with path.open("rb") as lines:
            return [draft_of(orjson.loads(line), sources) for line in lines]
    except ValueError as error:
        raise damaged(path) from error


def damaged(path: Path) -> CurationRefused:
    """What to say of a file that is not as it was written: nobody waits for the disk, so a power cut may do that."""
    return CurationRefused(
        f"{path} breaks off, so no dataset can be made with it. Delete {path.parent.parent} and curate again."
    )


def lines_of(batch: Iterable[Draft]) -> bytes:
    """Drafts as lines of a file; the same drafts are the same lines."""
    return b"".join(orjson.dumps(draft_row(draft), option=orjson.OPT_APPEND_NEWLINE) for draft in batch)


def save_bytes(path: Path, content: bytes) -> None:
    """Write a file that is there as a whole or not at all; it only spares work, so nobody waits for the disk."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        raise CurationRefused(
            f"What curation works on cannot be written to {path.parent}: {error.strerror or error}. Make room there "
            "and start it again; it goes on where it was."
        ) from error


def in_chunks(drafts: Iterable[Draft], size: int = CHUNK) -> Iterator[list[Draft]]:
    """Cut a stream of drafts after so many, where the next conversation begins."""
    batch: list[Draft] = []
    for draft in drafts:
        if len(batch) >= size and draft.conversation_id != batch[-1].conversation_id:
            yield batch
            batch = []
        batch.append(draft)
    if batch:
        yield batch


def oldest_first(drafts: Iterable[Draft], sources: Mapping[str, Source], folder: Path | None) -> Iterator[Draft]:
    """Sort drafts; with a folder, by sorted runs in files that are merged."""
    if folder is None:
        yield from sorted(drafts, key=_age)
        return
    rest, runs = iter(drafts), list[Path]()
    run = _sorted_run(rest)
    while following := _sorted_run(rest):
        runs.append(folder / f"{len(runs):06}.run")
        save_bytes(runs[-1], lines_of(run))
        run = following
    yield from heapq.merge(*(_load_run(path, sources) for path in runs), run, key=_age) if runs else run
    for path in runs:
        path.unlink()


def _sorted_run(rest: Iterator[Draft]) -> list[Draft]:
    run, size = list[Draft](), 0
    for draft in rest:
        run.append(draft)
        size += _DRAFT + sum([len(message.content) for message in draft.messages])
        if size >= _HELD:
            break
    run.sort(key=_age)
    return run


def _age(draft: Draft) -> tuple[Any, ...]:
    return draft.known_since, draft.conversation_id, draft.place


def _load_run(path: Path, sources: Mapping[str, Source]) -> Iterator[Draft]:
    with path.open("rb") as lines:
        yield from (draft_of(orjson.loads(line), sources) for line in lines)
