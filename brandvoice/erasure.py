"""Erasure: a person removed from store and datasets, and the voices that learned from them named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from styles.dataset import list_datasets

if TYPE_CHECKING:
    from brandvoice.round_store import RoundStore
    from brandvoice.workspace import Workspace
    from conversations.store import ConversationStore


@dataclass(frozen=True, slots=True)
class Proof:
    """What was erased, in numbers and ids that tell nothing about the person."""

    dry_run: bool
    conversations: int
    messages: int
    submissions: int
    feedback: int
    datasets: tuple[str, ...]
    voices: tuple[str, ...]

    @property
    def found(self) -> bool:
        return bool(self.conversations or self.messages or self.submissions or self.feedback)

    def lines(self) -> list[str]:
        """The proof for people."""
        verb = "would be erased" if self.dry_run else "erased"
        counts = f"{self.conversations} conversations, {self.messages} messages, {self.submissions} submissions"
        lines = [f"{verb}: {counts}, {self.feedback} votes"]
        if self.datasets:
            lines.append(f"datasets that hold them: {', '.join(self.datasets)}")
        if self.voices:
            lines.append(f"voices that learned from them: {', '.join(self.voices)}")
            lines.append("Train these styles again; a new dataset does not hold the person any more.")
        return lines


def erase_person(workspace: Workspace, store: ConversationStore, person: str, *, dry_run: bool) -> Proof:
    """Erase a person and what holds them, datasets and reports; voices stay until they are trained again."""
    survey = store.forget(person, dry_run=True)
    touched = {*survey.conversation_ids, *survey.submission_ids}
    known = [v for style in workspace.styles for v in list_datasets(workspace.data, style) if not v.is_erased]
    datasets = [version for version in known if touched & version.seen()]
    hashes = {version.hash for version in datasets}
    registry = workspace.voices
    voices = [v for s in registry.styles() for v in registry.versions(s) if v.manifest.dataset in hashes]
    erased = survey
    if not dry_run:
        erased = store.forget(person)
        for version in datasets:
            version.erase(now=datetime.now(UTC))
        with workspace.open_rounds() as rounds:
            _erase_reports(rounds, hashes)
    return Proof(
        dry_run,
        erased.conversations,
        erased.messages,
        erased.submissions,
        erased.feedback,
        tuple(v.reference for v in datasets),
        tuple(v.reference for v in voices),
    )


def _erase_reports(rounds: RoundStore, hashes: set[str]) -> None:
    """Reports quote holdout conversations, and previews training ones."""
    for round_ in rounds.all():
        if round_.dataset in hashes:
            for name in ("report.html", "report.json", "training/preview.txt"):
                (rounds.folder(round_.id) / name).unlink(missing_ok=True)
