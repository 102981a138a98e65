"""What the API needs of whatever runs rounds: one small protocol, which the front door fills in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

JobStatus = Literal["queued", "running", "succeeded", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Wish:
    """A round that somebody wants: a style, a file to learn from besides what there is, and why that is allowed.

    `changes` are numbers that differ from the style's recipe: epochs, examples_per_step, learning_rate_multiplier,
    seed.
    """

    style: str
    path: Path
    basis: str
    asked_by: str
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobFacts:
    """Where a round stands. `voice` is there once it is trained (`harbor@4`), whatever the gate thinks of it."""

    status: JobStatus
    finished_at: datetime | None = None
    voice: str | None = None
    trained_tokens: int | None = None
    reason: str = ""
    paused: bool = False


@dataclass(frozen=True, slots=True)
class JobEvent:
    """Something that happened in a round."""

    number: int
    at: datetime
    level: Literal["info", "warn", "error"]
    message: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobCheckpoint:
    """The voice that a round made, with what its training measured."""

    voice: str
    at: datetime
    step: int
    metrics: Mapping[str, float] = field(default_factory=dict)


class Jobs(Protocol):
    """Starts rounds and tells how they go on. Calls block, and raise `BrandvoiceError` with a plain sentence."""

    def start(self, wish: Wish) -> str:
        """Take the file in and queue a round; its id."""
        ...

    def facts(self, round_id: str) -> JobFacts: ...

    def events(self, round_id: str) -> Sequence[JobEvent]:
        """What happened, newest first."""
        ...

    def checkpoints(self, round_id: str) -> Sequence[JobCheckpoint]: ...

    def cancel(self, round_id: str, *, who: str) -> None: ...

    def pause(self, round_id: str, *, who: str) -> None: ...

    def resume(self, round_id: str, *, who: str) -> None: ...

    def close(self) -> None:
        """Called once, when the API stops; rounds go on later."""
        ...
