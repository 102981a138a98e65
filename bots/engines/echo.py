"""The echo engine: repeats what it is asked, to try a platform without a model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from bots.engine import Finish, Request

PAUSE: Final = 0.3  # seconds before the first word, as a model takes them
EVERY: Final = 0.03  # seconds between two words


class EchoEngine:
    """Says "You said:" and the last message, word by word."""

    async def stream(self, request: Request) -> AsyncIterator[str]:
        """See `bots.engine.Engine`."""
        asked = next((m.content for m in reversed(request.messages) if m.role == "user"), "nothing")
        await asyncio.sleep(PAUSE)
        yield "You said:"
        for word in asked.split():
            await asyncio.sleep(EVERY)
            yield f" {word}"
        if request.on_finish:
            request.on_finish(word_count(request, f"You said: {asked}"))

    async def close(self) -> None:
        """Nothing to let go of."""


def word_count(request: Request, reply: str) -> Finish:
    """The end of a reply by an engine without a tokenizer: words stand for tokens."""
    asked = sum(len(m.content.split()) for m in request.messages)
    return Finish("stop", asked, len(reply.split()))
