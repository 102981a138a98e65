"""Output: tables for people, JSON for scripts, sentences on stderr for what goes wrong."""

from __future__ import annotations

import json
import logging
import re
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

# What a terminal would obey, or would write in another order, instead of showing it: people's words hold anything.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def hush_libraries() -> None:
    """Keep from people what libraries tell each other's developers: of names that will change, of kernels not there."""
    warnings.filterwarnings("ignore", category=FutureWarning)
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)


def say(text: str = "") -> None:
    """One line for a person."""
    typer.echo(_shown(text))


def complain(text: str) -> None:
    """One sentence on stderr."""
    typer.echo(_shown(text), err=True)


def _shown(text: str) -> str:
    return _OBEYED.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def print_json(value: Any) -> None:
    """Any result as JSON; dataclasses, paths and times included."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False, default=_plain)
    sys.stdout.write("\n")


def print_rows(rows: Sequence[Mapping[str, Any]], *, as_json: bool, empty: str) -> None:
    """A list of like rows: a table with the keys as its heads, or JSON."""
    if as_json:
        print_json(list(rows))
    elif not rows:
        say(empty)
    else:
        _print_table(rows)


def print_facts(facts: Mapping[str, Any], *, as_json: bool) -> None:
    """One thing with its facts: `name  value` lines, or JSON."""
    if as_json:
        print_json(facts)
        return
    width = max(map(len, facts), default=0)
    for name, value in facts.items():
        text = json.dumps(value, ensure_ascii=False, default=_plain) if isinstance(value, dict | list) else _cell(value)
        say(f"{name:<{width}}  {text}")


def _print_table(rows: Sequence[Mapping[str, Any]]) -> None:
    heads = list(rows[0])
    cells = [[_cell(row.get(head)) for head in heads] for row in rows]
    widths = [max(len(head), *(len(line[i]) for line in cells)) for i, head in enumerate(heads)]
    for line in [heads, *cells]:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    text = str(value).replace("\n", " ")
    return text if len(text) <= 80 else text[:79] + "…"


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(type(value).__name__)
