"""The register of a style's voices: which one speaks, which one is on trial, and every decision about them."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from styles.disk import write_file

State = Literal["candidate", "canary", "current", "previous", "retired", "rejected"]
Action = Literal["promote", "reject", "rollback", "canary", "end canary", "delete"]
Unit = Literal["conversation", "person", "channel"]

PROMPTED = 0  # the number of the voice that is the base model with the style's guide as its prompt


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of a style's history: who promoted, rejected or rolled back what, when and why."""

    action: Action
    number: int
    who: str
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class Canary:
    """A candidate that a share of all conversations, people or channels hears instead of the current voice.

    A `shadow` answers the others too, silently: nobody is shown what it says. `against` is who spoke when it began.
    """

    number: int
    share: float
    by: Unit
    shadow: bool
    against: int
    since: str
    who: str


@dataclass(frozen=True, slots=True)
class Register:
    """The whole register; a style without a file has an empty one."""

    current: int = PROMPTED
    previous: int | None = None
    rejected: tuple[int, ...] = ()
    history: tuple[Decision, ...] = ()
    canary: Canary | None = None

    def state(self, number: int) -> State:
        if number == self.current:
            return "current"
        if self.canary and number == self.canary.number:
            return "canary"
        if number == self.previous:
            return "previous"
        if number in self.rejected:
            return "rejected"
        spoke = any(d.number == number and d.action in {"promote", "rollback"} for d in self.history)
        return "retired" if spoke else "candidate"

    def without(self, number: int) -> Register:
        """The same with nothing left of a version's rejection or trial."""
        canary = None if self.canary and self.canary.number == number else self.canary
        return replace(self, rejected=tuple(n for n in self.rejected if n != number), canary=canary)


def load_register(path: Path) -> Register:
    if not path.is_file():
        return Register()
    raw = json.loads(path.read_text(encoding="utf-8"))
    history = tuple(Decision(**line) for line in raw["history"])
    canary = Canary(**raw["canary"]) if raw.get("canary") else None
    return Register(raw["current"], raw["previous"], tuple(raw["rejected"]), history, canary)


def save_register(path: Path, register: Register, decision: Decision) -> None:
    """Put the register in place at once, with one more decision in its history."""
    write_json(path, asdict(replace(register, history=(*register.history, decision))))


def spoke_before(number: int, history: Sequence[Decision], *, gone: Collection[int] = ()) -> int | None:
    """Which version a rollback from this one leads to: each goes one further back, until the prompted base model.

    Versions that are gone (deleted) are passed over.
    """
    spoken = [PROMPTED]
    for decision in history:
        if decision.action == "promote":
            spoken.append(decision.number)
        elif decision.action == "rollback":
            del spoken[_last(spoken, decision.number) + 1 :]
    before = spoken[: _last(spoken, number)] if number in spoken else []
    return next((n for n in reversed(before) if n not in gone), None)


def _last(spoken: Sequence[int], number: int) -> int:
    """The last place of a number; of one that never spoke, the place before the last."""
    places = [i for i, n in enumerate(spoken) if n == number]
    return places[-1] if places else len(spoken) - 2


def write_json(path: Path, value: object) -> None:
    """Replace a file at once; on disk when this returns."""
    write_file(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")
