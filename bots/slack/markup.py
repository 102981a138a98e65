"""Markup: what a model's Markdown becomes, so that it rings nobody, hides no address and stays readable in Slack."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

# Slack reads these also inside Markdown: mentions, channels, dates, and links that show another text.
_SPECIAL: Final = re.compile(r"<(?=[!@#]|[A-Za-z][A-Za-z0-9+.-]{0,15}:)")
_AUTOLINK: Final = re.compile(r"<(https?://[^<>\s|]{1,600})>")
_LINK: Final = re.compile(r"!?\[([^\[\]\n]{0,300})\]\((https?://[^()\s]{1,600})(?:[ \t][^()\n]{0,200})?\)")
_SEPARATOR_CELL: Final = re.compile(r":?-+:?")

# What may still become one of the above when more text comes.
_UNDECIDED: Final = re.compile(
    r"(?:<[^<>\s]{0,610}|!|!?\[[^\[\]\n]{0,300}\]?|!?\[[^\[\]\n]{0,300}\]\([^()\n]{0,810})\Z"
)


def harmless(markdown: str) -> str:
    """The same text without mentions; links show where they lead."""
    plain = _LINK.sub(_shown_link, markdown)
    plain = _AUTOLINK.sub(r"\1", plain)
    return _SPECIAL.sub("&lt;", plain)


def harmless_code(code: str) -> str:
    """Code as it is, but for what Slack would read as a mention even there."""
    return _SPECIAL.sub("&lt;", code)


def decided(text: str) -> int:
    """How much of a text stays as it is now, whatever comes after it."""
    undecided = _UNDECIDED.search(text)
    return undecided.start() if undecided else len(text)


def escaped(text: str) -> str:
    """Plain text for `mrkdwn` and for the `text` of a message: all of it is shown, nothing of it is read."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def is_table_line(line: str) -> bool:
    return line.lstrip().startswith("|")


def table(lines: Sequence[str]) -> list[str]:
    """A Markdown table as aligned text in a code fence; lines that are no table come back as they are.

    Slack refuses a message with more than one table, and shows none while text streams.
    """
    rows = [_cells(line) for line in lines]
    if len(rows) < 2 or not _is_separator(rows[1]):
        return [harmless(line) for line in lines]
    shown = [rows[0], *rows[2:]]
    columns = max(map(len, shown))
    filled = [[*row, *[""] * (columns - len(row))] for row in shown]
    widths = [max(len(row[column]) for row in filled) for column in range(columns)]
    aligned = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in filled]
    rule = "  ".join("-" * width for width in widths)
    return ["```", *(harmless_code(line) for line in [aligned[0], rule, *aligned[1:]]), "```"]


def _shown_link(found: re.Match[str]) -> str:
    label, address = found[1].strip(), found[2]
    return address if not label or label == address else f"{label} ({address})"


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("**", "").replace("`", "") for cell in line.strip().strip("|").split("|")]


def _is_separator(cells: Sequence[str]) -> bool:
    return all(_SEPARATOR_CELL.fullmatch(cell) for cell in cells)
