"""A reply while it is being made: one task takes it from the engine, whoever sends it takes it from here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from conversations.errors import BrandvoiceError


class Spoken:
    """Pieces of one reply. A slow reader holds up nobody: what waits for them comes as one piece."""

    def __init__(self, pieces: AsyncGenerator[str, None]) -> None:
        self._waiting: list[str] = []
        self._news = asyncio.Event()
        self.is_over = False
        self._error: BrandvoiceError | None = None
        self.text = ""
        self._work = asyncio.create_task(self._listen(pieces))

    async def begun(self) -> None:
        """Until there is something to send, or nothing will come. Raises what the engine raised before any word."""
        await self._news.wait()
        if self._error is not None and not self._waiting:
            raise self._error

    async def take(self) -> str | None:
        """What was said since the last time; None at the end. Raises what the engine raised."""
        while not self._waiting:
            if self._error is not None:
                raise self._error
            if self.is_over:
                await self._work  # whatever is no refusal is a defect, and is raised as it is
                return None
            self._news.clear()
            await self._news.wait()
        piece = "".join(self._waiting)
        self._waiting.clear()
        return piece

    async def whole(self) -> str:
        while await self.take() is not None:
            pass
        return self.text

    async def close(self) -> None:
        """Stop the engine at once, if it still speaks."""
        self._work.cancel()
        with suppress(asyncio.CancelledError):
            await self._work

    async def _listen(self, pieces: AsyncGenerator[str, None]) -> None:
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    self.text += piece
                    self._waiting.append(piece)
                    self._news.set()
        except BrandvoiceError as error:
            self._error = error
        finally:
            self.is_over = True
            self._news.set()
