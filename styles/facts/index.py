"""The built-in search: SQLite's full-text index over a folder, which follows its changes."""

from __future__ import annotations

import logging
import re
import sqlite3
import threading
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Final

from conversations.errors import ImportRefused
from styles.facts.passages import READERS, Passage, read_passages

log = logging.getLogger(__name__)

MOST_BYTES: Final = 64 * 2**20  # of all files together; what is beyond is left out, and the log says so
_MOST_WORDS: Final = 32  # of a question
_UNSPACED: Final = ("zh", "ja", "ko", "th")  # written without spaces between words
_SHARE_OF_BEST: Final = 0.4  # passages that fit less well than this share of the best one are no answer

_Stamp = tuple[int, int]


class FactIndex:
    """Passages of a folder, held in memory. Safe to use from several threads."""

    def __init__(
        self,
        folder: Path,
        *,
        language: str = "en",
        look_every: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder = folder
        self._unspaced = language[:2] in _UNSPACED
        self._common = function_words(language)
        self._look_every = look_every
        self._clock = clock
        self._looked_at = -look_every
        self._stamps: dict[str, _Stamp] = {}
        self._lock = threading.Lock()
        self._index = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        tokenizer = "trigram" if self._unspaced else "porter unicode61 remove_diacritics 2"
        self._index.execute(
            f"CREATE VIRTUAL TABLE passages USING fts5(source UNINDEXED, heading, text, tokenize='{tokenizer}')"
        )

    def __len__(self) -> int:
        """How many passages there are now."""
        with self._lock:
            self._follow()
            return int(self._index.execute("SELECT count(*) FROM passages").fetchone()[0])

    def search(self, question: str, *, limit: int = 3) -> list[Passage]:
        """The passages that fit a question best, best first; none where nothing fits."""
        words = self._words(question)
        if not words:
            return []
        with self._lock:
            self._follow()
            rows = self._index.execute(
                "SELECT source, heading, text, bm25(passages, 0, 4, 1) AS score FROM passages "
                "WHERE passages MATCH ? ORDER BY score LIMIT ?",
                (" OR ".join(f'"{word}"' for word in words), limit),
            ).fetchall()
        return [Passage(*row[:3]) for row in rows if row[3] <= rows[0][3] * _SHARE_OF_BEST]

    def _words(self, question: str) -> list[str]:
        found = dict.fromkeys(word.lower() for word in re.findall(r"\w+", question))
        if self._unspaced:
            found = dict.fromkeys(word[i : i + 3] for word in found for i in range(max(1, len(word) - 2)))
        return [word for word in found if word not in self._common][:_MOST_WORDS]

    def _follow(self) -> None:
        """Read what changed in the folder since the last look, which is never longer ago than `look_every` seconds."""
        if self._clock() - self._looked_at < self._look_every:
            return
        self._looked_at = self._clock()
        there = _stamps(self.folder)
        if there == self._stamps:
            return
        self._index.execute("BEGIN")
        for source in self._stamps.keys() | there.keys():
            if self._stamps.get(source) != there.get(source):
                self._index.execute("DELETE FROM passages WHERE source = ?", (source,))
                if source in there:
                    self._read(source)
        self._index.execute("COMMIT")
        self._stamps = there

    def _read(self, source: str) -> None:
        try:
            passages = read_passages(self.folder / source, source)
        except (ImportRefused, OSError) as error:
            log.warning("facts: %s", error)
            return
        rows = [(p.source, p.heading, p.text) for p in passages]
        self._index.executemany("INSERT INTO passages VALUES (?, ?, ?)", rows)


def function_words(language: str) -> frozenset[str]:
    """The words of a language that say nothing about a topic; empty where they are not known."""
    listed = resources.files("styles") / "function_words" / f"{language[:2]}.txt"
    return frozenset(listed.read_text(encoding="utf-8").split()) if listed.is_file() else frozenset()


def _stamps(folder: Path) -> dict[str, _Stamp]:
    """Time and size of every file that can be read, by its path within the folder; links out of it are left out."""
    root, found, size = folder.resolve(), dict[str, _Stamp](), 0
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.suffix.lower() not in READERS or any(part.startswith(".") for part in parts):
            continue
        try:
            if not path.resolve().is_relative_to(root) or not path.is_file():
                continue
            status = path.stat()
        except OSError:  # it went away, or may not be read
            continue
        size += status.st_size
        if size > MOST_BYTES:
            log.warning("facts: %s holds more than %d MiB; the rest is left out", folder, MOST_BYTES // 2**20)
            break
        found[path.relative_to(folder).as_posix()] = (status.st_mtime_ns, status.st_size)
    return found
