"""Cautions: what to know of a dataset version before anything is trained on it."""

from __future__ import annotations

from collections.abc import Iterator

from styles.dataset_manifest import Manifest
from styles.selection import LEFT_OUT

_ENOUGH = 100  # examples; below, a voice learns the words rather than the way
_PROMPTS = 200  # held out; below, the gate calls a comparison underpowered
_MUCH = 0.6  # of what came in
_ONE_SPEAKER = 0.5


def cautions(manifest: Manifest) -> list[str]:
    """Sentences, the weightiest first; none where all is well."""
    return [*_size(manifest), *_loss(manifest), *_speaker(manifest)]


def _size(manifest: Manifest) -> Iterator[str]:
    examples, held = manifest.train["examples"], manifest.holdout["examples"]
    if examples < _ENOUGH:
        yield f"Only {examples} to train on; {_ENOUGH} and more make a voice. Import more conversations."
    if held < _PROMPTS:
        yield f"Only {held} held out; with fewer than {_PROMPTS} the gate cannot be sure of a small gain."


def _loss(manifest: Manifest) -> Iterator[str]:
    came_in = max((int(step["in"]) for step in manifest.steps), default=0)
    lost = {reason: count for reason, count in manifest.dropped.items() if reason not in LEFT_OUT}
    out = sum(lost.values())
    if came_in and out > _MUCH * came_in:
        reason, count = max(lost.items(), key=lambda one: one[1])
        yield (
            f"{out / came_in:.0%} of what came in was left out, most of it as {reason} ({count:,}). Look at some: "
            f"brandvoice datasets rows {manifest.style} --part left-out --reason {reason}"
        )


def _speaker(manifest: Manifest) -> Iterator[str]:
    total = sum(manifest.speakers.values())
    known = {speaker: count for speaker, count in manifest.speakers.items() if speaker}
    speaker, count = max(known.items(), key=lambda one: one[1], default=("", 0))
    if count > _ONE_SPEAKER * total:
        yield f"{count / total:.0%} of the examples are by one speaker ({speaker}): the voice will be theirs."
