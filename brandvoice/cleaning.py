"""Clean rounds: voices that learned from somebody who was erased since, and the rounds that replace them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from styles.dataset import list_datasets

if TYPE_CHECKING:
    from brandvoice.round_store import RoundStore
    from brandvoice.rounds import Round
    from brandvoice.workspace import Workspace
    from styles.dataset import DatasetVersion
    from styles.voices import VoiceVersion


def is_affected(workspace: Workspace, voice: VoiceVersion) -> bool:
    """Whether a voice learned from somebody who asked to be forgotten since."""
    datasets = list_datasets(workspace.data, voice.manifest.style)
    return any(d.is_erased for d in datasets if d.hash == voice.manifest.dataset)


def queue_clean_rounds(workspace: Workspace, rounds: RoundStore, datasets: Iterable[DatasetVersion]) -> list[Round]:
    """One round for each style with a voice that learned from these datasets; one that waits to run is enough."""
    hashes = {version.hash for version in datasets}
    queued = []
    for style in workspace.voices.styles():
        learned = [v.reference for v in workspace.voices.versions(style) if v.manifest.dataset in hashes]
        waits = any(r.origin == "erasure" and r.state == "queued" for r in rounds.all(style))
        if learned and not waits and (workspace.styles_folder / f"{style}.toml").is_file():
            reason = f"Somebody asked to be forgotten, and {', '.join(learned)} learned from them."
            recipe = workspace.settings.style(style).recipe
            queued.append(rounds.queue(style, recipe=recipe, origin="erasure", reason=reason))
    return queued
