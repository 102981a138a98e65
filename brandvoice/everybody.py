"""Everybody whom the imports of a workspace name, so that nothing is kept with their names in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

from conversations.roster import Names

if TYPE_CHECKING:
    from brandvoice.plugins import Offers
    from brandvoice.workspace import Workspace
    from conversations.store import ConversationStore

FRESH_SECONDS = 60.0  # ten thousand names take half a second to read


class Everybody:
    """Gives the names of all styles, read anew after a while; threads may share it."""

    def __init__(
        self,
        workspace: Workspace,
        store: ConversationStore,
        *,
        offers: Offers,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._workspace = workspace
        self._store = store
        self._finders = tuple(offers.list("name_finders"))
        self._clock = clock
        self._read: tuple[float, Names] | None = None
        self._lock = Lock()

    def __call__(self) -> Names:
        """The names as they were at most a minute ago; the brands' own names are nobody's."""
        with self._lock:
            now = self._clock()
            if self._read is None or now - self._read[0] >= FRESH_SECONDS:
                keep = [word for style in self._workspace.styles.values() for word in (style.name, style.display)]
                self._read = now, Names(self._store.directory.roster(keep=keep), self._finders)
            return self._read[1]
