"""Streams of bytes cut into records, with a cap on each, in memory that does not grow with the file."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from itertools import chain
from typing import IO

CHUNK = 1 << 16

# Runs of bytes that part nothing, with the strings that lie whole in them. Possessive, so that they never go back.
_WHOLE = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_BETWEEN = re.compile(rb'[^"\[\]{},]*+(?:%b[^"\[\]{},]*+)*+' % _WHOLE, re.DOTALL)
_ELEMENT = re.compile(rb'[^"\[\]{}]*+(?:%b[^"\[\]{}]*+)*+' % _WHOLE, re.DOTALL)
_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"))
_BOMS_16 = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class BrokenListError(ValueError):
    """A JSON list that does not end where it should; the text says how."""


class _Transcoded(io.RawIOBase):
    """A stream of UTF-16 or UTF-32 read as UTF-8. Half characters stay broken, so that their line is refused."""

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
        self._ready = b""

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._stream.close()
        super().close()

    def readinto(self, target: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._ready and (chunk := self._stream.read(CHUNK)):
            self._ready = self._decoder.decode(chunk).encode("utf-8", "surrogatepass")
        taken = self._ready[: len(target)]
        target[: len(taken)] = taken
        self._ready = self._ready[len(taken) :]
        return len(taken)


def utf8(stream: IO[bytes]) -> IO[bytes]:
    """The same text as UTF-8 without a byte order mark; `stream` must be at its beginning and seekable."""
    head = stream.read(4)
    stream.seek(0)
    for mark, encoding in (*_BOMS, *_BOMS_16):
        if head.startswith(mark):
            if encoding == "utf-8":
                stream.seek(len(mark))
                return stream
            return io.BufferedReader(_Transcoded(stream, encoding))
    if len(head) >= 2 and (head[0] == 0) != (head[1] == 0):  # JSON begins with ASCII, so one of the two bytes is 0
        return io.BufferedReader(_Transcoded(stream, "utf-16-be" if head[0] == 0 else "utf-16-le"))
    return stream


def first_byte(stream: IO[bytes]) -> bytes:
    """The first byte that is not white space, or nothing. The stream is read on, so open it again to read it."""
    head = b" "
    while head.isspace():
        head = stream.read(CHUNK)
    return head.lstrip()[:1]


def cut_lines(stream: IO[bytes], *, cap: int) -> Iterator[bytes | None]:
    """Each line without its end; None stands for a line longer than `cap` bytes."""
    while line := stream.readline(cap + 1):
        if len(line) <= cap or line.endswith(b"\n"):
            yield line.removesuffix(b"\n").removesuffix(b"\r")
            continue
        while (rest := stream.readline(CHUNK)) and not rest.endswith(b"\n"):
            pass
        yield None


class _Element:
    """The bytes of one element of a list, up to a cap."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._bytes = bytearray()
        self._too_long = False

    def add(self, part: bytes) -> None:
        if len(self._bytes) + len(part) > self._cap:
            self._too_long = True
            self._bytes.clear()
        if not self._too_long:
            self._bytes += part

    def take(self) -> bytes | None:
        """What was added since the last take; None where it was too long."""
        raw = None if self._too_long else bytes(self._bytes)
        self._bytes.clear()
        self._too_long = False
        return raw


class _Marks:
    """The marks that part the elements of a JSON list, chunk by chunk."""

    def __init__(self) -> None:
        self.depth = 0
        self._inside = False  # of a string
        self._skip = 0  # an escaped character that begins the next chunk

    def of(self, chunk: bytes) -> Iterator[int]:
        """Where the list opens, where its elements part, and where it ends: then `depth` is 0."""
        at = self._skip
        while at < len(chunk):
            at = self._end_of_run(chunk, at)
            mark = chunk[at : at + 1]
            if mark == b'"':
                self._inside = not self._inside
            elif mark == b"\\":
                at += 1
            elif mark and self._parts(mark):
                yield at
            at += len(mark)
        self._skip = at - len(chunk)

    def _end_of_run(self, chunk: bytes, at: int) -> int:
        """Where the next mark stands that matters; strings that lie whole in the chunk are run over at once."""
        run = _STRING if self._inside else _ELEMENT if self.depth > 1 else _BETWEEN
        match = run.match(chunk, at)
        return match.end() if match else at

    def _parts(self, mark: bytes) -> bool:
        if mark == b",":
            return self.depth == 1
        if mark in b"[{":
            self.depth += 1
            return self.depth == 1
        self.depth -= 1
        return self.depth <= 0


def cut_list(stream: IO[bytes], *, cap: int) -> Iterator[bytes | None]:
    """Each element of a JSON list as raw bytes; None stands for one longer than `cap` bytes. `[` is its first byte.

    Only quotes and brackets are looked at, so a faulty element harms no other as long as its brackets match.
    Raises `BrokenListError` after the last element where the list does not end, or where more text follows it.
    """
    element, marks = _Element(cap), _Marks()
    while chunk := stream.read(CHUNK):
        start = 0
        for position in marks.of(chunk):
            if chunk[position] not in b"[{":
                element.add(chunk[start:position])
                yield element.take()
            start = position + 1
            if marks.depth <= 0:
                _expect_nothing(chunk[start:], stream)
                return
        element.add(chunk[start:])
    yield element.take()
    raise BrokenListError("breaks off inside its list: the file is not whole")


def _expect_nothing(rest: bytes, stream: IO[bytes]) -> None:
    for chunk in chain([rest], iter(lambda: stream.read(CHUNK), b"")):
        if chunk.strip():
            raise BrokenListError("has more text after the end of its list, and that was not read")
