"""Fakes for whoever tests a platform, an engine or a plugin: no model, no network, no waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

from bots.engine import Request
from bots.engines.echo import word_count

Script = str | Sequence[str] | Exception


class ScriptedEngine:
    """Says what a test wrote down, one script for each request; the last script is said again and again.

    A script is a text (said word by word), a sequence of pieces, or an exception to raise. `requests` keeps what was
    asked. `delay` is the time in seconds before each piece. While `hold` is cleared, nothing is said: clear it to
    catch a bot between question and answer, set it to go on.
    """

    def __init__(self, *scripts: Script, delay: float = 0.0) -> None:
        self.scripts = list(scripts) or ["Scripted answer."]
        self.delay = delay
        self.requests: list[Request] = []
        self.closed = 0  # streams that were closed before their end
        self.hold = threading.Event()
        self.hold.set()

    async def stream(self, request: Request) -> AsyncIterator[str]:
        """See `bots.engine.Engine`."""
        script = self.scripts[min(len(self.requests), len(self.scripts) - 1)]
        self.requests.append(request)
        await self._wait()
        if isinstance(script, Exception):
            raise script
        finished = False
        try:
            for piece in _pieces(script):
                await self._wait()
                yield piece
            finished = True
            if request.on_finish:
                request.on_finish(word_count(request, "".join(_pieces(script))))
        finally:
            self.closed += not finished

    async def close(self) -> None:
        """Nothing to let go of."""

    async def _wait(self) -> None:
        await asyncio.sleep(self.delay)
        while not self.hold.is_set():  # noqa: ASYNC110 (tests set it from another thread)
            await asyncio.sleep(0.005)


def _pieces(script: str | Sequence[str]) -> list[str]:
    if not isinstance(script, str):
        return list(script)
    words = script.split(" ")
    return [word if n == 0 else f" {word}" for n, word in enumerate(words)]
