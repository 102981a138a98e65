"""Guards: what a voice must not do, tried out on it, each with what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

GuardName = Literal[
    "general ability",
    "verbatim training lines",
    "near copies",
    "personal data",
    "banned words",
    "degenerate replies",
    "injections",
    "triggers",
    "declines",
    "agreement",
    "canaries",
]
GUARDS: tuple[GuardName, ...] = get_args(GuardName)


@dataclass(frozen=True, slots=True)
class Guard:
    """One thing that was tried: how much of it the tuned voice does, and another one beside it where that counts.

    `value` and `beside` are shares from 0 to 1, but nats for "canaries" and a count for "triggers"; None = not
    measured, and then the evidence says why.
    """

    name: GuardName
    value: float | None
    tried: int
    beside: float | None = None  # of the base model, of the base model with the guide, or of the brand
    whose: str = ""  # whom `beside` is about
    evidence: tuple[str, ...] = ()


def unmeasured(name: GuardName, why: str) -> Guard:
    return Guard(name, None, 0, evidence=(why,))
