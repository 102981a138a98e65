"""Side by side: what two versions of a style answer to the same prompts, from stored evaluations or spoken afresh."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conversations.blind_votes import Between, Proposal
from conversations.errors import NotFound
from conversations.messages import Message
from styles.voices import PROMPTED, parse_reference

if TYPE_CHECKING:
    from pathlib import Path

    from brandvoice.workspace import Workspace
    from styles.dataset import DatasetVersion
    from styles.voices import VoiceVersion

Prompt = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TwoAnswers:
    """One prompt of a holdout with the answers of two voices, what the brand said, and the conversation it is from."""

    prompt: Prompt
    one: str
    other: str
    reference: str
    conversation: str | None

    @property
    def asked(self) -> str:
        return self.prompt[-1][1]


def stored_answers(workspace: Workspace, between: Between) -> list[TwoAnswers]:
    """The prompts that both versions answered in their evaluations (version 0 in anybody's), as they answered them."""
    ours, theirs = _answers(workspace, between.one), _answers(workspace, between.other)
    if between.other.endswith(f"@{PROMPTED}"):
        theirs = _answers(workspace, between.one, column="prompted")
    if between.one.endswith(f"@{PROMPTED}"):
        ours = _answers(workspace, between.other, column="prompted")
    known = _conversations(workspace, between)
    shared = [prompt for prompt in ours if prompt in theirs]
    return [
        TwoAnswers(p, ours[p][0], theirs[p][0], ours[p][1], known.get(p)) for p in shared if p in known
    ]  # a prompt that is in no dataset any more was erased


def fresh_answers(
    workspace: Workspace, between: Between, count: int, *, watch: Callable[[str], None]
) -> list[TwoAnswers]:
    """Let both versions answer holdout prompts now, through the engine that serves."""
    from brandvoice.measuring import MeasuringDesk
    from brandvoice.plugins import load_plugins
    from styles.style import guide

    style, _ = parse_reference(between.one)
    cases = _cases(_dataset(workspace, between))[:count]
    if not cases:
        raise NotFound(f"The holdout of {style} has no prompt to answer.")
    spoken = []
    with MeasuringDesk(workspace, load_plugins()) as desk:
        for reference in between:
            voice = _version(workspace, reference)
            watch(f"{reference} answers {len(cases)} prompts")
            told = () if voice else (Message("system", guide(workspace.style(style))),)
            spoken.append(desk.speak([(*told, *case.prompt) for case in cases], voice))
    pairs = zip(cases, *spoken, strict=True)
    return [TwoAnswers(_said(c.prompt), one.strip(), other.strip(), c.reference, c.cluster) for c, one, other in pairs]


def proposals(style: str, between: Between, answers: Sequence[TwoAnswers]) -> list[Proposal]:
    """The answers as pairs for a blind vote."""
    return [Proposal(style, between, a.prompt, a.one, a.other, a.conversation) for a in answers]


def _answers(workspace: Workspace, reference: str, *, column: str = "tuned") -> dict[Prompt, tuple[str, str]]:
    """Reply and reference by prompt, as the report of a version's evaluation has them."""
    version = _version(workspace, reference)
    if version is None:
        return {}
    whole = load_report(workspace, version)
    found: dict[Prompt, tuple[str, str]] = {}
    for answer in whole["evaluation"]["answers"] if whole else ():
        if (reply := answer["replies"].get(column)) is not None:
            found[tuple((role, text) for role, text in answer["prompt"])] = (reply, answer["reference"])
    return found


def load_report(workspace: Workspace, version: VoiceVersion) -> dict[str, Any] | None:
    """What `report.json` of a version's evaluation says, where there is one."""
    folder = next(report_folders(workspace, version), None)
    return dict(json.loads((folder / "report.json").read_text(encoding="utf-8"))) if folder else None


def report_folders(workspace: Workspace, version: VoiceVersion) -> Iterator[Path]:
    """Where reports of a version's evaluation are, the best one first."""
    manifest = version.manifest
    named = [manifest.round, f"evaluation-{manifest.style}-{manifest.number}"]
    for folder in (workspace.rounds_folder / name for name in named if name):
        if (folder / "report.json").is_file():
            yield folder


def _version(workspace: Workspace, reference: str) -> VoiceVersion | None:
    style, number = parse_reference(reference)
    return workspace.voices.version(style, number) if number != PROMPTED else None


def _dataset(workspace: Workspace, between: Between) -> DatasetVersion:
    from styles.dataset import load_dataset

    style, _ = parse_reference(between.one)
    version = next((v for r in between if (v := _version(workspace, r))), None)
    return load_dataset(workspace.data, style, version.manifest.dataset if version else "latest")


def _conversations(workspace: Workspace, between: Between) -> dict[Prompt, str]:
    """Which conversation each prompt of the versions' datasets is from."""
    from styles.dataset import list_datasets

    style, _ = parse_reference(between.one)
    wanted = {v.manifest.dataset for r in between if (v := _version(workspace, r))}
    versions = [d for d in list_datasets(workspace.data, style) if d.manifest.hash in wanted and not d.is_erased]
    return {_said(case.prompt): case.cluster for version in versions for case in _cases(version)}


def _cases(version: DatasetVersion) -> list[Any]:
    from training.baselines import make_cases

    holdout = version.examples("holdout")
    return make_cases([e.messages for e in holdout], clusters=[e.conversation_id for e in holdout])


def _said(prompt: Sequence[Message]) -> Prompt:
    return tuple((m.role, m.content) for m in prompt)
