"""Beginnings of prompts whose keys and values need not be computed again."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

import torch
from torch import Tensor

from bots.engines.batching.cache import Snapshot

SHORTEST = 16  # tokens; less is computed faster than it is looked up and copied
IDLE_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class Scope:
    """Who may reuse an entry: replies with the same base model and voice, to one person ("" for everybody)."""

    base: str
    voice: str
    person: str


@dataclass(slots=True)
class _Entry:
    scope: Scope
    tokens: Tensor
    snapshot: Snapshot
    used_at: float


@dataclass(frozen=True, slots=True)
class Match:
    """The longest known beginning of a prompt; `length` is 0 where there is none."""

    length: int = 0
    snapshot: Snapshot | None = None


class PrefixStore:
    """Snapshots by scope and tokens, least recently used first out, bounded in bytes and in idle time."""

    def __init__(self, limit: int, *, now: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._now = now
        self._entries: OrderedDict[int, _Entry] = OrderedDict()
        self._numbers = count()
        self.size = 0

    def __len__(self) -> int:
        return len(self._entries)

    def longest(self, scopes: Sequence[Scope], tokens: Sequence[int]) -> Match:
        """The longest beginning of `tokens` in any of the scopes, one token short of all so that one is computed."""
        self._drop_idle()
        wanted = torch.tensor(tokens[:-1])
        best, owner = 0, -1
        for number, entry in self._entries.items():
            if entry.scope in scopes and (length := _common(entry.tokens, wanted)) > best:
                best, owner = length, number
        if best < SHORTEST:
            return Match()
        entry = self._entries[owner]
        entry.used_at = self._now()
        self._entries.move_to_end(owner)
        return Match(best, entry.snapshot)

    def knows(self, scope: Scope, tokens: Sequence[int]) -> bool:
        wanted = torch.tensor(tokens)
        return any(e.scope == scope and _common(e.tokens, wanted) == len(wanted) for e in self._entries.values())

    def keep(self, scope: Scope, tokens: Sequence[int], snapshot: Snapshot) -> None:
        """Remember a beginning; entries of the same scope that it continues are replaced by it."""
        kept = torch.tensor(tokens)
        for number, entry in list(self._entries.items()):
            if entry.scope == scope and _common(entry.tokens, kept) == len(entry.tokens):
                self._drop(number)
        if snapshot.size > self._limit:
            return
        self._entries[next(self._numbers)] = _Entry(scope, kept, snapshot, self._now())
        self.size += snapshot.size
        while self.size > self._limit:
            self._drop(next(iter(self._entries)))

    def forget(self, person: str) -> None:
        """Drop what was said with a person."""
        for number in [n for n, e in self._entries.items() if e.scope.person == person]:
            self._drop(number)

    def people(self) -> list[str]:
        """Those whose conversations are remembered; other threads may ask."""
        return [entry.scope.person for entry in list(self._entries.values())]

    def clear(self) -> None:
        self._entries.clear()
        self.size = 0

    def _drop_idle(self) -> None:
        oldest = self._now() - IDLE_SECONDS
        for number in [n for n, e in self._entries.items() if e.used_at < oldest]:
            self._drop(number)

    def _drop(self, number: int) -> None:
        self.size -= self._entries.pop(number).snapshot.size


def _common(left: Tensor, right: Tensor) -> int:
    """How many tokens two runs have in common from the first on."""
    shorter = min(len(left), len(right))
    differs = (left[:shorter] != right[:shorter]).nonzero()
    return int(differs[0]) if len(differs) else shorter
