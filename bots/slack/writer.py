"""The writer of one answer: streams it into a thread, part after part, and finds another way where streaming fails."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from slack_sdk.web.async_chat_stream import AsyncChatStream

from bots.slack.blocks import Json, markdown, shortened
from bots.slack.failures import SLACK_FAILURES, reason
from bots.slack.markup import escaped
from bots.slack.places import Question
from bots.slack.teams import Team
from bots.slack.telling import QUIET
from bots.slack.typesetting import Typesetter

EVERY: Final = 0.6  # seconds between two additions to a message
OLDEST: Final = 230.0  # seconds; Slack ends a stream after about five minutes

log = logging.getLogger(__name__)


class Writer:
    """Writes one answer as one or more messages; the last of them carries the controls."""

    def __init__(
        self,
        team: Team,
        question: Question,
        *,
        begun: Sequence[str] = (),
        note: Callable[[Sequence[str]], Awaitable[None]] | None = None,
        clock: Callable[[], float] = time.monotonic,
        streaming: bool = True,
    ) -> None:
        """`begun` are the messages that an earlier process began to show it in; `note` remembers them for the next."""
        self._team = team
        self._question = question
        self._clock = clock
        self._setter = Typesetter()
        self._streaming = streaming and not begun
        self._begun = list(begun)
        self._messages: list[str] = []
        self._note = note
        self._raw = ""
        self._part = ""  # what the current message should say
        self._sent = 0  # how much of it Slack has
        self._stream: AsyncChatStream | None = None
        self._begun_at = self._added_at = 0.0

    async def write(self, piece: str) -> None:
        """Add a piece of the answer."""
        self._raw += piece
        await self._set(self._setter.feed(piece))
        if self._stream and self._clock() - self._begun_at > OLDEST:
            await self._set(self._setter.cut())
        await self._add_if_due()

    async def finish(self, text: str, controls: Sequence[Json], *, metadata: Json | None = None) -> None:
        """End with whatever of the final text has not been written yet, and put the controls under it."""
        said = self._raw.rstrip()
        if text.startswith(said):
            await self._set(self._setter.feed(text[len(said) :]))
        await self._set(self._setter.finish())
        await self._end(controls, metadata=metadata)
        await self._clear(self._begun)

    async def withdraw(self) -> None:
        """Take away what was shown: nobody wants it any more."""
        if self._stream is not None:
            with contextlib.suppress(*SLACK_FAILURES):
                await self._stream.stop()
        await self._delete(self._messages)
        await self._clear(self._begun)

    async def break_off(self) -> None:
        """End what is there as it is."""
        if self._stream is not None:
            await self._set(self._setter.finish())
            await self._end(())
        await self._clear(self._begun)

    async def _set(self, texts: Sequence[str]) -> None:
        self._part += texts[0]
        for text in texts[1:]:
            await self._end(())
            self._part, self._sent, self._stream = text, 0, None

    async def _add_if_due(self) -> None:
        """Show what is new, the first words at once and the rest at Slack's pace."""
        now = self._clock()
        if not self._streaming or not self._part[self._sent :].strip() or now - self._added_at < EVERY:
            return
        if self._stream is None and not self._team.pace.starts.take():
            self._streaming = False
            return
        if self._stream is not None and not self._team.pace.appends.take():
            return
        try:
            is_new, stream = self._stream is None, self._stream or await self._begin()
            await stream.append(markdown_text=self._part[self._sent :])
            self._stream, self._sent = stream, len(self._part)
            if is_new:
                await self._remember(str(stream.ts))
        except SLACK_FAILURES as failure:
            self._give_up_streaming(failure)
        self._added_at = self._clock()

    async def _begin(self) -> AsyncChatStream:
        self._begun_at = self._clock()
        place = self._question.place
        return await self._team.client.chat_stream(
            channel=place.channel,
            thread_ts=place.thread,
            recipient_team_id=self._question.user_team,
            recipient_user_id=self._question.user,
            buffer_size=1,
            **QUIET,
        )

    async def _end(self, controls: Sequence[Json], *, metadata: Json | None = None) -> None:
        """Complete the current message, by its stream if that lives."""
        if not self._part.strip() and self._stream is None:
            return
        if self._stream is None or not self._streaming or not await self._stopped(controls, metadata=metadata):
            await self._post(controls, metadata=metadata)

    async def _stopped(self, controls: Sequence[Json], *, metadata: Json | None) -> bool:
        assert self._stream is not None
        try:
            rest = self._part[self._sent :]
            await self._stream.stop(markdown_text=rest or None, blocks=list(controls) or None, metadata=metadata)
        except SLACK_FAILURES as failure:
            self._give_up_streaming(failure)
            return False
        return True

    async def _post(self, controls: Sequence[Json], *, metadata: Json | None) -> None:
        """Write the current message as a whole: over the stream that broke, or as a new one."""
        place = self._question.place
        whole: dict[str, Any] = {
            "channel": place.channel,
            "text": shortened(escaped(self._part), 3_000),
            "blocks": [markdown(self._part), *controls],
            "metadata": metadata,
        }
        old = str(self._stream.ts) if self._stream else self._begun.pop(0) if self._begun else None
        if old is None or not await self._overwritten(old, whole):
            posted = await self._team.client.chat_postMessage(thread_ts=place.thread, **whole, **QUIET)
            if not controls:
                await self._remember(str(posted["ts"]))

    async def _remember(self, ts: str) -> None:
        self._messages.append(ts)
        if self._note is not None:
            await self._note(self._messages)

    async def _clear(self, messages: Sequence[str]) -> None:
        """Delete messages that an earlier process began; those that cannot be deleted are no streams any more."""
        for ts in messages:
            with contextlib.suppress(*SLACK_FAILURES):
                await self._team.client.chat_stopStream(channel=self._question.place.channel, ts=ts)
        await self._delete(messages)

    async def _delete(self, messages: Sequence[str]) -> None:
        for ts in messages:
            with contextlib.suppress(*SLACK_FAILURES):
                await self._team.client.chat_delete(channel=self._question.place.channel, ts=ts)

    async def _overwritten(self, ts: str, whole: Json) -> bool:
        client = self._team.client
        # Slack changes no message that still streams.
        with contextlib.suppress(*SLACK_FAILURES):
            await client.chat_stopStream(channel=whole["channel"], ts=ts)
        try:
            await client.chat_update(ts=ts, **whole)
        except SLACK_FAILURES as failure:
            log.warning("a broken stream in %s cannot be completed: %s", self._question.place, reason(failure))
            return False
        return True

    def _give_up_streaming(self, failure: BaseException) -> None:
        log.warning("streaming in %s failed, writing whole messages: %s", self._question.place, reason(failure))
        self._streaming = False
