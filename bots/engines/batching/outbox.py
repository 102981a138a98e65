"""Where the text of one reply waits for the person who asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from bots.engines.deadline import Deadline
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

    def __init__(self, deadline: Deadline) -> None:
        self.loop = asyncio.get_running_loop()
        self.deadline = deadline
        self.ended = False
        self._text = ""
        self._error: EngineError | None = None
        self._arrived = asyncio.Event()

    async def take(self) -> str | None:
        """The text that came since last time; None at the end. Raises `EngineError` when no more can come."""
        async with self.deadline.kept():
            while not self._text and not self.ended:
                self._arrived.clear()
                await self._arrived.wait()
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
