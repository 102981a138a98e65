"""Erasure: a person removed from store and datasets, and the voices that learned from them named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from styles.dataset import list_datasets

if TYPE_CHECKING:
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
    """Erase a person and delete the dataset versions that hold them; voices stay until they are trained again."""
    survey = store.forget(person, dry_run=True)
    touched = set(survey.conversation_ids)
    datasets = [
        version
        for style in workspace.styles
        for version in list_datasets(workspace.data, style)
        if any(e.conversation_id in touched for part in ("train", "holdout") for e in version.examples(part))
    ]
    hashes = {v.manifest.hash for v in datasets}
    voices = [
        v.reference
        for s in workspace.voices.styles()
        for v in workspace.voices.versions(s)
        if v.manifest.dataset in hashes
    ]
    erased = survey if dry_run else store.forget(person)
    if not dry_run:
        for version in datasets:
            version.delete_rows()
    return Proof(
        dry_run,
        erased.conversations,
        erased.messages,
        erased.submissions,
        erased.feedback,
        tuple(v.reference for v in datasets),
        tuple(voices),
    )
