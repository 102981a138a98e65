"""Pacing: Slack allows each workspace only so many calls of a method in a minute."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

STARTS_A_MINUTE = 18  # Slack's tier 2 is 20; two are left for what else happens
APPENDS_A_MINUTE = 90  # tier 4 is 100
SESSIONS_A_MINUTE = 44  # tier 3 is 50


class Meter:
    """At most so many in any minute."""

    def __init__(self, most: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._times: deque[float] = deque()

    def take(self, count: int = 1) -> bool:
        """Count that many more; False, and nothing counted, when that is too many."""
        while self._times and self._clock() - self._times[0] >= 60:
            self._times.popleft()
        if len(self._times) + count > self._most:
            return False
        self._times.extend([self._clock()] * count)
        return True


@dataclass(frozen=True, slots=True)
class Pace:
    """What one workspace may still do."""

    starts: Meter = field(default_factory=lambda: Meter(STARTS_A_MINUTE))
    appends: Meter = field(default_factory=lambda: Meter(APPENDS_A_MINUTE))
    sessions: Meter = field(default_factory=lambda: Meter(SESSIONS_A_MINUTE))
