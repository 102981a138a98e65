"""The plan of a curation: which steps run, in which order, and the numbers that they go by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from conversations.errors import SettingsError

if TYPE_CHECKING:
    from styles.drafts import CurationStep

# Without these a dataset could hold what nobody may learn from.
NEEDED = (
    "basis",
    "consent",
    "own replies",
    "roles",
    "empty turns",
    "secrets",
    "privacy",
    "hidden text",
    "instructions",
)
_NUMBERS = (
    "messages_at_most", "turn_characters_at_most", "same_reply_at_most", "same_template_at_most", "near_copy_from",
    "examples_at_most", "speaker_share_at_most", "topic_share_at_most",
)  # fmt: skip


class CurationPlan(BaseModel):
    """`[styles.NAME.curation]`: an empty plan is every built-in step, then those of plugins.

    `without` switches steps off; `order` names the steps that run before all others, in this order; a number that is
    left out is the built-in one. A plugin's step of the same name takes a built-in step's place.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    without: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    messages_at_most: int | None = Field(default=None, ge=2, le=200)
    turn_characters_at_most: int | None = Field(default=None, ge=100)
    same_reply_at_most: int | None = Field(default=None, ge=1)
    same_template_at_most: int | None = Field(default=None, ge=1)
    near_copy_from: float | None = Field(default=None, ge=0.3, le=1)
    examples_at_most: int | None = Field(default=None, ge=1)
    speaker_share_at_most: float | None = Field(default=None, gt=0, le=1)
    topic_share_at_most: float | None = Field(default=None, gt=0, le=1)

    @property
    def numbers(self) -> dict[str, Any]:
        """The numbers that were chosen, for `Limits.of`."""
        chosen = {name: getattr(self, name) for name in _NUMBERS}
        return {name: value for name, value in chosen.items() if value is not None}

    def arrange(self, builtin: Sequence[CurationStep], offered: Sequence[CurationStep]) -> list[CurationStep]:
        """The steps as planned. Raises SettingsError for a name that no step has, and for what cannot be left out."""
        replaced = {step.name: step for step in offered if step.name in {b.name for b in builtin}}
        steps = [replaced.get(step.name, step) for step in builtin]
        steps += [step for step in offered if step.name not in replaced]
        self._check([step.name for step in steps], replaced=replaced)
        first = sorted((s for s in steps if s.name in self.order), key=lambda step: self.order.index(step.name))
        rest = [step for step in steps if step.name not in self.order]
        return [step for step in (*first, *rest) if step.name not in self.without]

    def _check(self, known: Sequence[str], *, replaced: dict[str, CurationStep]) -> None:
        faults = [f'"{name}" is no step' for name in (*self.without, *self.order) if name not in known]
        faults += [f'"{name}" cannot be left out' for name in self.without if name in NEEDED]
        faults += [f'"{name}" cannot be replaced by a plugin' for name in replaced if name in NEEDED]
        faults += [f'"{name}" is named twice' for name in sorted(set(known)) if known.count(name) > 1]
        if faults:
            raise SettingsError(
                f"The plan of the curation cannot be followed: {'; '.join(faults)}. Steps: {', '.join(known)}."
            )
