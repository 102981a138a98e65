"""The time by which an answer must be there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from conversations.errors import EngineError


class Deadline:
    """Counts from when it is made; without `seconds` there is none. Belongs to the running event loop."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._at = None if seconds is None else asyncio.get_running_loop().time() + seconds

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Ends what it surrounds when the time is up. Raises `EngineError` then."""
        try:
            async with asyncio.timeout_at(self._at):
                yield
        except TimeoutError:
            raise EngineError(f"The answer took longer than {self._seconds:g} seconds. Please try again.") from None
