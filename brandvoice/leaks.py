"""Leaks: private values in what a voice says, of people; what is reserved for examples is nobody's."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from hashlib import sha256

from conversations.privacy import find_private
from training.starter.desk import DATA

# RFC 2606 sets these domains aside for examples, and 555-01xx are telephone numbers of nobody.
_RESERVED = re.compile(r"(?i)@(?:[\w-]+\.)*example\.(?:com|net|org)$|555[ .-]?01\d\d$")


def find_leaks(text: str) -> list[str]:
    """Each private value as its kind and a hash: two addresses are told apart, and none is kept."""
    found = ((f.kind, text[f.start : f.end]) for f in find_private(text))
    leaks = [(kind, value) for kind, value in found if not (_RESERVED.search(value) or _plain(value) in _invented())]
    return [f"{kind} {sha256(value.encode()).hexdigest()[:8]}" for kind, value in leaks]


@cache
def _invented() -> frozenset[str]:
    """Streets and numbers of the bundled everyday talk: the starter knows them from there, not from a brand's logs."""
    slots = tomllib.loads((DATA / "slots.toml").read_text(encoding="utf-8"))
    values = {value for name in ("words", "facts") for listed in slots[name].values() for value in listed}
    return frozenset(_plain(value) for value in values if any(map(str.isdigit, value)))


def _plain(value: str) -> str:
    return " ".join(value.casefold().split()).strip(" .,;:!?")
