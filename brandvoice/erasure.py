"""Erasure: a person removed from store and datasets, and the voices that learned from them named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brandvoice.cleaning import queue_clean_rounds
from conversations.erasures import ErasureProof, digest_of_facts
from conversations.errors import CurationRefused, StoreError
from styles.dataset import DatasetVersion, finish_saves, list_datasets
from styles.style import STYLE_NAME

if TYPE_CHECKING:
    from brandvoice.round_store import RoundStore
    from brandvoice.workspace import Workspace
    from conversations.store import ConversationStore


PROOFS = "erasures"  # the folder of the proofs, in the data folder


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
    originals: int = 0
    names: int = 0
    mentions: int = 0
    rows: int = 0
    id: str = field(default="", compare=False)  # empty for a dry run
    file: str = field(default="", compare=False)
    digest: str = field(default="", compare=False)

    @property
    def found(self) -> bool:
        """Whether there was anything of the person."""
        return any((self.conversations, self.submissions, self.feedback, self.names, self.mentions, self.rows))

    def lines(self) -> list[str]:
        """The proof for people."""
        verb = "would be erased" if self.dry_run else "erased"
        first = [(self.conversations, "conversation"), (self.messages, "message"), (self.submissions, "submission")]
        lines = [f"{verb}: {', '.join(_amount(*one) for one in [*first, (self.feedback, 'vote')])}"]
        more = [(self.originals, "original"), (self.names, "name")]
        told = [_amount(count, noun) for count, noun in more if count]
        if self.mentions:
            told.append(f"{_amount(self.mentions, 'mention')} by others")
        if told:
            lines.append(f"{verb}: {', '.join(told)}")
        if self.datasets:
            lines.append(f"{verb} with them: {_amount(len(self.datasets), 'dataset')} ({', '.join(self.datasets)})")
        if self.voices:
            lines.append(f"voices that learned from them: {', '.join(self.voices)}")
            lines.append("A clean round of each style is queued. Until it ends, these voices are listed as affected.")
        if self.file:
            lines.append(f"proof: {self.file} (sha256 {self.digest[:16]}…)")
        return lines


def _amount(count: int, noun: str) -> str:
    return f"{count} {noun if count == 1 else f'{noun}s'}"


def erase_person(workspace: Workspace, store: ConversationStore, person: str, *, dry_run: bool) -> Proof:
    """Erase a person and what holds them, datasets and reports; voices stay until they are trained again.

    `person` is an id. If this is killed on the way, `finish_erasures` does the rest.
    """
    survey = store.forget(person, dry_run=True)
    if not dry_run and survey.found:
        store.forget(person)
        return finish_erasures(workspace, store)[-1]
    touched = {*survey.conversation_ids, *survey.submission_ids, *survey.voted_in}
    datasets = _touched(workspace, lambda ids: bool(touched & ids))
    return Proof(
        dry_run,
        datasets=tuple(v.reference for v in datasets),
        voices=_learned(workspace, datasets),
        **_counted(asdict(survey)),
    )


def finish_erasures(workspace: Workspace, store: ConversationStore) -> list[Proof]:
    """Carry every erasure that has no proof yet into the datasets, and prove it.

    Slack, Discord and HTTP forget people in the store alone, and a program may be killed before it is through.
    """
    open_ones = [erasure for erasure in store.erasures.listed() if erasure.digest is None]
    if not open_ones:
        return []
    is_gone = store.erasures.covers()
    finish_saves(workspace.data)
    datasets = _touched(workspace, lambda ids: any(map(is_gone, ids)))
    for bench in (workspace.data / "datasets").glob("*/.curating"):
        shutil.rmtree(bench, ignore_errors=True)  # what a killed curation left; a running one is refused at its end
    # Written before the datasets go: what is named in it cannot be found again after a crash.
    written = [_write_proof(workspace, erasure, datasets) for erasure in open_ones]
    with workspace.open_rounds() as rounds:
        queue_clean_rounds(workspace, rounds, datasets)
    for version in datasets:
        version.erase(now=datetime.now(UTC))
        with workspace.open_rounds() as rounds:
            _erase_reports(rounds, {version.hash})
    return [replace(proof, digest=store.erasures.prove(proof.id, facts)) for proof, facts in written]


def refuse_erased(store: ConversationStore, version: DatasetVersion, *, since: int) -> None:
    """Erase a dataset that was being made while somebody in it was forgotten. Raises `CurationRefused` then."""
    if store.erasures.newest() == since:
        return
    is_gone = store.erasures.covers()
    if any(map(is_gone, version.seen())):
        version.erase(now=datetime.now(UTC))
        raise CurationRefused(
            f"Somebody who is in dataset {version.reference} asked to be forgotten while it was made; it is erased. "
            f"Make it again: brandvoice curate {version.manifest.style}"
        )


def verify_proof(store: ConversationStore, path: Path) -> str:
    """The id of the erasure that a file proves. Raises `StoreError` if the file was altered or is of another store."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        facts, digest = told["facts"], told["sha256"]
    except OSError as error:
        raise StoreError(
            f"{path} is no erasure that is known here, and no file that can be read ({error.strerror}). "
            "`brandvoice privacy proofs` names them."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} is not the proof of an erasure. Those are in data/erasures.") from error
    if digest_of_facts(facts) != digest:
        raise StoreError(f"{path} was altered: its facts do not have the hash that it states.")
    known = {erasure.id: erasure.digest for erasure in store.erasures.listed()}
    if known.get(facts["id"]) != digest:
        raise StoreError(f"{path} proves an erasure that this workspace knows nothing of, or knows otherwise.")
    return str(facts["id"])


