"""The voice registry: every trained version of every style, and which one speaks."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock

from conversations.errors import NotFound, VoiceRefused

State = Literal["candidate", "current", "previous", "retired", "rejected"]

MANIFEST = "voice.json"
PROMPTED = 0  # the number of the voice that is the base model with the style's guide as its prompt
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


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of a style's history: who promoted, rejected or rolled back what, when and why."""

    action: Literal["promote", "reject", "rollback"]
    number: int
    who: str
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class _Register:
    current: int = PROMPTED
    previous: int | None = None
    rejected: tuple[int, ...] = ()
    history: tuple[Decision, ...] = ()


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
        numbers = sorted(int(name) for name in folders if name.isdigit())
        return [self._version(style, number, register) for number in numbers]

    def version(self, style: str, number: int) -> VoiceVersion:
        if not (self.root / style / str(number) / MANIFEST).is_file():
            known = ", ".join(str(v.manifest.number) for v in self.versions(style)) or "none"
            raise NotFound(f"There is no voice {style}@{number}. Versions of {style}: {known}.")
        return self._version(style, number, self._register(style))

    def current(self, style: str) -> VoiceVersion | None:
        """The version that speaks, or None where the base model with the style's guide does (version 0)."""
        number = self._register(style).current
        return self.version(style, number) if number != PROMPTED else None

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
            _write_json(staging / MANIFEST, asdict(numbered))
            staging.rename(self.root / style / str(number))
            _sync_folder(self.root / style)
        return self.version(style, number)

    def save_scores(self, version: VoiceVersion, scores: Mapping[str, Any]) -> VoiceVersion:
        """Put what an evaluation measured into the version's manifest."""
        manifest = replace(version.manifest, scores=dict(scores))
        with self._lock(manifest.style):
            _write_json(version.path / MANIFEST, asdict(manifest))
        return self.version(manifest.style, manifest.number)

    def promote(self, style: str, number: int, *, who: str, reason: str = "") -> VoiceVersion:
        """Let a version speak. Its files are checked first; the one that spoke becomes the previous one."""
        version = self.version(style, number)
        verify(version)
        with self._lock(style):
            register = self._register(style)
            if register.current != number:
                rejected = tuple(n for n in register.rejected if n != number)
                changed = replace(register, current=number, previous=register.current, rejected=rejected)
                self._save(style, changed, self._decision("promote", number, who=who, reason=reason))
        return self.version(style, number)

    def reject(self, style: str, number: int, *, who: str, reason: str) -> VoiceVersion:
        """Mark a candidate as refused; the current voice cannot be rejected, only rolled back."""
        self.version(style, number)
        with self._lock(style):
            register = self._register(style)
            if number == register.current:
                raise VoiceRefused(f"{style}@{number} speaks now. Take it back: brandvoice voices rollback {style}")
            rejected = (*(n for n in register.rejected if n != number), number)
            changed = replace(register, rejected=rejected)
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
            changed = replace(register, current=target, previous=_spoke_before(target, register.history))
            self._save(style, changed, self._decision("rollback", target, who=who, reason=reason))
        return target

    def clean(self, style: str) -> None:
        """Remove what a killed run left behind in this style's folder."""
        for left in (self.root / style).glob(".staging-*"):
            shutil.rmtree(left, ignore_errors=True)

    def _version(self, style: str, number: int, register: _Register) -> VoiceVersion:
        path = self.root / style / str(number)
        manifest = Manifest(**json.loads((path / MANIFEST).read_text(encoding="utf-8")))
        return VoiceVersion(path, manifest, _state(number, register))

    def _register(self, style: str) -> _Register:
        path = self.root / style / "register.json"
        if not path.is_file():
            return _Register()
        raw = json.loads(path.read_text(encoding="utf-8"))
        history = tuple(Decision(**line) for line in raw["history"])
        return _Register(raw["current"], raw["previous"], tuple(raw["rejected"]), history)

    def _save(self, style: str, register: _Register, decision: Decision) -> None:
        _write_json(
            self.root / style / "register.json", asdict(replace(register, history=(*register.history, decision)))
        )

    def _decision(
        self, action: Literal["promote", "reject", "rollback"], number: int, *, who: str, reason: str
    ) -> Decision:
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


def _spoke_before(number: int, history: Sequence[Decision]) -> int | None:
    """Which version a rollback from this one leads to: each goes one further back, until the prompted base model."""
    spoken = [PROMPTED]
    for decision in history:
        if decision.action == "promote":
            spoken.append(decision.number)
        elif decision.action == "rollback":
            spoken.pop()
    before = spoken[: len(spoken) - 1 - spoken[::-1].index(number)] if number in spoken else []
    return before[-1] if before else None


def _state(number: int, register: _Register) -> State:
    if number == register.current:
        return "current"
    if number == register.previous:
        return "previous"
    if number in register.rejected:
        return "rejected"
    spoke = any(d.number == number for d in register.history)
    return "retired" if spoke else "candidate"


def _write_json(path: Path, value: object) -> None:
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8") as opened:
        json.dump(value, opened, indent=2, ensure_ascii=False)
        opened.write("\n")
        opened.flush()
        os.fsync(opened.fileno())
    part.replace(path)
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
