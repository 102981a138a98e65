"""Where conversations came from, and why they may be learned from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Basis = Literal["consent", "contract", "legitimate-interest", "own-content"]

BASES: tuple[Basis, ...] = get_args(Basis)


@dataclass(frozen=True, slots=True)
class Source:
    """One import or platform. Nothing from it is trained on unless `basis` is set and `train_allowed` is true."""

    id: str
    style: str
    kind: str  # format name of a file, or platform name of live talk
    name: str  # file name or channel, for people to read
    basis: Basis | None
    train_allowed: bool
    added_at: datetime
    owner: str = ""
