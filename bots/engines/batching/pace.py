"""How much of a long prompt is read between two words that others are waiting for."""

from __future__ import annotations

from dataclasses import dataclass

_FIRST_GUESS = 1e-3  # seconds per token of a prompt
_WEIGHT = 0.3  # of the newest measurement


@dataclass(frozen=True, slots=True)
class Pace:
    """While somebody is speaking, a step takes about `seconds`; within these bounds of tokens of prompts per step."""

    seconds: float = 0.1
    smallest: int = 32
    largest: int = 512


class Pacer:
    """Learns from the steps how long prompts take on this machine."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._seconds_per_token = _FIRST_GUESS

    def tokens(self, *, busy: bool) -> int:
        """Tokens of prompts for the next step; `busy`: somebody is waiting for their next word."""
        if not busy:
            return self._pace.largest
        affordable = int(min(self._pace.seconds / self._seconds_per_token, self._pace.largest))
        return max(affordable, self._pace.smallest)

    def took(self, seconds: float, *, tokens: int) -> None:
        """What a step took that read so many tokens of prompts."""
        if tokens >= self._pace.smallest:
            self._seconds_per_token += _WEIGHT * (seconds / tokens - self._seconds_per_token)
