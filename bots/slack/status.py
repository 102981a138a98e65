"""Status: the "is thinking…" line of a thread and Slack's own Stop button, while an answer is under way."""

from __future__ import annotations

import asyncio
import logging
from types import TracebackType
from typing import Final

from bots.slack.failures import SLACK_FAILURES, reason
from bots.slack.places import Question
from bots.slack.teams import Team

THINKING: Final = "is thinking…"
RENEWED: Final = 90.0  # seconds; Slack takes the line away after two minutes
LONGEST = 3.0  # seconds that words wait for the line before them; rate limits may be longer
log = logging.getLogger(__name__)


class Status:
    """Shown from the first moment until the first words, or to the end where an answer is finished that stands there.

    Slack takes the line away when a message is posted, but not when one is changed.
    """

    def __init__(self, team: Team, question: Question, *, is_begun: bool = False) -> None:
        self._team = team
        self._place = question.place
        self._text = THINKING
        self._is_begun = is_begun

    async def __aenter__(self) -> Status:
        self._line = asyncio.create_task(self._set_line(), name="status line")
        self._renewal = asyncio.create_task(self._renew(), name="status renewal")
        self._session = asyncio.create_task(self._begin_session(), name="session")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing behind: neither a line nor a Stop button."""
        await self.before_words()
        if self._is_begun:
            await self.say("")
        if await self._session:
            await self._set_session("active")

    async def say(self, text: str) -> None:
        """Show another text."""
        self._text = text
        await self._set_line()

    async def before_words(self) -> None:
        """Something is about to be written, and Slack takes the line away then; a line set later would stay."""
        self._renewal.cancel()
        if not self._line.done():
            await asyncio.wait({self._line})

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEWED)
            await self._set_line()

    async def _set_line(self) -> None:
        try:
            async with asyncio.timeout(LONGEST):
                await self._team.client.assistant_threads_setStatus(
                    channel_id=self._place.channel, thread_ts=self._place.thread, status=self._text
                )
        except SLACK_FAILURES as failure:
            log.info("no status in %s: %s", self._place, reason(failure))

    async def _begin_session(self) -> bool:
        return self._team.pace.sessions.take(2) and await self._set_session("processing")

    async def _set_session(self, status: str) -> bool:
        try:
            async with asyncio.timeout(LONGEST):
                await self._team.client.agents_sessions_setStatus(
                    channel_id=self._place.channel, thread_ts=self._place.thread, status=status
                )
        except SLACK_FAILURES as failure:
            log.info("no session in %s: %s", self._place, reason(failure))
            return False
        return True
