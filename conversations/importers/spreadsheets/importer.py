"""Reads tables of messages, one message or one turn in each row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import IO

from conversations.errors import ImportRefused
from conversations.importers.archive import is_zip, open_files
from conversations.importers.chatlog import ChatLog
from conversations.importers.importer import Limits, Outcome, Refused, Request, Skipped
from conversations.importers.spool import Entry
from conversations.importers.spreadsheets.columns import find_map
from conversations.importers.spreadsheets.delimited import Row, find_delimiter, read_delimited, sample
from conversations.importers.spreadsheets.reading import RowReader, Times
from conversations.importers.spreadsheets.workbook import MACROS, PARTS, read_workbook
from conversations.importers.texts import HEAD_LINE, find_encoding, opened
from conversations.person import Person

_HEADER = re.compile(r"[^\W\d][^\n{}\[\]<>]{0,59}")

Rows = Iterator[Row | Refused | Skipped]


@dataclass(frozen=True, slots=True)
class TableImporter:
    """The importer of CSV, TSV and XLSX. Memory is flat but for the texts of an XLSX file."""

    name: str = "csv"
    shape: str = "a table of messages or of turns (CSV, TSV, XLSX), with a header"
    needs_speakers: bool = True

    def recognises(self, path: Path) -> bool:
        if not path.is_file():
            return False
        if is_zip(path):
            return _is_workbook(path)
        lines, delimiter = _looked_at(path)
        return delimiter is not None and _is_header(next(filter(str.strip, lines), ""), delimiter)

    def read(self, request: Request) -> Iterator[Outcome]:
        note = ""
        if is_zip(request.path):
            with open_files(request.path, shown=request.shown, limits=request.limits) as files:
                if MACROS in files.names:
                    yield Skipped(request.shown, "macros of the workbook, which are never run")
            rows = read_workbook(request.path, shown=request.shown)
        else:
            rows, note = _delimited(request)
        if note:
            yield Skipped(request.shown, note, note=True)
        yield from _read(request, rows)


def _read(request: Request, rows: Rows) -> Iterator[Outcome]:
    header, before = _header(rows)
    if header is None:
        broken = next((f" It {one.reason}." for one in before if isinstance(one, Refused)), "")
        raise ImportRefused(
            f"{request.path} has no row that can be read.{broken} Export it again, or name another file."
        )
    yield from before
    columns = find_map(request.columns, header.cells, path=request.path)
    reader = RowReader(columns, header.cells, request)
    if "prompt" in columns.columns and "completion" in columns.columns:
        for row in rows:
            yield from reader.turn(row) if isinstance(row, Row) else (row,)
        return
    first, rows = _all_times(request, reader, rows)
    reader = replace(reader, times=first)
    log = ChatLog(
        request,
        columns.name,
        pair_alone="conversation" not in columns.columns and "reply_to" not in columns.columns,
        timed="time" in columns.columns,
    )
    yield from log.read(_entries(reader, rows))


def _entries(reader: RowReader, rows: Rows) -> Iterator[Entry | Refused | Skipped | Person]:
    for row in rows:
        if isinstance(row, Row):
            yield from reader.entries(row)
        else:
            yield row


def _all_times(request: Request, reader: RowReader, rows: Rows) -> tuple[Times, Rows]:
    """How the times of a table are to be read; only where the first says too little is the table gone through twice."""
    first: list[Row | Refused | Skipped] = []
    for row in rows:
        first.append(row)
        if isinstance(row, Row) and reader.cell(row, "time"):
            break
    times = Times(request.dates)
    last = first[-1] if first else None
    if isinstance(last, Row) and times.is_open(reader.cell(last, "time")):
        again = read_workbook(request.path, shown="") if is_zip(request.path) else _delimited(request)[0]
        times = times.decided(reader.cell(row, "time") for row in again if isinstance(row, Row))
        if times.order is None:
            raise ImportRefused(
                f"{request.path}: its dates do not show whether the day or the month stands first. "
                "Say it with --dates dmy (5 March is 05/03) or --dates mdy (5 March is 03/05)."
            )
    return times, chain(first, rows)


def _header(rows: Rows) -> tuple[Row | None, list[Refused | Skipped]]:
    before: list[Refused | Skipped] = []
    for row in rows:
        if isinstance(row, Row):
            return Row(row.number, tuple(cell.strip().lstrip("\ufeff") for cell in row.cells)), before
        before.append(row)
    return None, before


def _delimited(request: Request) -> tuple[Rows, str]:
    path = request.path
    encoding = find_encoding(_opener(path))
    _, delimiter = _looked_at(path)
    rows = read_delimited(
        _opener(path),
        encoding,
        delimiter=delimiter or ",",
        shown=request.shown,
        cap=request.limits.record_bytes,
    )
    return rows, encoding.note


def _opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def _looked_at(path: Path) -> tuple[list[str], str | None]:
    """The first lines of a file, and what parts their cells."""
    try:
        encoding = find_encoding(_opener(path))
        with opened(path.open("rb"), encoding) as stream:
            lines = sample(stream, encoding, cap=HEAD_LINE)
    except OSError:
        return [], None
    return lines, find_delimiter(lines)


def _is_header(line: str, delimiter: str) -> bool:
    """Whether the first line can be a header: names, each once. Data begin with numbers, brackets or sentences."""
    cells = [cell.strip().strip('"').lstrip("\ufeff") for cell in line.split(delimiter)]
    named = [cell for cell in cells if cell]
    return len(named) > 1 and len(set(named)) == len(named) and all(map(_HEADER.fullmatch, named))


def _is_workbook(path: Path) -> bool:
    try:
        with open_files(path, shown=path.name, limits=Limits()) as files:
            return set(PARTS) <= set(files.names)
    except (ImportRefused, OSError):
        return False
