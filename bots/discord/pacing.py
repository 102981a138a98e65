"""Pacing: how much may be written in one channel, counted by ourselves so that Discord need not refuse it."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

MOST: Final = 5  # of a kind in a channel, and in so many seconds; Discord publishes neither
PER: Final = 5.3
KEPT: Final = 2  # places that are left for last edits
REMEMBERED: Final = 1_000  # channels


class Meter:
    """Counts what was done over the last seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: deque[float] = deque()
        self._turn = asyncio.Lock()

    def take_spare(self) -> bool:
        """Count one if there is room besides what is kept for those who must; False if there is none."""
        if self._left() <= KEPT:
            return False
        self._times.append(self._clock())
        return True

    async def take(self) -> None:
        """Wait for room, and count one."""
        async with self._turn:
            if self._left() <= 0:
                await asyncio.sleep(self._times[0] + PER - self._clock())
            self._times.append(self._clock())

    def _left(self) -> int:
        while self._times and self._clock() - self._times[0] >= PER:
            self._times.popleft()
        return MOST - len(self._times)


@dataclass(frozen=True, slots=True)
class Pace:
    """What may still be done in one channel."""

    sends: Meter = field(default_factory=Meter)
    edits: Meter = field(default_factory=Meter)


class Paces:
    """The pace of each channel that was written in lately."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, Pace] = OrderedDict()

    def of(self, channel: int) -> Pace:
        pace = self._known.setdefault(channel, Pace())
        self._known.move_to_end(channel)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return pace
