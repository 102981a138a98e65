"""What there is around an evaluation: data, votes, live replies and costs of a voice, as plain facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thumbs:
    """How many people liked replies of a version, and how many did not, each person once."""

    voice: str
    up: int
    down: int

    @property
    def share(self) -> float:
        return self.up / (self.up + self.down)


@dataclass(frozen=True, slots=True)
class BlindVote:
    """A blind vote between the voice and another one: the share of decided pairs in which the voice was picked."""

    one: str
    other: str
    words: str
    bias: str
    votes: int
    share: float | None
    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True)
class DayScore:
    """The style score of one version's live replies on one day (ISO 8601)."""

    day: str
    voice: str
    replies: int
    score: float


@dataclass(frozen=True, slots=True)
class Around:
    """Everything else; empty where nothing is known. Sentences are shown as they are."""

    data: Sequence[str] = ()  # what changed in the data since the voice before
    thumbs: Sequence[Thumbs] = ()
    reasons: Sequence[tuple[str, int]] = ()  # what people gave as the reason of a thumb down, and how many
    votes: Sequence[BlindVote] = ()
    canary: str = ""
    drift: Sequence[DayScore] = ()
    costs: Sequence[tuple[str, str]] = ()
