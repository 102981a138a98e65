"""Chunks: drafts a few thousand at a time, in memory or in files, so that a million of them need little memory."""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import orjson

from conversations.sources import Source
from styles.drafts import Draft, draft_of, draft_row

CHUNK = 4_000
_RUN = 16_000  # drafts that are sorted in memory
_LINE = 100  # drafts that are read at once while sorted runs are merged


class Chunks:
    """Batches of drafts that can be gone through again and again; none is cut within a conversation."""

    def __init__(self, sources: Mapping[str, Source], folder: Path | None = None) -> None:
        self._sources = sources
        self._folder = folder
        self._held: list[Sequence[Draft]] = []
        self._paths: list[Path] = []

    def __iter__(self) -> Iterator[Sequence[Draft]]:
        return chain(self._held, (load_chunk(path, self._sources) for path in self._paths))

    def __len__(self) -> int:
        return len(self._held) + len(self._paths)

    @property
    def paths(self) -> Sequence[Path]:
        """The files of the chunks, where they are in files."""
        return tuple(self._paths)

    def add(self, batch: Sequence[Draft]) -> None:
        if self._folder is None:
            self._held.append(batch)
            return
        path = self._folder / f"{len(self._paths):06}.left"
        save_json(path, [draft_row(draft) for draft in batch])
        self._paths.append(path)

    def adopt(self, path: Path) -> None:
        """Take in a chunk that another process wrote."""
        self._paths.append(path)


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
    while run := sorted(islice(rest, _RUN), key=_age):
        runs.append(folder / f"{len(runs):06}.run")
        _save_run(runs[-1], run)
    yield from heapq.merge(*(_load_run(path, sources) for path in runs), key=_age)
    for path in runs:
        path.unlink()


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