def _touched(workspace: Workspace, holds: Callable[[frozenset[str]], bool]) -> list[DatasetVersion]:
    """Datasets that hold somebody; one that cannot be read might, so it counts."""
    root = workspace.data / "datasets"
    styles = sorted(folder.name for folder in root.iterdir()) if root.is_dir() else []
    known = (v for style in styles if STYLE_NAME.fullmatch(style) for v in list_datasets(workspace.data, style))
    return [version for version in known if not version.is_erased and _may_hold(version, holds)]


def _may_hold(version: DatasetVersion, holds: Callable[[frozenset[str]], bool]) -> bool:
    try:
        return holds(version.seen())
    except CurationRefused:
        return True


def _learned(workspace: Workspace, datasets: Sequence[DatasetVersion]) -> tuple[str, ...]:
    registry, hashes = workspace.voices, {version.hash for version in datasets}
    voices = (v for style in registry.styles() for v in registry.versions(style))
    return tuple(v.reference for v in voices if v.manifest.dataset in hashes)


def _write_proof(
    workspace: Workspace, erasure: ErasureProof, datasets: Sequence[DatasetVersion]
) -> tuple[Proof, dict[str, Any]]:
    """The proof and its facts, also in a file; datasets that a killed program named there stay named."""
    path = workspace.data / PROOFS / f"{erasure.id}.json"
    before = json.loads(path.read_text(encoding="utf-8"))["facts"] if path.is_file() else {}
    facts: dict[str, Any] = {
        "id": erasure.id,
        "erased_at": erasure.at.isoformat(timespec="seconds"),
        **_counted(erasure.facts),
        "datasets": list(dict.fromkeys((*before.get("datasets", ()), *(v.reference for v in datasets)))),
        "voices": list(dict.fromkeys((*before.get("voices", ()), *_learned(workspace, datasets)))),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".new")
    part.write_text(json.dumps({"facts": facts, "sha256": digest_of_facts(facts)}, indent=2) + "\n", encoding="utf-8")
    part.replace(path)
    proof = Proof(
        False,
        datasets=tuple(facts["datasets"]),
        voices=tuple(facts["voices"]),
        id=erasure.id,
        file=str(path),
        **_counted(erasure.facts),
    )
    return proof, facts


_COUNTED = ("conversations", "messages", "submissions", "feedback", "originals", "names", "mentions", "rows")


def _counted(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: int(facts[name]) for name in _COUNTED}


def _erase_reports(rounds: RoundStore, hashes: set[str]) -> None:
    """Reports quote holdout conversations, previews training ones, and what a service was sent is the dataset."""
    for round_ in rounds.all():
        if round_.dataset in hashes:
            for name in (
                "report.html",
                "report.json",
                "training/preview.txt",
                "remote/train.jsonl",
                "remote/holdout.jsonl",
            ):
                (rounds.folder(round_.id) / name).unlink(missing_ok=True)
