"""A round: where it stands, what it made, and what happened in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

State = Literal[
    "queued", "curated", "trained", "evaluated", "waiting", "promoted", "rejected", "failed", "cancelled", "skipped"
]
Until = Literal["trained", "promoted"]
Origin = Literal["hand", "schedule", "trigger", "erasure", "api"]

OPEN: frozenset[State] = frozenset({"queued", "curated", "trained", "evaluated"})
FINISHED: frozenset[State] = frozenset({"waiting", "promoted", "rejected", "cancelled", "skipped"})
LEASE = timedelta(seconds=60)  # whoever runs a round says so far more often; silence for this long means it died


@dataclass(frozen=True, slots=True)
class Round:
    """One pass round the loop. `dataset` and `voice` are what its finished steps made, so that none is done twice.

    `attempts` counts failures by step ("lost": owners that died), `options` what differs from the recipe.
    """

    id: str
    style: str
    state: State
    until: Until
    recipe: str
    started_at: datetime
    changed_at: datetime
    origin: Origin = "hand"
    asked_by: str = ""
    due_at: datetime | None = None
    dataset: str | None = None
    voice: int | None = None
    reason: str = ""
    paused: bool = False
    not_before: datetime | None = None
    owner: str | None = None
    leased_until: datetime | None = None
    attempts: Mapping[str, int] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    training_seconds: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether there is still something that a worker would do."""
        return self.state in OPEN and not (self.until == "trained" and self.state == "trained")

    @property
    def last_step(self) -> State:
        """The newest finished step, from which a resumed round goes on."""
        return "trained" if self.voice is not None else "curated" if self.dataset else "queued"


@dataclass(frozen=True, slots=True)
class RoundEvent:
    """Something that happened in a round, in order of `number`."""

    number: int
    round: str
    at: datetime
    kind: str  # a state, or progress, note, memory, lost
    message: str
    details: Mapping[str, Any]
