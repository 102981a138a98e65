"""Presence: who in which process answers, and whether that process still lives."""

from __future__ import annotations

import contextlib
import tempfile
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

LEASE: Final = timedelta(seconds=30)  # how long an owner counts as alive after its last sign, seen from elsewhere
BEAT: Final = 5.0  # seconds between two signs of life, and between two looks for what others left


class Presence:
    """One owner of questions. A lock on a file, which the system lets go of when a process dies, shows that it lives.

    Processes on the same machine see each other's death at once; others wait until the lease is over.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.gettempdir())
        self.owner = uuid.uuid4().hex
        self._lock = FileLock(self._path(self.owner), thread_local=False)

    def begin(self) -> None:
        """Be there, until the process ends or `end`."""
        if not self._lock.is_locked:
            with contextlib.suppress(OSError, Timeout):  # without it, others wait for the end of the lease
                self._lock.acquire(timeout=0)

    def end(self) -> None:
        """Be gone."""
        self._lock.release(force=True)
        self.clear(self.owner)

    def lose(self) -> None:
        """Die without a word."""
        self._lock.release(force=True)

    def clear(self, owner: str) -> None:
        """Remove what shows whether an owner lives."""
        with contextlib.suppress(OSError):
            self._path(owner).unlink()

    def is_gone(self, owner: str) -> bool | None:
        """Whether another owner's process has ended; None where this machine cannot tell."""
        path = self._path(owner)
        if not owner or not path.exists():
            return None
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        except OSError:
            return None
        lock.release()
        return True

    def _path(self, owner: str) -> Path:
        return self._folder / f"brandvoice-{owner}.lock"
