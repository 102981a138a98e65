"""Where the text of one reply waits for the person who asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bots.engine import Finish, ScoredToken
from bots.engines.deadline import Deadline
from conversations.errors import EngineError


@dataclass(frozen=True, slots=True, eq=False)
class News:
    """What a step brought for one reply: a token, more text, its end, or the error that ended it."""

    outbox: Outbox
    text: str = ""
    token: ScoredToken | None = None
    finish: Finish | None = None
    error: EngineError | None = None


class Outbox:
    """Belongs to one event loop; only that loop's thread may touch it. Pieces that nobody took yet become one."""

    def __init__(self, deadline: Deadline, *, on_token: Callable[[ScoredToken], None] | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        self.deadline = deadline
        self.finish: Finish | None = None  # how the reply ended, once it is whole
        self.ended = False
        self._on_token = on_token
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
        if news.token is not None and self._on_token is not None:
            self._on_token(news.token)
        self._text += news.text
        self.finish, self._error = news.finish, news.error
        self.ended = news.finish is not None or news.error is not None
        self._arrived.set()


def deliver(news: Iterable[News]) -> None:
    """Put each piece where it belongs; runs in the event loop."""
    for piece in news:
        piece.outbox.add(piece)
