"""Numbering: what a step keeps of a million drafts by their number, in arrays instead of objects."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Any


class Names:
    """Names by number, in one piece: a million strings would take ten times as much."""

    def __init__(self) -> None:
        self._text, self._ends = bytearray(), array("q", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, number: int) -> str:
        return self._text[self._ends[number] : self._ends[number + 1]].decode("utf-8", "surrogatepass")

    def add(self, names: Iterable[str]) -> None:
        for name in names:
            self._text += name.encode("utf-8", "surrogatepass")
            self._ends.append(len(self._text))


def ranks(groups: Any) -> Any:
    """For each place how many places before it are of the same group."""
    import numpy as np

    groups = np.asarray(groups)
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(groups) else order
    found = np.empty(len(groups), dtype=np.int64)
    found[order] = np.arange(len(groups)) - np.repeat(starts, np.diff(np.append(starts, len(groups))))
    return found


def firsts(groups: Any) -> Any:
    """For each place the first place of the same group."""
    import numpy as np

    _, first, member = np.unique(groups, return_index=True, return_inverse=True)
    return first[member]
