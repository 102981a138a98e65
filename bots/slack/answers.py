"""Answers: every accepted message gets one, with a sign of life at once and a plain sentence when it fails."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from bots.assistant import Assistant, Incoming, QuestionGone, Reply, Waiting
from bots.presence import BEAT
from bots.slack.controls import METADATA, under
from bots.slack.failures import SLACK_FAILURES, with_mending
from bots.slack.places import PLATFORM, Place, Question, place_of
from bots.slack.status import Status
from bots.slack.teams import Team, Teams
from bots.slack.telling import tell
from bots.slack.writer import Writer
from conversations.errors import BrandvoiceError, NotFound, StoreError

Then = Callable[[], Awaitable[None]]
LAST_WORDS: Final = 8.0  # seconds that running answers get to end when the bot is stopped
log = logging.getLogger(__name__)


class Answers:
    """Gives answers in the background; in one thread one after the other."""

    def __init__(self, assistant: Assistant, teams: Teams) -> None:
        self._assistant = assistant
        self._teams = teams
        self._running: dict[asyncio.Task[None], Place] = {}
        self._turns: dict[Place, asyncio.Lock] = {}
        self._waiting: Counter[Place] = Counter()

    def begin(self, team: Team, question: Question, incoming: Incoming, *, then: Then | None = None) -> None:
        """Start answering an accepted message; `then` is done once the answer is delivered."""
        task = asyncio.create_task(self._in_turn(team, question, incoming, then), name=f"answer {incoming.id}")
        self._running[task] = question.place
        task.add_done_callback(self._running.pop)

    async def catch_up(self) -> None:
        """Answer what a process accepted that died before it got to it, and deliver what it had ready."""
        for incoming in await self._assistant.unanswered(PLATFORM):
            place = place_of(incoming.place)
            team_id, user = incoming.person.split("/", 1)
            try:
                team = await self._teams.find(team_id)
            except NotFound:
                continue
            log.info("answering %s, which somebody left", incoming.id)
            ts = incoming.id.rpartition("/")[2]
            self.begin(team, Question(place, ts, user, team_id), incoming)

    async def watch(self) -> None:
        """Catch up whenever another process dies."""
        while True:
            await asyncio.sleep(BEAT)
            try:
                await self.catch_up()
            except StoreError as error:
                log.warning("what others left cannot be looked for: %s", error)

    def stop(self, place: Place) -> bool:
        return self._assistant.stop(PLATFORM, str(place))

    async def close(self) -> None:
        """Let running answers end with what they have said so far."""
        for place in set(self._running.values()):
            self.stop(place)
        if self._running:
            _, late = await asyncio.wait(set(self._running), timeout=LAST_WORDS)
            for task in late:
                task.cancel()

    async def _in_turn(self, team: Team, question: Question, incoming: Incoming, then: Then | None) -> None:
        place = question.place
        self._waiting[place] += 1
        try:
            async with self._turns.setdefault(place, asyncio.Lock()):
                if await self._give(team, question, incoming) and then is not None:
                    await then()
        finally:
            self._waiting[place] -= 1
            if not self._waiting[place]:
                del self._waiting[place], self._turns[place]

    async def _give(self, team: Team, question: Question, incoming: Incoming) -> bool:
        """Whether the answer was delivered."""
        writer = self._writer(team, question, incoming)
        async with Status(team, question, is_begun=bool(incoming.shown)) as status:
            try:
                await self._write(incoming, writer, status=status)
            except QuestionGone:
                with contextlib.suppress(*SLACK_FAILURES):
                    await writer.withdraw()
            except BrandvoiceError as error:
                await status.before_words()
                await self._fail(team, question, writer=writer, sentence=str(error))
            except SLACK_FAILURES as failure:
                log.error("the answer to %s could not be delivered: %s", incoming.id, with_mending(failure))  # noqa: TRY400
            else:
                return True
        return False

    def _writer(self, team: Team, question: Question, incoming: Incoming) -> Writer:
        async def note(messages: Sequence[str]) -> None:
            await self._assistant.note(incoming, " ".join(messages))

        return Writer(team, question, begun=(incoming.shown or "").split(), note=note)

    async def _write(self, incoming: Incoming, writer: Writer, *, status: Status) -> None:
        async with contextlib.aclosing(self._assistant.answer(incoming)) as answer:
            async for part in answer:
                if isinstance(part, Waiting):
                    await status.say(f"has {part.position} before you…")
                elif isinstance(part, Reply):
                    await status.before_words()
                    named = {"event_type": METADATA, "event_payload": {"reply": part.id, "voice": part.voice}}
                    await writer.finish(part.text, under(part), metadata=named)
                else:
                    await status.before_words()
                    await writer.write(part)

    async def _fail(self, team: Team, question: Question, *, writer: Writer, sentence: str) -> None:
        with contextlib.suppress(*SLACK_FAILURES):
            await writer.break_off()
        await tell(team, question, sentence)
