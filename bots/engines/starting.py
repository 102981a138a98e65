"""An engine that is being made: whoever asks meanwhile waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

from bots.engine import Engine, Measured, Remembering, Request, Workload
from bots.engines.deadline import Deadline
from conversations.errors import EngineError


class StartingEngine:
    """Makes an engine in a thread of its own, so that the rest of a process is up while a large model loads."""

    def __init__(self, make: Callable[[], Engine]) -> None:
        self._make = make
        self._engine: Engine | None = None
        self._over = asyncio.Event()  # made, or given up

    @property
    def is_ready(self) -> bool:
        """See `Loading`."""
        return self._engine is not None

    async def start(self) -> None:
        """Make the engine. Raises what making it raised."""
        try:
            self._engine = await asyncio.to_thread(self._make)
        finally:
            self._over.set()

    async def stream(self, request: Request) -> AsyncIterator[str]:
        """See `Engine`. Raises `EngineError` where the engine could not be made, or not in time."""
        async with Deadline(request.deadline).kept():
            await self._over.wait()
        if self._engine is None:
            raise EngineError("The model could not be loaded. Whoever runs this assistant finds the reason in its log.")
        pieces: Any = self._engine.stream(request)
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    def workload(self) -> Workload:
        """See `Measured`."""
        return self._engine.workload() if isinstance(self._engine, Measured) else Workload(0, 0, 0)

    def people(self) -> list[str]:
        """See `Remembering`."""
        return self._engine.people() if isinstance(self._engine, Remembering) else []

    def forget(self, person: str) -> None:
        """See `Remembering`."""
        if isinstance(self._engine, Remembering):
            self._engine.forget(person)

    async def close(self) -> None:
        if self._engine is not None:
            await self._engine.close()
