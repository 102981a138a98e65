"""XLSX files row by row, as values: no formula is worked out and no macro is run."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

from conversations.importers.archive import READ_FAULTS
from conversations.importers.importer import Refused, Skipped
from conversations.importers.records import printable
from conversations.importers.spreadsheets.delimited import Row

PARTS = ("xl/workbook.xml", "[Content_Types].xml")
MACROS = "xl/vbaProject.bin"

_WIDEST, _LONGEST = 1024, 1 << 20  # one stray cell at the far end of a sheet would make all others 16 thousand millions

# What openpyxl raises for parts of a workbook that are broken; a fault of XML is a SyntaxError.
_FAULTS = (*READ_FAULTS, ValueError, TypeError, SyntaxError, LookupError, AttributeError, ArithmeticError)


def read_workbook(path: Path, *, shown: str) -> Iterator[Row | Refused | Skipped]:
    """Every row of the first sheet; the first is the header. Other sheets are told and not read.

    The texts of a workbook lie in one table inside it, which is held in memory; the rows are not.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and extensions that are not read
        try:
            book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
        except (*_FAULTS, InvalidFileException) as fault:
            yield Refused(shown, f"is a broken workbook ({str(fault).partition(chr(10))[0]})")
            return
        try:
            sheets = book.worksheets
            for sheet in sheets[1:]:
                yield Skipped(f"{shown}/{printable(sheet.title)}", "is a further sheet; save it as a file of its own")
            if sheets:
                yield from _rows(sheets[0], shown=f"{shown}/{printable(sheets[0].title)}")
        finally:
            book.close()


def _rows(sheet: object, *, shown: str) -> Iterator[Row | Refused]:
    width = 0
    blank: object = None
    rows = sheet.iter_rows(values_only=True, max_col=_WIDEST, max_row=_LONGEST)  # type: ignore[attr-defined]
    try:
        for number, values in enumerate(rows, start=1):
            if values is blank:  # one and the same for all rows that a workbook leaves out, and there may be a million
                continue
            cells = tuple(_text(value) for value in values)
            if not any(cells):
                blank = values
                continue
            if not width:
                width = max(index for index, cell in enumerate(cells, start=1) if cell)
            yield Row(number, (*cells[:width], *("",) * (width - len(cells))))
    except _FAULTS as fault:
        yield Refused(shown, f"is broken, and only what stands before the break was read ({fault})")


def _text(value: object) -> str:
    """A cell as text. A formula whose value was never stored is empty: it is not worked out here."""
    if value is None:
        return ""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
