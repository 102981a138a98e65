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
    lines = _Lines(shown, cap)
    for number, raw in enumerate(cut_lines(stream, cap=cap), start=1):
        yield from lines.take(number, raw)
    yield from lines.give_up()


class _Lines:
    """Objects of one line each; also several in a line, or one over several lines, as programs print them for people.

    One over several lines begins with a bracket that its line does not close, and ends with the first line that begins
    with the closing one. Where that makes no object, the first line is refused and the others are read by themselves.
    """

    def __init__(self, shown: str, cap: int) -> None:
        self._shown = shown
        self._cap = cap
        self._open: list[tuple[int, bytes]] = []
        self._size = 0

    def take(self, number: int, raw: bytes | None) -> Iterator[Record | Refused]:
        if self._open and raw is not None and not raw.startswith(b"{") and self._size + len(raw) <= self._cap:
            self._keep(number, raw)
            if raw.startswith(b"}"):
                yield from self._close()
            return
        yield from self.give_up()
        if raw is not None and raw.startswith(b"{") and not raw.rstrip().endswith((b"}", b"]")):
            self._keep(number, raw)
        elif raw is None or raw.strip():
            yield from self._read(number, raw)

    def give_up(self) -> Iterator[Record | Refused]:
        """What is open is no object."""
        lines, self._open, self._size = self._open, [], 0
        for number, raw in lines:
            if raw.strip():
                yield from self._read(number, raw)

    def _keep(self, number: int, raw: bytes) -> None:
        self._open.append((number, raw))
        self._size += len(raw) + 1

    def _close(self) -> Iterator[Record | Refused]:
        number = self._open[0][0]
        found = parse(b"\n".join(raw for _, raw in self._open), place=f"{self._shown}:{number}", cap=self._cap)
        if isinstance(found, Refused):
            yield from self.give_up()
        else:
            self._open, self._size = [], 0
            yield found

    def _read(self, number: int, raw: bytes | None) -> Iterator[Record | Refused]:
        place = f"{self._shown}:{number}"
        found = parse(raw, place=place, cap=self._cap)
        yield from _several(raw, place, self._cap) if raw and _is_several(found) else (found,)


def _is_several(found: Record | Refused) -> bool:
    return isinstance(found, Refused) and "Extra data" in found.reason


def _several(raw: bytes, place: str, cap: int) -> Iterator[Record | Refused]:
    """The objects that follow each other in one line, up to the first that is broken."""
    text = raw.decode().strip()
    start = 0
    while start < len(text):
        try:
            _, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = len(text)
        yield parse(text[start:end].encode("utf-8", "surrogatepass"), place=place, cap=cap)
        start = end
        while start < len(text) and text[start].isspace():
            start += 1


def parse(raw: bytes | None, *, place: str, cap: int) -> Record | Refused:
    """One JSON object, or why it is none. Stricter than `json`: no NaN, no key twice."""
    if raw is None:
        return Refused(place, f"is longer than {cap / 2**20:g} MiB")
    try:
        value = _DECODER.decode(raw.decode())
    except UnicodeDecodeError as fault:
        return Refused(place, f"is not UTF-8 text (byte {fault.start + 1})")
    except json.JSONDecodeError as fault:
        return Refused(place, f"is not JSON: {fault.msg.removesuffix(' at')} at character {fault.pos + 1}")
    except RecursionError:
        return Refused(place, "is nested too deeply")
    except ValueError as fault:
        reason = str(fault)
        if reason.startswith("Exceeds the limit"):
            reason = "it holds a number of thousands of digits"
        return Refused(place, f"is not JSON that can be read: {reason}")
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
