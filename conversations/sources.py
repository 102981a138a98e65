"""Where conversations came from, why they may be learned from, and who answers for that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Basis = Literal["consent", "contract", "legitimate-interest", "own-content"]

BASES: tuple[Basis, ...] = get_args(Basis)


@dataclass(frozen=True, slots=True)
class Source:
    """One import or platform. Nothing from it is trained on unless it is whole and `train_allowed` is true."""

    id: str
    style: str
    kind: str  # format name of a file, or platform name of live talk
    name: str  # file name or channel, for people to read
    basis: Basis | None
    train_allowed: bool
    added_at: datetime
    owner: str = ""  # who answers for it
    licence: str = ""  # where one is known
    live: bool = False  # captured while people talked, not handed over by anybody

    @property
    def missing(self) -> tuple[str, ...]:
        """What has to be known of a source before anything of it may be learned, and is not."""
        return tuple(name for name in ("kind", "owner", "basis") if not getattr(self, name))
