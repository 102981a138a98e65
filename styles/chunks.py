"""Chunks: drafts a few thousand at a time, in memory or in files, so that a million of them need little memory."""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from conversations.sources import Source
from styles.drafts import Draft, draft_of, draft_row

CHUNK = 4_000
_LINE = 100  # drafts that are read at once while sorted runs are merged
_HELD = 32_000_000  # bytes of drafts that are sorted in memory, or kept there although they could be in a file
_MESSAGE = 400  # bytes of a message without its text


@dataclass(slots=True)
class _Part:
    """One chunk: in memory, in a file, or both."""

    length: int
    batch: Sequence[Draft] | None = None
    path: Path | None = None


class Chunks:
    """Batches of drafts that can be gone through again and again; none is cut within a conversation.

    With a folder, what does not fit into `_HELD` bytes is in files; without one, everything is in memory.
    """

    def __init__(self, sources: Mapping[str, Source], folder: Path | None = None) -> None:
        self._sources = sources
        self._folder = folder
        self._parts: list[_Part] = []
        self._room = _HELD

    def __iter__(self) -> Iterator[Sequence[Draft]]:
        return map(self._batch, self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    @property
    def drafts(self) -> int:
        return sum(part.length for part in self._parts)

    @property
    def paths(self) -> Sequence[Path]:
        """The files of the chunks; what is in memory only is written now."""
        for number, part in enumerate(self._parts):
            if part.path is None and part.batch is not None:
                part.path = self._saved(number, part.batch)
        return tuple(part.path for part in self._parts if part.path)

    def add(self, batch: Sequence[Draft]) -> None:
        if self._fits(batch):
            self._parts.append(_Part(len(batch), batch))
        else:
            self._parts.append(_Part(len(batch), path=self._saved(len(self._parts), batch)))

    def adopt(self, path: Path, length: int) -> None:
        """Take in a chunk that another process wrote."""
        self._parts.append(_Part(length, path=path))

    def _batch(self, part: _Part) -> Sequence[Draft]:
        if part.batch is not None:
            return part.batch
        assert part.path is not None
        batch = load_chunk(part.path, self._sources)
        if self._fits(batch):
            part.batch = batch
        return batch

    def _fits(self, batch: Sequence[Draft]) -> bool:
        """Take room for a batch if there is any."""
        if self._folder is None:
            return True
        size = sum(map(_size, batch))
        if fits := size <= self._room:
            self._room -= size
        return fits

    def _saved(self, number: int, batch: Sequence[Draft]) -> Path:
        assert self._folder is not None
        path = self._folder / f"{number:06}.left"
        save_json(path, [draft_row(draft) for draft in batch])
        return path


def load_chunk(path: Path, sources: Mapping[str, Source]) -> list[Draft]:
    return [draft_of(row, sources) for row in orjson.loads(path.read_bytes())]


def save_json(path: Path, content: Any) -> None:
    """Write a file that is there as a whole or not at all; it only spares work, so nobody waits for the disk."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_bytes(orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS))
    part.replace(path)


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
        _save_run(runs[-1], run)
        run = following
    yield from heapq.merge(*(_load_run(path, sources) for path in runs), run, key=_age)
    for path in runs:
        path.unlink()


def _sorted_run(rest: Iterator[Draft]) -> list[Draft]:
    run, size = list[Draft](), 0
    for draft in rest:
        run.append(draft)
        size += _size(draft)
        if size >= _HELD:
            break
    return sorted(run, key=_age)


def _size(draft: Draft) -> int:
    return sum(len(message.content) + _MESSAGE for message in draft.messages)


def _age(draft: Draft) -> tuple[Any, ...]:
    return draft.known_since, draft.conversation_id, draft.place


def _save_run(path: Path, run: Sequence[Draft]) -> None:
    with path.open("wb") as lines:
        for start in range(0, len(run), _LINE):
            lines.write(orjson.dumps([draft_row(draft) for draft in run[start : start + _LINE]]) + b"\n")


def _load_run(path: Path, sources: Mapping[str, Source]) -> Iterator[Draft]:
    with path.open("rb") as lines:
        for line in lines:
            yield from (draft_of(row, sources) for row in orjson.loads(line))
