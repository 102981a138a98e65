"""Comparison: two versions of a style with their scores, settings, data and answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from brandvoice.output import complain
from brandvoice.side_by_side import TwoAnswers, fresh_answers, stored_answers
from conversations.blind_votes import Between
from conversations.errors import BrandvoiceError, VoiceRefused
from styles.sequential import VoteResult, vote_result
from styles.voices import PROMPTED, parse_reference

if TYPE_CHECKING:
    from brandvoice.workspace import Workspace
    from styles.voices import VoiceVersion

SHOWN = 5  # answers in the terminal; --json has all


@dataclass(frozen=True, slots=True)
class Compared:
    """Rows of what differs and of what counts, the change of the data in sentences, answers, and the blind vote."""

    between: Between
    rows: Sequence[Mapping[str, Any]]
    data: Sequence[str]
    answers: Sequence[TwoAnswers]
    vote: VoteResult | None

    def lines(self) -> Iterator[str]:
        for sentence in self.data:
            yield f"data: {sentence}"
        if self.vote:
            yield f"blind vote: {self.vote.words}"
        width = max(map(len, self.between))
        for answer in self.answers[:SHOWN]:
            yield ""
            yield f"> {' '.join(answer.asked.split())}"
            for name, text in zip(self.between, (answer.one, answer.other), strict=True):
                yield f"  {name:<{width}}  {' '.join(text.split()) or '(nothing)'}"
        if not self.answers:
            yield "No answers to the same prompts are stored. Let both answer now: --answers 5"


def compare_voices(workspace: Workspace, one: str, other: str, *, answers: int | None = None) -> Compared:
    """Compare two versions of one style; `answers` lets both speak now. Version 0 is the prompted base model."""
    pairs = [parse_reference(r) for r in (one, other)]
    if pairs[0][0] != pairs[1][0]:
        raise VoiceRefused(f"{one} and {other} are versions of two styles. Compare versions of one.")
    between = Between(*(f"{style}@{number}" for style, number in pairs))
    versions = [workspace.voices.version(style, number) if number != PROMPTED else None for style, number in pairs]
    said = fresh_answers(workspace, between, answers, watch=complain) if answers else stored_answers(workspace, between)
    newer_first = Between(*sorted(between, key=lambda reference: parse_reference(reference)[1], reverse=True))
    with workspace.open_store() as store:
        votes = store.blind_votes.votes(pairs[0][0], newer_first)
    return Compared(
        between=between,
        rows=_rows(between, versions),
        data=_data(workspace, versions),
        answers=() if answers == 0 else said,
        vote=vote_result(newer_first, votes) if votes else None,
    )


def _rows(between: Between, versions: Sequence[VoiceVersion | None]) -> list[dict[str, Any]]:
    facts = [_comparable(version) for version in versions]
    names = dict.fromkeys([*facts[0], *facts[1]])
    return [
        {"what": name, between.one: facts[0].get(name), between.other: facts[1].get(name), "": _sign(name, facts)}
        for name in names
        if name.startswith("score.") or name in _ALWAYS or facts[0].get(name) != facts[1].get(name)
    ]


_ALWAYS = frozenset({"state", "trained", "base", "dataset"})


def _sign(name: str, facts: Sequence[Mapping[str, Any]]) -> str:
    return "" if name in {"state", "trained"} or facts[0].get(name) == facts[1].get(name) else "≠"


def _comparable(version: VoiceVersion | None) -> dict[str, Any]:
    if version is None:
        return {"state": "the base model with the style's guide"}
    manifest = version.manifest
    facts = {
        "state": version.state,
        "trained": manifest.created_at,
        "base": manifest.base,
        "dataset": manifest.dataset[:12],
    }
    facts |= {f"recipe.{key}": value for key, value in _flat(manifest.recipe)}
    facts |= {key: value for key, value in manifest.training.items() if not isinstance(value, dict)}
    return facts | {f"score.{k}": v for k, v in manifest.scores.items() if isinstance(v, int | float)}


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _data(workspace: Workspace, versions: Sequence[VoiceVersion | None]) -> list[str]:
    """What came into and went out of the dataset from the second version to the first."""
    after, before = versions
    if after is None or before is None:
        return []
    return data_change(workspace, before, after)


def data_change(workspace: Workspace, before: VoiceVersion, after: VoiceVersion) -> list[str]:
    """The difference between what two versions learned from, in sentences."""
    from styles.dataset import load_dataset
    from styles.dataset_diff import explain_diff

    style, hashes = after.manifest.style, (before.manifest.dataset, after.manifest.dataset)
    if hashes[0] == hashes[1]:
        return [f"{after.reference} and {before.reference} learned from the same dataset."]
    try:
        found = explain_diff(*(load_dataset(workspace.data, style, version) for version in hashes))
    except (BrandvoiceError, OSError) as error:
        return [f"The datasets cannot be compared: {error}"]
    lines = [found.note] if found.note else [f"{count} {reason}" for reason, count in found.reasons.items()]
    lines += [f"setting {key}: {old} → {new}" for key, (old, new) in found.settings.items()]
    return lines or ["The rows are the same."]
