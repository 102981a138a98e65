"""Running: one answer under way, which can be stopped at any moment, also before its first word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing

from bots.engine import Engine, Request


class Run:
    """The answer to one question, while it is made."""

    def __init__(self, question: str = "") -> None:
        self.question = question
        self.is_stopped = False
        self.is_unwanted = False  # its question was deleted
        self._is_outdated = False
        self._has_begun = False
        self._pieces: asyncio.Queue[str | None] = asyncio.Queue()

    def stop(self) -> None:
        """Make no more of it."""
        self.is_stopped = True
        self._pieces.put_nowait(None)

    def forget(self) -> None:
        """Nobody wants it any more."""
        self.is_unwanted = True
        self.stop()

    def change(self) -> None:
        """The question reads otherwise now: begin anew, unless words were said already."""
        if not self._has_begun:
            self._is_outdated = True
            self._pieces.put_nowait(None)

    def begins_anew(self) -> bool:
        """Whether the question changed before the first word; True once for each change."""
        if not self._is_outdated or self.is_stopped:
            return False
        self._is_outdated, self._pieces = False, asyncio.Queue()
        return True

    async def pieces(
        self, engine: Engine, request: Request, *, at_end: Callable[[], None] | None = None
    ) -> AsyncGenerator[str, None]:
        """What the engine says until its end or ours. Raises what the engine raises.

        `at_end` is called once the engine is done, which may be long before all of it is shown.
        """
        pieces = self._pieces
        if self.is_stopped:
            return
        # A task of its own: an engine may be quiet for long, and its timeouts want to begin and end in one task.
        pump = asyncio.create_task(_pump(engine.stream(request), pieces), name="engine")
        if at_end is not None:
            pump.add_done_callback(lambda _: self._is_outdated or at_end())
        try:
            while (piece := await pieces.get()) is not None:
                self._has_begun = self._has_begun or bool(piece.strip())
                yield piece
                if self.is_stopped:
                    return
            if not (self.is_stopped or self._is_outdated):
                await pump
        finally:
            pump.cancel()
            await asyncio.wait({pump})
            if not pump.cancelled():
                pump.exception()


async def _pump(stream: AsyncIterator[str], pieces: asyncio.Queue[str | None]) -> None:
    try:
        async with aclosing(stream):  # type: ignore[type-var]
            async for piece in stream:
                pieces.put_nowait(piece)
    finally:
        pieces.put_nowait(None)
