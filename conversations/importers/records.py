"""JSON records of a file, one by one: from JSON Lines or from one JSON list, each with its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from conversations.errors import ImportRefused
from conversations.importers.cutting import BrokenListError, cut_lines, cut_list, first_byte, utf8
from conversations.importers.importer import Limits, Refused

JsonObject = dict[str, Any]

_KINDS = ((dict, "an object"), (list, "a list"), (str, "text"), (bool, "true or false"), ((int, float), "a number"))

HEAD = 20  # records that decide what a file is
LOOK_AT_MOST = 1000  # lines in which they must stand, however many of these are broken


@dataclass(frozen=True, slots=True)
class Record:
    """One JSON object and where it stands."""

    place: str
    value: JsonObject


def read_records(path: Path, *, shown: str, limits: Limits) -> Iterator[Record | Refused]:
    """Every record of a file; what is not a JSON object is refused with its line or its index in the list.

    Raises `ImportRefused` where the file is missing, empty or may not be read.
    """
    first = expect_text(path)
    with utf8(path.open("rb")) as stream:
        read = read_list if first == b"[" else read_lines
        yield from read(stream, shown=shown, cap=limits.record_bytes)


def read_head(path: Path) -> tuple[Record | Refused, ...]:
    """The first few records, with what is refused before and between them; nothing where the file cannot be read."""
    if not path.is_file():
        return ()
    found: list[Record | Refused] = []
    try:
        for record in islice(read_records(path, shown=path.name, limits=Limits()), LOOK_AT_MOST):
            found.append(record)
            if sum(isinstance(one, Record) for one in found) == HEAD:
                break
    except ImportRefused:
        return ()
    return tuple(found)


def expect_text(path: Path) -> bytes:
    """The first byte of a file that is not white space. Raises `ImportRefused` where there is none to read."""
    try:
        with utf8(path.open("rb")) as stream:
            first = first_byte(stream)
    except OSError as fault:
        raise ImportRefused(f"{path} cannot be read: {fault.strerror}. Check its name and its permissions.") from fault
    if not first:
        raise ImportRefused(f"{path} is empty. Export it again, or name another file.")
    return first


def read_list(stream: IO[bytes], *, shown: str, cap: int) -> Iterator[Record | Refused]:
    """Every object of one JSON list; places are `shown[index]`, counted from 0."""
    elements = (raw for raw in cut_list(stream, cap=cap) if raw is None or raw.strip())
    try:
        for index, raw in enumerate(elements):
            yield parse(raw, place=f"{shown}[{index}]", cap=cap)
    except BrokenListError as fault:
        yield Refused(shown, str(fault))


def read_lines(stream: IO[bytes], *, shown: str, cap: int) -> Iterator[Record | Refused]:
    """Every object of JSON Lines; places are `shown:line`, counted from 1."""
    for number, raw in enumerate(cut_lines(stream, cap=cap), start=1):
        if raw is None or raw.strip():
            yield parse(raw, place=f"{shown}:{number}", cap=cap)


def parse(raw: bytes | None, *, place: str, cap: int) -> Record | Refused:
    """One JSON object, or why it is none. Stricter than `json`: no NaN, no key twice."""
    if raw is None:
        return Refused(place, f"is longer than {cap / 2**20:g} MiB")
    try:
        value = _DECODER.decode(raw.decode())
    except UnicodeDecodeError as fault:
        return Refused(place, f"is not UTF-8 text (byte {fault.start + 1})")
    except json.JSONDecodeError as fault:
        return Refused(place, f"is not JSON: {fault.msg} at character {fault.pos + 1}")
    except RecursionError:
        return Refused(place, "is nested too deeply")
    except ValueError as fault:
        return Refused(place, f"is not JSON that can be read: {fault}")
    return Record(place, value) if isinstance(value, dict) else Refused(place, f"is {kind(value)}, not an object")


def kind(value: object) -> str:
    """What a JSON value is, for people."""
    for types, name in _KINDS:
        if isinstance(value, types):
            return name
    return "null"


def short(value: object) -> str:
    """A value of a file as it may be shown: short, quoted, and without what a terminal would obey."""
    return repr(value[:40]) if isinstance(value, str) else repr(value) if isinstance(value, float) else kind(value)


def printable(text: str) -> str:
    """A name from a file without what a terminal would obey."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _no_constant(name: str) -> None:
    raise ValueError(f"it holds {name}, which JSON does not know")


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("it holds the same key twice")
    return found


_DECODER = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_object)
