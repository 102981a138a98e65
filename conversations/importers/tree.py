"""One JSON object of any size cut into its parts, in memory that does not grow with the file.

The object is gone through by its brackets and strings alone, so that a faulty part harms no other as long as its
brackets match: a parser of JSON would lose everything behind the first fault.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from conversations.importers.cutting import CHUNK, BrokenListError

Path = tuple[str | int, ...]

_WHOLE = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_VALUE = re.compile(rb'[^"\[\]{}]*+(?:%b[^"\[\]{}]*+)*+' % _WHOLE, re.DOTALL)
_MEMBER = re.compile(rb'[^"\[\]{},]*+(?:%b[^"\[\]{},]*+)*+' % _WHOLE, re.DOTALL)
_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_KEY = re.compile(rb"\s*(%b)\s*:" % _WHOLE, re.DOTALL)
_LONGEST_KEY = 4096
_DEEPEST = 64  # levels that are gone into


@dataclass(frozen=True, slots=True)
class Part:
    """A value at its path of keys and indices, as raw bytes; None where it is longer than the cap."""

    path: Path
    raw: bytes | None


@dataclass(slots=True)
class _Level:
    """A container that is gone into; `count` is of its elements so far."""

    path: Path
    is_list: bool
    count: int = 0


class _Cutter:
    """What is open in the object at this point of the stream."""

    def __init__(self, into: Callable[[Path], bool], cap: int) -> None:
        self._into = into
        self._cap = cap
        self._levels: list[_Level] = []
        self._depth = 0  # brackets that are open inside the part at hand
        self._part = bytearray()
        self._too_long = False
        self._string = False
        self._skip = 0  # an escaped character that begins the next chunk
        self.done = False

    def feed(self, chunk: bytes) -> Iterator[Part]:
        """Every part that ends in the chunk. Once `done`, `rest` is what follows the last bracket."""
        at, start = self._skip, 0
        while at < len(chunk) and not self.done:
            at = self._run(chunk, at)
            mark = chunk[at : at + 1]
            if mark and not self._passes(mark):
                self._keep(chunk[start:at])
                start = at
                if mark in b"[{" and not self._goes_into():
                    self._depth = 1
                else:
                    start += 1
                    yield from self._part_ends(mark)
            at += 2 if mark == b"\\" else len(mark)
        self._skip = max(0, at - len(chunk))
        if self.done:
            self.rest = chunk[start:]
        else:
            self._keep(chunk[start:])

    def last(self) -> Iterator[Part]:
        """The part that the end of the file cut off."""
        if self._levels and bytes(self._part).strip():
            yield from self._take()

    def _run(self, chunk: bytes, at: int) -> int:
        run = _STRING if self._string else _VALUE if self._depth else _MEMBER
        match = run.match(chunk, at)
        return match.end() if match else at

    def _passes(self, mark: bytes) -> bool:
        """Whether a mark stands inside the part at hand and ends nothing."""
        if mark == b'"':
            self._string = not self._string
        elif mark != b"\\" and self._depth:
            self._depth += 1 if mark in b"[{" else -1
        elif mark != b"\\":
            return False
        return True

    def _goes_into(self) -> bool:
        if not self._levels:
            return True
        if len(self._levels) == _DEEPEST or len(self._part) > _LONGEST_KEY:
            return False
        path = self._path()
        return path is not None and self._into(path)

    def _part_ends(self, mark: bytes) -> Iterator[Part]:
        if mark in b"[{":
            self._levels.append(_Level(self._path() or (), mark == b"["))
            self._clear()
            return
        yield from self._take()
        if mark != b",":
            self._close()

    def _close(self) -> None:
        if self._levels:
            self._levels.pop()
        self.done = not self._levels
        self._closed = True

    def _take(self) -> Iterator[Part]:
        """The part at hand, unless it is blank: then nothing was there, or a container that was gone into."""
        level = self._levels[-1] if self._levels else None
        raw = None if self._too_long else bytes(self._part)
        path = self._path()
        self._clear()
        if level is None or (raw is not None and not raw.strip()):
            if level and level.is_list and self._closed:
                level.count += 1
            self._closed = False
            return
        self._closed = False
        if level.is_list:
            level.count += 1
            yield Part(path or level.path, raw)
        elif path is not None:
            key = _KEY.match(raw) if raw else None
            yield Part(path, raw[key.end() :] if raw and key else raw)
        else:
            yield Part((*level.path, ""), raw)

    def _path(self) -> Path | None:
        """Where the part at hand stands; None where its key cannot be read."""
        if not self._levels:
            return ()
        level = self._levels[-1]
        if level.is_list:
            return (*level.path, level.count)
        match = _KEY.match(bytes(self._part[:_LONGEST_KEY]))
        if match is None:
            return None
        try:
            return (*level.path, json.loads(match[1]))
        except ValueError:
            return None

    def _keep(self, piece: bytes) -> None:
        if self._levels and not self._too_long:
            self._part += piece
            if len(self._part) > self._cap:
                self._too_long = True
                del self._part[256:]  # the key, by which the part is found

    def _clear(self) -> None:
        self._part.clear()
        self._too_long = False

    rest: bytes = b""
    _closed: bool = False


def cut_tree(stream: IO[bytes], *, cap: int, into: Callable[[Path], bool]) -> Iterator[Part]:
    """Each value of a JSON object or list that lies in none that is gone into, in order.

    `into` says which containers are gone into; the outermost always is. Raises `BrokenListError` after the last part
    where the text breaks off, or where more of it follows.
    """
    cutter = _Cutter(into, cap)
    while chunk := stream.read(CHUNK):
        yield from cutter.feed(chunk)
        if cutter.done:
            _expect_nothing(cutter.rest, stream)
            return
    yield from cutter.last()
    raise BrokenListError("breaks off before its end: the file is not whole, and what stands before was read")


def _expect_nothing(rest: bytes, stream: IO[bytes]) -> None:
    while rest or (rest := stream.read(CHUNK)):
        if rest.strip():
            raise BrokenListError("has more text after its end, and that was not read")
        rest = b""
