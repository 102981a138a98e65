"""Passing drafts that become no examples through curation steps, as closed to faults as a curation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conversations.errors import CurationRefused
from conversations.privacy import Redactor
from conversations.roster import NameFinder
from styles.curation import CurationStep, Draft, Dropped


def pass_steps(
    batch: Sequence[Draft], steps: Sequence[CurationStep], *, roster: NameFinder | None = None
) -> tuple[list[Draft], list[Dropped]]:
    """What the steps keep and what they drop. Raises `CurationRefused` if one fails or loses a draft."""
    left, dropped = list(batch), list[Dropped]()
    hidden = Redactor(roster)
    for step in steps:
        outcomes = _outcomes(step, left)
        fallen = [outcome for outcome in outcomes if isinstance(outcome, Dropped)]
        if sorted(outcome.id for outcome in outcomes) != sorted(draft.id for draft in left):
            raise CurationRefused(
                f'The curation step "{step.name}" did not give back each of its {len(left)} preferences exactly once, '
                "kept or dropped. No dataset was made; mend the step or leave its plugin out."
            )
        left = [outcome for outcome in outcomes if isinstance(outcome, Draft)]
        dropped += [replace(d, step=step.name, sentence=hidden.redact(d.sentence).text) for d in fallen]
    return left, dropped


def _outcomes(step: CurationStep, batch: Sequence[Draft]) -> list[Draft | Dropped]:
    try:
        return list(step(batch)) if batch else []
    except Exception as error:
        raise CurationRefused(
            f'The curation step "{step.name}" failed at the preferences: {type(error).__name__}: {error}. No dataset '
            "was made; mend the step or leave its plugin out."
        ) from error
