"""Fingerprints: what an outcome depends upon, code and values, as digits that are the same in every process."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from functools import cache, partial
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

from styles.crew import pickled


def fingerprint(value: object) -> str:
    """64 hex digits over a value, the functions in it, what those were given, and the files that they stand in.

    What cannot be told apart that way, such as an open model, never has the same one in another process.
    """
    return _digest(_told([value], within=frozenset()))


_PLAIN = frozenset((str, int, float, bool, bytes, type(None)))


def _short(value: Any) -> str:
    """The words for what is simple, which most of a large roster is: then nothing has to be hashed for itself."""
    if type(value) in _PLAIN or (type(value) is tuple and _PLAIN.issuperset(map(type, value))):
        return repr(value)
    if type(value) is frozenset and _PLAIN.issuperset(map(type, value)):
        return f"frozenset{sorted(map(repr, value))}"
    return ""


def _digest(parts: Iterable[str]) -> str:
    told = "".join([f"{len(part)}:{part}" for part in parts])
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def _told(value: Any, *, within: frozenset[int]) -> Iterator[str]:
    yield type(value).__qualname__
    if id(value) in within:
        yield "itself"  # an inner function that calls itself
    else:
        yield from _told_apart(value, within=within | {id(value)})


def _told_apart(value: Any, *, within: frozenset[int]) -> Iterator[str]:
    def each(parts: Iterable[Any]) -> list[str]:
        return [_short(part) or _digest(_told(part, within=within)) for part in parts]

    if isinstance(value, Mapping):
        yield from sorted([repr(each(pair)) for pair in value.items()])
    elif isinstance(value, AbstractSet):
        yield from sorted(each(value))
    elif isinstance(value, (list, tuple)):
        yield from each(value)
    elif isinstance(value, re.Pattern):
        yield from each((value.pattern, value.flags))
    elif isinstance(value, partial):
        yield from each((value.func, value.args, value.keywords))
    elif isinstance(value, MethodType):
        yield from each((value.__func__, value.__self__))
    elif isinstance(value, FunctionType):
        yield from (_code(value.__code__.co_filename), f"{value.__qualname__}:{value.__code__.co_firstlineno}")
        yield from each((_captured(value), value.__defaults__, value.__kwdefaults__))
    else:
        module = sys.modules.get((value if isinstance(value, type) else type(value)).__module__)
        yield _code(getattr(module, "__file__", None) or "")
        yield from each(_parts(value))


def _parts(value: Any) -> list[Any]:
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, one.name) for one in fields(value)]
    return [pickled(value) or repr(value)]


def _captured(function: FunctionType) -> list[Any]:
    """What an inner function took along from around it."""
    return [_content(cell) for cell in function.__closure__ or ()]


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not yet filled
        return None


@cache
def _code(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:  # built in, or typed in
        return path
