"""How much of a long prompt is read between two words that others are waiting for."""

from __future__ import annotations

from dataclasses import dataclass

_FIRST_GUESS = 1e-3  # seconds per token of a prompt
_WEIGHT = 0.3  # of the newest measurement


@dataclass(frozen=True, slots=True)
class Pace:
    """Tokens of prompts per step. A step takes about `seconds` while many speak and one prompt is read.

    It takes longer the more people wait for their first word in comparison; when nobody speaks, `largest` is read.
    """

    seconds: float = 0.1
    smallest: int = 32
    largest: int = 512


class Pacer:
    """Learns from the steps how long prompts take on this machine."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._seconds_per_token = _FIRST_GUESS

    def tokens(self, *, speaking: int, reading: int) -> int:
        """Tokens of prompts for the next step, while so many people wait for their next word and for their first."""
        if not speaking:
            return self._pace.largest
        seconds = self._pace.seconds * (1 + reading / speaking)
        affordable = int(min(seconds / self._seconds_per_token, self._pace.largest))
        return max(affordable, self._pace.smallest)

    def took(self, seconds: float, *, tokens: int) -> None:
        """What a step took, in processor time of its thread, that read so many tokens of prompts."""
        if tokens >= self._pace.smallest:
            self._seconds_per_token += _WEIGHT * (seconds / tokens - self._seconds_per_token)
