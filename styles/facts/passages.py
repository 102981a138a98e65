"""Passages: files of facts, cut where their headings cut them."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from conversations.errors import ImportRefused

LARGEST_FILE: Final = 4 * 2**20  # bytes
_LONGEST: Final = 900  # characters of a passage, unless one sentence is longer
_HEADING = re.compile("\x00(\\d)\x00(.*?)\x00")
_UNSEEN = ("script", "style", "template", "noscript", "head", "nav", "svg")
_BLOCKS = ("p", "li", "tr", "div", "section", "article", "pre", "blockquote", "dd", "ul", "ol", "table", "details")
_HEADINGS = {f"h{level}": level for level in range(1, 7)} | {"summary": 6, "dt": 6}


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a file: `source` is its path within the folder, `heading` the way to it ("Returns › Costs")."""

    source: str
    heading: str
    text: str


def read_passages(path: Path, source: str) -> list[Passage]:
    """The passages of one file. Raises `ImportRefused` with what is wrong with it."""
    if path.stat().st_size > LARGEST_FILE:
        raise ImportRefused(f"{path} is larger than {LARGEST_FILE // 2**20} MiB; split it.")
    try:
        text = path.read_text(encoding="utf-8-sig").replace("\x00", "")
        sections = list(READERS[path.suffix.lower()](text))
    except UnicodeDecodeError as error:
        raise ImportRefused(f"{path} is not UTF-8 text (byte {error.start}). Save it as UTF-8.") from error
    except (ValueError, KeyError, csv.Error) as error:
        raise ImportRefused(f"{path} cannot be read as questions and answers: {error}") from error
    return [Passage(source, heading, piece) for heading, body in sections for piece in _pieces(body)]


def _markdown(text: str) -> Iterator[tuple[str, str]]:
    from markdown_it import MarkdownIt

    return _html(MarkdownIt("commonmark").enable("table").render(text))


def _html(text: str) -> Iterator[tuple[str, str]]:
    from bs4 import BeautifulSoup
    from bs4.element import NavigableString

    page = BeautifulSoup(text, "html.parser")
    for tag in page(_UNSEEN):
        tag.decompose()
    for string in page.find_all(string=True):
        if type(string) is not NavigableString:  # a comment
            string.extract()
        elif string.find_parent("pre") is None:
            string.replace_with(re.sub(r"\s+", " ", string))
    for tag in page(tuple(_HEADINGS)):
        tag.replace_with(f"\n\x00{_HEADINGS[tag.name]}\x00{' '.join(tag.get_text().split())}\x00\n")
    for tag in page(("td", "th")):
        tag.append(" | ")
    for tag in page((*_BLOCKS, "br")):
        tag.insert_after("\n") if tag.name == "br" else tag.append("\n")
    return _sections(page.get_text())


def _plain(text: str) -> Iterator[tuple[str, str]]:
    """Paragraphs; where lines begin with "Q:" and "A:", questions with their answers."""
    pairs = re.split(r"^\s*Q:\s*", text, flags=re.MULTILINE)
    if pairs[0].strip():
        yield "", pairs[0]
    for pair in pairs[1:]:
        question, _, answer = re.sub(r"\n\s*A:\s*", "\x00", pair, count=1).partition("\x00")
        yield " ".join(question.split()), answer


def _table(text: str) -> Iterator[tuple[str, str]]:
    for row in csv.DictReader(text.splitlines(keepends=True)):
        yield _pair({str(name).strip().lower(): value for name, value in row.items()})


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.split("\n"):
        if line.strip():
            yield _pair(json.loads(line))


def _pair(row: Any) -> tuple[str, str]:
    if not isinstance(row, dict) or not row.get("question") or not row.get("answer"):
        raise ValueError('every entry needs "question" and "answer"')
    return " ".join(str(row["question"]).split()), str(row["answer"])


READERS: Final = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".html": _html,
    ".htm": _html,
    ".txt": _plain,
    ".csv": _table,
    ".jsonl": _lines,
}


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """(the way to a section, its text); headings are marked by their level."""
    way: dict[int, str] = {}
    parts = _HEADING.split(text)
    yield "", parts[0]
    for level, title, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        way = {above: name for above, name in way.items() if above < int(level)} | {int(level): title}
        yield " › ".join(way.values()), body


def _pieces(body: str) -> list[str]:
    """The paragraphs of a section, joined as long as they stay short."""
    pieces: list[str] = []
    for paragraph in _paragraphs(body):
        if pieces and len(pieces[-1]) + len(paragraph) < _LONGEST:
            pieces[-1] += f"\n{paragraph}"
        else:
            pieces.append(paragraph)
    return pieces


def _paragraphs(body: str) -> Iterable[str]:
    for line in body.splitlines():
        words = " ".join(line.split()).strip(" |")
        while len(words) > _LONGEST:
            cut = max(words.rfind(". ", 0, _LONGEST) + 1, words.rfind(" ", _LONGEST // 2, _LONGEST), _LONGEST // 2)
            yield words[:cut].strip()
            words = words[cut:].strip()
        if words:
            yield words
