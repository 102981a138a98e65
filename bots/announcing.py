"""Announcing: news of rounds told in a channel and to people once, and cards kept true."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final, Protocol

from bots.approvals import Approvals, Card, Notice
from conversations.errors import BrandvoiceError

EVERY: Final = 2.0  # seconds between two looks
SETTLING: Final = 1.0  # seconds; a form has to open within three
log = logging.getLogger(__name__)


class Board(Protocol):
    """How one platform puts up what is to be read. Raises the platform's failures."""

    async def post(self, notice: Notice) -> str:
        """Put it up in its channel, if that was not done before; returns the message."""
        ...

    async def change(self, message: str, card: Card) -> None:
        """Let a message show what is so now; nothing when it is gone."""
        ...

    async def tell(self, notice: Notice) -> bool:
        """Tell the notice's person in private; False for somebody who is not on this platform."""
        ...


class Announcer:
    """Looks for news until cancelled. Of several processes, each piece is told by one.

    `channel` and `votes`, the one for blind votes, are empty where none is chosen; people are told always.
    """

    def __init__(
        self,
        approvals: Approvals,
        board: Board,
        *,
        channel: str,
        votes: str = "",
        people: str,
        failures: tuple[type[BaseException], ...],
        reason: Callable[[BaseException], str],
        every: float = EVERY,
    ) -> None:
        self._approvals = approvals
        self._board = board
        self._channel = channel
        self._votes = votes
        self._people = people
        self._failures = failures
        self._reason = reason
        self._every = every
        self._at_once = asyncio.Lock()

    async def run(self) -> None:
        while True:
            try:
                await self.look()
            except BrandvoiceError as error:
                log.warning("news of rounds: %s", error)
            except (OSError, ValueError, LookupError):  # a voice's folder may be gone, or its files not what they were
                log.exception("news of rounds")
            await asyncio.sleep(self._every)

    async def look(self) -> None:
        """Tell what is to be told, and change what is not true any more."""
        async with self._at_once:
            if self._channel:
                for notice in await self._approvals.news(self._channel):
                    await self._post(notice, self._channel)
            if self._votes:
                for notice in await self._approvals.votes(self._votes):
                    await self._post(notice, self._votes)
            await self._correct()
        for notice in await self._approvals.thanks(self._people):  # may be many: nobody's press waits for them
            await self._thank(notice)

    async def settle(self) -> None:
        """For a moment at most, until what is being put up is kept as put up: people may press before that."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLING), self._at_once:
                return

    async def correct(self) -> None:
        """Change what is not true any more, at once."""
        async with self._at_once:
            await self._correct()

    async def _post(self, notice: Notice, channel: str) -> None:
        try:
            message = await self._board.post(notice)
        except self._failures as failure:
            await self._failed(notice, channel, failure)
        else:
            await self._approvals.told(notice, channel, message=message)

    async def _thank(self, notice: Notice) -> None:
        try:
            await self._board.tell(notice)
        except self._failures as failure:
            await self._failed(notice, self._people, failure)
        else:
            await self._approvals.told(notice, self._people)

    async def _failed(self, notice: Notice, channel: str, failure: BaseException) -> None:
        log.warning("%s could not be told on %s: %s", notice.key, channel, self._reason(failure))
        await self._approvals.failed(notice, channel, fault=self._reason(failure))

    async def _correct(self) -> None:
        if not self._channel:
            return
        for outdated in await self._approvals.outdated(self._channel):
            try:
                await self._board.change(outdated.message, outdated.card)
            except self._failures as failure:
                log.warning("%s in %s is out of date: %s", outdated.card.round, self._channel, self._reason(failure))
            else:
                await self._approvals.shown(outdated, self._channel)
