"""Where the text of one reply waits for the person who asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from conversations.errors import EngineError


@dataclass(frozen=True, slots=True, eq=False)
class News:
    """What a step brought for one reply: more text, its end, or the error that ended it."""

    outbox: Outbox
    text: str = ""
    ended: bool = False
    error: EngineError | None = None


class Outbox:
    """Belongs to one event loop; only that loop's thread may touch it. Pieces that nobody took yet become one."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, seconds: float | None) -> None:
        self.loop = loop
        self.ended = False
        self._seconds = seconds
        self._deadline = None if seconds is None else loop.time() + seconds
        self._text = ""
        self._error: EngineError | None = None
        self._arrived = asyncio.Event()

    def in_time(self) -> asyncio.Timeout:
        """A timeout for whatever the reply waits for."""
        return asyncio.timeout_at(self._deadline)

    @property
    def too_late(self) -> EngineError:
        return EngineError(f"The answer took longer than {self._seconds:g} seconds. Please try again.")

    async def take(self) -> str | None:
        """The text that came since last time; None at the end. Raises `EngineError` when no more can come."""
        try:
            async with self.in_time():
                while not self._text and not self.ended:
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            raise self.too_late from None
        text, self._text = self._text, ""
        if text:
            return text
        if self._error is not None:
            raise self._error
        return None

    def add(self, news: News) -> None:
        if self.ended:
            return
        self._text += news.text
        self.ended, self._error = news.ended, news.error
        self._arrived.set()


def deliver(news: Iterable[News]) -> None:
    """Put each piece where it belongs; runs in the event loop."""
    for piece in news:
        piece.outbox.add(piece)
