"""Disk: files that are on it once they are there, and digests of what they hold."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path


def file_digest(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def lines_digest(lines: Iterable[str]) -> str:
    """The sha256 of the file that these lines would make."""
    found = hashlib.sha256()
    for line in lines:
        found.update(line.encode("utf-8"))
    return found.hexdigest()


def write_file(path: Path, content: str) -> None:
    """Write a file that is there as a whole, and on the disk, or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(content, encoding="utf-8")
    sync(part)
    part.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file, or what a folder lists, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
