"""Text files that do not say in which encoding they are."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from conversations.importers.cutting import utf8

HEAD_LINE = 1 << 16  # bytes of a line by which a file is known; a longer one tells nothing
_SAMPLE = 1 << 20
_HIGH = re.compile(rb"[\x80-\xff]+")


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes of a file are read; `note` tells people where that was found out, not said."""

    name: str = "utf-8"
    note: str = ""


def find_encoding(open_file: Callable[[], IO[bytes]]) -> Encoding:
    """UTF-8, or UTF-16 and UTF-32 by their marks; Windows-1252 where the bytes make no UTF-8 more often than some."""
    with open_file() as raw:
        stream = utf8(raw)
        sample = stream.read(_SAMPLE)
    broken = whole = 0
    for run in _HIGH.findall(sample):
        try:
            run.decode()
            whole += 1
        except UnicodeDecodeError:
            broken += 1
    if broken > whole:
        return Encoding("cp1252", "read as Windows-1252, for it is not UTF-8")
    return Encoding()


def opened(raw: IO[bytes], encoding: Encoding) -> IO[bytes]:
    """The bytes of a file, at its first character; what is UTF-16 or UTF-32 comes as UTF-8."""
    return utf8(raw) if encoding.name == "utf-8" else raw


def decode(raw: bytes | None, encoding: Encoding) -> str | None:
    """The text of one line, or None where there is none to read."""
    if raw is None:
        return None
    try:
        return codecs.decode(raw, encoding.name)
    except UnicodeDecodeError:
        return None
