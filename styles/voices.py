"""The voice registry: every trained version of every style, and which one speaks."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from conversations.errors import NotFound, VoiceRefused
from styles.disk import sync
from styles.register import (
    PROMPTED,
    Action,
    Canary,
    Decision,
    Register,
    State,
    Unit,
    load_register,
    save_register,
    spoke_before,
    write_json,
)

__all__ = [
    "MANIFEST",
    "PROMPTED",
    "Canary",
    "Decision",
    "Manifest",
    "State",
    "VoiceRegistry",
    "VoiceVersion",
    "file_digest",
    "parse_reference",
    "verify",
]

MANIFEST = "voice.json"
TOMBSTONE = "deleted.json"
_REFERENCE = re.compile(r"([a-z0-9][a-z0-9-]*)@v?(\d+)")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a voice version is and where it came from. `template_hash` is the renderer's; others are refused."""

    style: str
    number: int
    base: str
    base_revision: str
    base_digest: str
    dataset: str
    recipe: Mapping[str, Any]
    seed: int
    template_hash: str
    libraries: Mapping[str, str]
    created_at: str
    parent: int | None = None
    round: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)  # sha256 of each file of the folder
    training: Mapping[str, Any] = field(default_factory=dict)  # steps, tokens, losses, seconds
    scores: Mapping[str, Any] = field(default_factory=dict)  # what the evaluation measured


@dataclass(frozen=True, slots=True)
class VoiceVersion:
    """One trained result of a style: its folder, manifest and state."""

    path: Path
    manifest: Manifest
    state: State

    @property
    def reference(self) -> str:
        return f"{self.manifest.style}@{self.manifest.number}"


def parse_reference(text: str) -> tuple[str, int]:
    """`harbor@3` (or `harbor@v3`) as style and number."""
    match = _REFERENCE.fullmatch(text)
    if not match:
        raise VoiceRefused(f'"{text}" does not name a voice version. Write STYLE@NUMBER, for example harbor@3.')
    return match[1], int(match[2])


