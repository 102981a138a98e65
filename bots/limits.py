"""Limits: how much one person or channel may ask, and the queue when many ask at once."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from conversations.errors import LimitReached

REMEMBERED = 10_000  # message ids and people kept in memory


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed; rates count over one minute."""

    per_person: int = 12
    per_channel: int = 120
    characters: int = 8_000
    answers_at_once: int = 16
    whole: bool = False  # refuse a conversation that the model cannot read whole, instead of leaving out its beginning

    def check_length(self, text: str) -> None:
        if len(text) > self.characters:
            raise LimitReached(
                f"That message has {len(text):,} characters; I can read up to {self.characters:,}. Please shorten it."
            )


class Rates:
    """Counts messages per person and per channel over the last minute."""

    def __init__(self, limits: Limits, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()
        self._ids: OrderedDict[str, None] = OrderedDict()

    def knows(self, message_id: str) -> bool:
        """Whether a message was counted already: a redelivered one is not counted again."""
        return message_id in self._ids

    def check(self, person: str, channel: str, *, id: str) -> None:  # noqa: A002
        """Count a message, or raise `LimitReached` with the seconds to wait."""
        for key, most, whose in (
            (f"p:{person}", self._limits.per_person, "you"),
            (f"c:{channel}", self._limits.per_channel, "this channel"),
        ):
            times = self._times(key)
            if len(times) >= most:
                wait = max(1, round(60 - (self._clock() - times[0])))
                raise LimitReached(
                    f"That is more than {most} messages in a minute from {whose}. Please try again in {wait} seconds."
                )
        for key in (f"p:{person}", f"c:{channel}"):
            self._times(key).append(self._clock())
        self._ids[id] = None
        if len(self._ids) > REMEMBERED:
            self._ids.popitem(last=False)

    def _times(self, key: str) -> deque[float]:
        times = self._seen.setdefault(key, deque())
        self._seen.move_to_end(key)
        while times and self._clock() - times[0] >= 60:
            times.popleft()
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return times


class Places:
    """So many answers at once; whoever comes later waits in order and can be told their place."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._free = count
        self._queue: deque[Turn] = deque()

    @property
    def is_idle(self) -> bool:
        """Whether nobody is being answered."""
        return self._free == self._count and not self._queue

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[Turn]:
        """A turn in the queue; the place is given back, or the turn taken out, at the end."""
        turn = Turn(self)
        self._queue.append(turn)
        self._advance()
        try:
            yield turn
        finally:
            turn.leave()

    def leave(self, turn: Turn) -> None:
        """Give the place back, or leave the queue."""
        if turn in self._queue:
            self._queue.remove(turn)
        else:
            self._free += 1
        self._advance()

    def ahead_of(self, turn: Turn) -> int:
        """How many are before a turn, itself counted; 0 once it has its place."""
        return self._queue.index(turn) + 1 if turn in self._queue else 0

    def _advance(self) -> None:
        while self._free and self._queue:
            self._free -= 1
            self._queue.popleft().changed.set()
        for turn in self._queue:
            turn.changed.set()


class Turn:
    """One place in the queue."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._told: int | None = None
        self._has_left = False
        self.changed = asyncio.Event()

    def leave(self) -> None:
        """Let the next one in; may be done early, and again."""
        if not self._has_left:
            self._has_left = True
            self._places.leave(self)

    async def wait(self) -> int:
        """How many are before this one, as soon as that is news; 0 when it may begin."""
        while True:
            ahead = self._places.ahead_of(self)
            if ahead == 0 or ahead != self._told:
                self._told = ahead
                return ahead
            self.changed.clear()
            await self.changed.wait()
