"""CSV and TSV files row by row: their delimiter found, and a broken row parted from the good ones behind it.

Format: https://www.rfc-editor.org/rfc/rfc4180, and what is found in the wild.
"""

from __future__ import annotations

import csv
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

from conversations.importers.cutting import cut_lines
from conversations.importers.importer import Refused
from conversations.importers.texts import Encoding, decode, opened

_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 60
_LONGEST_ROW = 1 << 20  # characters of a row over several lines
_MOST_RESTARTS = 1000

csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # rows are capped here, by lines


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row, and the line or row of its file at which it begins."""

    number: int
    cells: tuple[str, ...]


@dataclass(slots=True)
class _Lines:
    """Hands lines to the parser, remembers those of the row at hand, and can take them back."""

    source: Iterator[tuple[int, str | None]]
    waiting: deque[tuple[int, str]] = field(default_factory=deque)
    row: list[tuple[int, str]] = field(default_factory=list)
    size: int = 0
    unreadable: list[int] = field(default_factory=list)

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self.size > _LONGEST_ROW:
            raise csv.Error("is not closed: a quote is open for too long")
        number, line = self.waiting.popleft() if self.waiting else self._fresh()
        self.row.append((number, line))
        self.size += len(line)
        return line

    def _fresh(self) -> tuple[int, str]:
        for number, line in self.source:
            if line is not None:
                return number, line + "\n"
            self.unreadable.append(number)
        raise StopIteration

    def begin(self) -> None:
        self.row, self.size = [], 0

    def give_back(self) -> None:
        """All lines of the row but its first are read once more: the fault was in the first."""
        self.waiting.extendleft(reversed(self.row[1:]))


def find_delimiter(lines: Sequence[str]) -> str | None:
    """What parts the cells, by what gives the most rows as many cells as the header has; None where nothing does."""
    best: tuple[float, int, str] | None = None
    for delimiter in _DELIMITERS:
        rows = _parsed(lines, delimiter)
        width = len(rows[0]) if rows else 0
        if width < 2:
            continue
        fitting = sum(len(row) == width for row in rows[:-1] or rows) / max(1, len(rows) - 1)
        best = max(best or (0.0, 0, ""), (fitting, width, delimiter))
    return best[2] if best and best[0] >= 0.5 else None


def _parsed(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """The rows that can be read before the first fault."""
    rows: list[list[str]] = []
    with suppress(csv.Error):
        rows.extend(filter(None, csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)))
    return rows


def sample(stream: IO[bytes], encoding: Encoding, *, cap: int) -> list[str]:
    """The first lines that can be read."""
    lines = (decode(raw, encoding) for _, raw in zip(range(_SAMPLE_LINES), cut_lines(stream, cap=cap), strict=False))
    return [line for line in lines if line is not None]


def read_delimited(
    open_file: Callable[[], IO[bytes]], encoding: Encoding, *, delimiter: str, shown: str, cap: int
) -> Iterator[Row | Refused]:
    """Every row; the first is the header. One with more or fewer cells than the header is refused.

    A row over several lines with a fault is refused at its first line, and reading goes on with the next line: so a
    quote that is never closed costs no more than its own row.
    """
    with opened(open_file(), encoding) as stream:
        numbered = enumerate(cut_lines(stream, cap=cap), start=1)
        lines = _Lines((number, decode(raw, encoding)) for number, raw in numbered)
        yield from _rows(lines, delimiter=delimiter, shown=shown)


def _rows(lines: _Lines, *, delimiter: str, shown: str) -> Iterator[Row | Refused]:
    width = restarts = 0
    while True:
        lines.begin()
        fault, cells = _next_row(lines, delimiter=delimiter)
        yield from _unreadable(lines, shown=shown)
        if cells is None and not fault:
            return
        if not fault and cells is not None and (not any(cells) or len(cells) == (width or len(cells))):
            width = width or (len(cells) if any(cells) else 0)
            if any(cells):
                yield Row(lines.row[0][0], tuple(cells))
            continue
        fault = fault or f"has {len(cells or ())} cells, and the header has {width}"
        yield Refused(f"{shown}:{lines.row[0][0]}", fault)
        restarts += len(lines.row) > 1
        if restarts > _MOST_RESTARTS:
            yield Refused(shown, "has too many rows whose quotes do not close; the rest was not read")
            return
        lines.give_back()


def _next_row(lines: _Lines, *, delimiter: str) -> tuple[str, list[str] | None]:
    """What is wrong with the next row, or its cells; neither at the end."""
    try:
        return "", next(csv.reader(lines, delimiter=delimiter, strict=True))
    except StopIteration:
        return ("is not closed: a quote is open to the end of the file", None) if lines.row else ("", None)
    except csv.Error as fault:
        reason = str(fault)
        return (reason if reason.startswith("is ") else f"is no row of a table ({reason})"), None


def _unreadable(lines: _Lines, *, shown: str) -> Iterator[Refused]:
    for number in lines.unreadable:
        yield Refused(f"{shown}:{number}", "is longer than can be read, or is no text in its encoding")
    lines.unreadable.clear()
