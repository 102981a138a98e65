"""Numbers that never come twice: ids and message timestamps."""

from __future__ import annotations

import itertools
import threading
import time


class Ids:
    """One ascending sequence for everything in a workspace."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def next(self) -> int:
        with self._lock:
            return next(self._numbers)

    def ts(self) -> str:
        """A message timestamp: later ones sort after earlier ones."""
        return f"{int(time.time())}.{self.next():06d}"