class VoiceRegistry:
    """Voice versions as folders `STYLE/N` under one root; a version exists once its manifest does."""

    def __init__(self, root: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.root = root
        self._now = now

    def styles(self) -> list[str]:
        """The styles that have a version or a decision."""
        return sorted(p.name for p in self.root.iterdir() if p.is_dir()) if self.root.is_dir() else []

    def versions(self, style: str) -> list[VoiceVersion]:
        """Every version of a style, oldest first."""
        register = self._register(style)
        folders = [p.parent.name for p in (self.root / style).glob(f"*/{MANIFEST}")]
        numbers = sorted({int(name) for name in folders if name.isdigit()} - set(self.deleted(style)))
        return [self._version(style, number, register) for number in numbers]

    def version(self, style: str, number: int) -> VoiceVersion:
        folder = self.root / style / str(number)
        if (folder / TOMBSTONE).is_file():
            told = json.loads((folder / TOMBSTONE).read_text(encoding="utf-8"))
            raise NotFound(f"{style}@{number} was deleted by {told['who']} on {told['at'][:10]}: {told['reason']}")
        if not (folder / MANIFEST).is_file():
            known = ", ".join(str(v.manifest.number) for v in self.versions(style)) or "none"
            raise NotFound(f"There is no voice {style}@{number}. Versions of {style}: {known}.")
        return self._version(style, number, self._register(style))

    def current(self, style: str) -> VoiceVersion | None:
        """The version that speaks, or None where the base model with the style's guide does (version 0)."""
        number = self._register(style).current
        return self.version(style, number) if number != PROMPTED else None

    def canary(self, style: str) -> Canary | None:
        """The candidate that is on trial, if any."""
        return self._register(style).canary

    def deleted(self, style: str) -> tuple[int, ...]:
        """Numbers of versions of which only a tombstone is left."""
        return tuple(sorted(int(p.parent.name) for p in (self.root / style).glob(f"*/{TOMBSTONE}")))

    def newest_candidate(self, style: str) -> VoiceVersion | None:
        candidates = [v for v in self.versions(style) if v.state == "candidate"]
        return candidates[-1] if candidates else None

    def history(self, style: str) -> tuple[Decision, ...]:
        return self._register(style).history

    def stage(self, style: str) -> Path:
        """An empty folder to write a version's files into, beside where it will live."""
        staging = self.root / style / f".staging-{uuid.uuid4().hex[:12]}"
        staging.mkdir(parents=True)
        return staging

    def publish(self, staging: Path, manifest: Manifest) -> VoiceVersion:
        """Number the version, write its manifest last and rename the folder into place: all or nothing."""
        style = manifest.style
        with self._lock(style):
            taken = [int(p.name) for p in (self.root / style).iterdir() if p.name.isdigit()]
            number = max(taken, default=PROMPTED) + 1
            files = {p.name: file_digest(p) for p in sorted(staging.iterdir()) if p.is_file()}
            numbered = replace(manifest, number=number, files=files)
            write_json(staging / MANIFEST, asdict(numbered))
            staging.rename(self.root / style / str(number))
            sync(self.root / style)
        return self.version(style, number)

    def save_scores(self, version: VoiceVersion, scores: Mapping[str, Any]) -> VoiceVersion:
        """Put what an evaluation measured into the version's manifest."""
        manifest = replace(version.manifest, scores=dict(scores))
        with self._lock(manifest.style):
            write_json(version.path / MANIFEST, asdict(manifest))
        return self.version(manifest.style, manifest.number)

    def promote(self, style: str, number: int, *, who: str, reason: str = "") -> VoiceVersion:
        """Let a version speak. Its files are checked first; the one that spoke becomes the previous one."""
        version = self.version(style, number)
        verify(version)
        with self._lock(style):
            register = self._register(style)
            if register.current != number:
                # Whoever else was on trial was compared with a voice that speaks no more.
                changed = replace(register.without(number), current=number, previous=register.current, canary=None)
                self._save(style, changed, self._decision("promote", number, who=who, reason=reason))
        return self.version(style, number)

    def reject(self, style: str, number: int, *, who: str, reason: str) -> VoiceVersion:
        """Mark a candidate as refused; the current voice cannot be rejected, only rolled back."""
        self.version(style, number)
        with self._lock(style):
            register = self._register(style)
            if number == register.current:
                raise VoiceRefused(f"{style}@{number} speaks now. Take it back: brandvoice voices rollback {style}")
            cleared = register.without(number)
            changed = replace(cleared, rejected=(*cleared.rejected, number))
            self._save(style, changed, self._decision("reject", number, who=who, reason=reason))
        return self.version(style, number)

    def rollback(self, style: str, *, who: str, reason: str = "", only: int | None = None) -> int:
        """Let the previous version speak again and return its number (0: the base model with the guide).

        `only` that version is taken back: of two people who press at once, the second one is refused.
        """
        with self._lock(style):
            register = self._register(style)
            if only is not None and register.current != only:
                raise VoiceRefused(f"{style}@{only} does not speak any more; {style}@{register.current} does.")
            if register.previous is None:
                raise VoiceRefused(f"{style} has no previous voice to go back to.")
            target = register.previous
            if target != PROMPTED:
                verify(self.version(style, target))
            before = spoke_before(target, register.history, gone=self.deleted(style))
            changed = replace(register, current=target, previous=before, canary=None)
            self._save(style, changed, self._decision("rollback", target, who=who, reason=reason))
        return target

    def start_canary(
        self, style: str, number: int, *, share: float, who: str, by: Unit = "person", shadow: bool = False
    ) -> Canary:
        """Let a share of people (conversations, channels) hear a candidate. Started again, only the share changes."""
        version = self.version(style, number)
        verify(version)
        with self._lock(style):
            register = self._register(style)
            _refuse_canary(version, register)
            old = register.canary
            since = old.since if old else self._now().isoformat(timespec="seconds")
            canary = Canary(number, share, by, shadow, register.current, since, who)
            told = f"{share:.0%} by {by}{', and as a shadow for the others' if shadow else ''}"
            decision = self._decision("canary", number, who=who, reason=told)
            self._save(style, replace(register.without(number), canary=canary), decision)
        return canary

    def end_canary(self, style: str, *, who: str, reason: str) -> int:
        """End a trial undecided: its voice is a candidate as before. Returns its number."""
        with self._lock(style):
            register = self._register(style)
            if register.canary is None:
                raise VoiceRefused(f"No canary of {style} is heard.")
            number = register.canary.number
            self._save(
                style, replace(register, canary=None), self._decision("end canary", number, who=who, reason=reason)
            )
        return number

    def delete(self, style: str, number: int, *, who: str, reason: str) -> None:
        """Delete a version's files for good; its manifest stays behind as a tombstone, and its number is not reused.

        Raises VoiceRefused for whoever speaks, is on trial, or would speak after a rollback.
        """
        version = self.version(style, number)
        with self._lock(style):
            state = self._register(style).state(number)
            if state in _KEPT:
                raise VoiceRefused(f"{version.reference} {_KEPT[state]}, so it is not deleted.")
            told = {"who": who, "reason": reason, "at": self._now().isoformat(timespec="seconds")}
            # From here on the version is gone; whatever else a kill leaves behind, `clean` takes away.
            write_json(version.path / TOMBSTONE, {**told, "manifest": asdict(version.manifest)})
            self._save(
                style,
                self._register(style).without(number),
                self._decision("delete", number, who=who, reason=reason),
            )
        self.clean(style)

    def clean(self, style: str) -> None:
        """Remove what a killed run left behind in this style's folder."""
        for left in (self.root / style).glob(".staging-*"):
            shutil.rmtree(left, ignore_errors=True)
        for number in self.deleted(style):
            for path in (self.root / style / str(number)).iterdir():
                if path.name != TOMBSTONE:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _version(self, style: str, number: int, register: Register) -> VoiceVersion:
        path = self.root / style / str(number)
        manifest = Manifest(**json.loads((path / MANIFEST).read_text(encoding="utf-8")))
        return VoiceVersion(path, manifest, register.state(number))

    def _register(self, style: str) -> Register:
        return load_register(self.root / style / "register.json")

    def _save(self, style: str, register: Register, decision: Decision) -> None:
        save_register(self.root / style / "register.json", register, decision)

    def _decision(self, action: Action, number: int, *, who: str, reason: str) -> Decision:
        return Decision(action, number, who, reason, self._now().isoformat(timespec="seconds"))

    def _lock(self, style: str) -> FileLock:
        (self.root / style).mkdir(parents=True, exist_ok=True)
        return FileLock(self.root / style / ".lock", timeout=30)


def verify(version: VoiceVersion) -> None:
    """Refuse a version of which a file is missing, altered or not declared in its manifest."""
    for name, digest in version.manifest.files.items():
        path = version.path / name
        if not path.is_file():
            raise VoiceRefused(f"{version.reference} is damaged: {name} is missing from {version.path}.")
        if file_digest(path) != digest:
            raise VoiceRefused(f"{version.reference} is damaged: {name} is not the file that was trained.")


def file_digest(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


_KEPT: dict[State, str] = {
    "current": "speaks now",
    "canary": "is heard as a canary",
    "previous": "is what a rollback goes back to",
}


def _refuse_canary(version: VoiceVersion, register: Register) -> None:
    style, state = version.manifest.style, register.state(version.manifest.number)
    if state == "current":
        raise VoiceRefused(f"{version.reference} speaks to everybody already.")
    if state == "rejected":
        raise VoiceRefused(f"{version.reference} was rejected, so nobody is to hear it.")
    if register.canary and register.canary.number != version.manifest.number:
        other = f"{style}@{register.canary.number}"
        raise VoiceRefused(f"{other} is on trial already. End that first: brandvoice voices canary {other} --end")
