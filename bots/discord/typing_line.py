"""The typing line: "is typing…", shown at once and until the first words."""

from __future__ import annotations

import asyncio
import logging
from types import TracebackType
from typing import Final

import discord

from bots.discord.failures import DISCORD_FAILURES, reason

RENEWED: Final = 8.0  # seconds; Discord takes the line away after ten
log = logging.getLogger(__name__)


class TypingLine:
    """Shown in the background: an answer does not wait for it, nor fails with it."""

    def __init__(self, channel: discord.PartialMessageable) -> None:
        self._channel = channel

    async def __aenter__(self) -> TypingLine:
        self._task = asyncio.create_task(self._show(), name="typing")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Discord takes the line away by itself when something is written."""
        self._task.cancel()

    async def _show(self) -> None:
        while True:
            try:
                await self._channel.typing()
            except DISCORD_FAILURES as failure:
                log.info("no typing line in %s: %s", self._channel.id, reason(failure))
            await asyncio.sleep(RENEWED)
