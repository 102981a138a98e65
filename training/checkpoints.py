"""Checkpoints: where a run was, written so that no death leaves half of one."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

MANIFEST = "MANIFEST.json"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One whole checkpoint of a run."""

    path: Path
    step: int


class CheckpointStore:
    """Checkpoints of one run under one folder: written aside, hashed, synced, then renamed into place."""

    def __init__(self, root: Path, *, plan_hash: str, keep: int) -> None:
        self.root = root
        self.plan_hash = plan_hash
        self.keep = keep

    @property
    def staging(self) -> Path:
        return self.root / "staging"

    def commit(self, folder: Path, *, step: int) -> Checkpoint:
        """Make a checkpoint of what was written to `folder` (inside `staging`), then drop the oldest ones."""
        files = {p.relative_to(folder).as_posix(): _sha256_synced(p) for p in _files(folder)}
        manifest = folder / MANIFEST
        with manifest.open("w", encoding="utf-8") as opened:
            json.dump({"step": step, "plan": self.plan_hash, "files": files}, opened)
            opened.flush()
            os.fsync(opened.fileno())
        target = self.root / f"step-{step}"
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)
        shutil.rmtree(self.staging, ignore_errors=True)
        for old in self._committed()[: -self.keep]:
            shutil.rmtree(old, ignore_errors=True)
        return Checkpoint(target, step)

    def newest(self) -> Checkpoint | None:
        """The newest whole checkpoint of this plan; broken ones and those of another plan are set aside."""
        shutil.rmtree(self.staging, ignore_errors=True)
        for path in reversed(self._committed()):
            if self._is_whole(path):
                return Checkpoint(path, _step(path))
            aside = self.root / "bad"
            aside.mkdir(exist_ok=True)
            path.rename(aside / f"{path.name}-{len(list(aside.iterdir()))}")
        return None

    def _committed(self) -> list[Path]:
        return sorted((p for p in self.root.glob("step-*") if p.is_dir()), key=_step)

    def _is_whole(self, path: Path) -> bool:
        try:
            manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
            wanted, plan = manifest["files"], manifest["plan"]
        except (OSError, ValueError, KeyError):
            return False
        present = {p.relative_to(path).as_posix() for p in _files(path)} - {MANIFEST}
        if plan != self.plan_hash or present != set(wanted):
            return False
        return all(_sha256(path / name) == digest for name, digest in wanted.items())


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


def _step(path: Path) -> int:
    return int(path.name.removeprefix("step-"))


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _sha256_synced(path: Path) -> str:
    with path.open("rb") as opened:
        os.fsync(opened.fileno())
        return hashlib.file_digest(opened, "sha256").hexdigest()
