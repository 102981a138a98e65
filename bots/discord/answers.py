"""Answers: every accepted message gets one, with a sign of life at once and a plain sentence when it fails."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final

import discord

from bots.assistant import Assistant, Incoming, QuestionGone, Reply, Waiting
from bots.discord import texts
from bots.discord.buttons import under
from bots.discord.failures import DISCORD_FAILURES, reason
from bots.discord.pacing import Paces
from bots.discord.places import PLATFORM, Place, Question, place_of
from bots.discord.telling import tell_directly
from bots.discord.typing_line import TypingLine
from bots.discord.ways import Ways
from bots.discord.writer import Draft, Writer
from bots.presence import BEAT
from conversations.errors import BrandvoiceError, NotFound, StoreError

Then = Callable[[], Awaitable[None]]
LAST_WORDS: Final = 8.0  # seconds that running answers get to end when the bot is stopped
log = logging.getLogger(__name__)


class Answers:
    """Gives answers in the background; at one place one after the other."""

    def __init__(self, assistant: Assistant, *, ways: Ways, every: float) -> None:
        self._assistant = assistant
        self._ways = ways
        self._every = every
        self._paces = Paces()
        self._running: dict[asyncio.Task[None], Place] = {}
        self._stops: dict[str, Place] = {}
        self._turns: dict[Place, asyncio.Lock] = {}
        self._waiting: Counter[Place] = Counter()

    def begin(self, question: Question, incoming: Incoming, *, then: Then | None = None) -> None:
        """Start answering an accepted message; `then` is done once the answer is delivered."""
        self._run(self._in_turn(question, incoming, then), question.place, name=f"answer {incoming.id}")

    async def catch_up(self) -> None:
        """Answer what a process accepted that died before it got to it, and deliver what it had ready."""
        for incoming in await self._assistant.unanswered(PLATFORM):
            log.info("answering %s, which somebody left", incoming.id)
            with contextlib.suppress(NotFound):
                self.begin(question_of(incoming), incoming)

    async def watch(self) -> None:
        """Catch up at once, and then whenever another process dies."""
        while True:
            try:
                await self.catch_up()
            except StoreError as error:
                log.warning("what others left cannot be looked for: %s", error)
            await asyncio.sleep(BEAT)

    def stop(self, token: str, *, channel: str) -> bool:
        """Stop the answer whose button was pressed; False when it does not run in that channel."""
        place = self._stops.get(token)
        return place is not None and place.channel == channel and self._assistant.stop(PLATFORM, str(place))

    async def close(self) -> None:
        """Let running answers end with what they have said so far."""
        for place in set(self._running.values()):
            self._assistant.stop(PLATFORM, str(place))
        if self._running:
            _, late = await asyncio.wait(set(self._running), timeout=LAST_WORDS)
            for task in late:
                task.cancel()

    def _run(self, work: Coroutine[Any, Any, None], place: Place, *, name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._running[task] = place
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        if not task.cancelled() and (error := task.exception()):
            log.error("%s broke", task.get_name(), exc_info=error)

    async def _in_turn(self, question: Question, incoming: Incoming, then: Then | None) -> None:
        place = question.place
        self._waiting[place] += 1
        try:
            async with (
                TypingLine(self._ways.channel(place)) as typing,
                self._turns.setdefault(place, asyncio.Lock()),
            ):
                if await self._give(question, incoming, typing) and then is not None:
                    await then()
        finally:
            self._waiting[place] -= 1
            if not self._waiting[place]:
                del self._waiting[place], self._turns[place]

    async def _give(self, question: Question, incoming: Incoming, typing: TypingLine) -> bool:
        """Whether the answer was delivered."""
        stop = secrets.token_hex(8)
        self._stops[stop] = question.place
        writer = self._writer(question, incoming, stop=stop)
        try:
            await self._write(incoming, writer, typing=typing)
        except QuestionGone:
            await self._withdraw(writer, question)
        except BrandvoiceError as error:
            await self._tell_failure(writer, question, sentence=str(error))
        except DISCORD_FAILURES as failure:
            await self._tell_undelivered(question, incoming, failure)
        else:
            return True
        finally:
            del self._stops[stop]
            await writer.close()
        return False

    async def _write(self, incoming: Incoming, writer: Writer, *, typing: TypingLine) -> None:
        async with contextlib.aclosing(self._assistant.answer(incoming)) as answer:
            async for part in answer:
                if isinstance(part, Waiting):
                    writer.say(texts.waiting(part.position))
                elif isinstance(part, Reply):
                    typing.end()
                    await writer.finish(part.text, under(part.id), footer=texts.footer(part.voice))
                else:
                    typing.end()
                    writer.write(part)

    async def _tell_failure(self, writer: Writer, question: Question, *, sentence: str) -> None:
        try:
            await writer.fail(sentence)
        except DISCORD_FAILURES as failure:
            log.error("the failure of %s could not be told: %s", question.id, reason(failure))  # noqa: TRY400

    async def _tell_undelivered(self, question: Question, incoming: Incoming, failure: Exception) -> None:
        log.error("the answer to %s could not be delivered: %s", question.id, reason(failure))
        if isinstance(failure, discord.Forbidden):
            with contextlib.suppress(*DISCORD_FAILURES):
                await tell_directly(await self._ways.person(incoming.person), texts.not_allowed(question.place.channel))

    async def _withdraw(self, writer: Writer, question: Question) -> None:
        try:
            await writer.withdraw()
        except DISCORD_FAILURES as failure:
            log.warning("what was begun for %s could not be taken away: %s", question.id, reason(failure))

    def _writer(self, question: Question, incoming: Incoming, *, stop: str) -> Writer:
        channel = self._ways.channel(question.place)

        async def note(messages: Sequence[int]) -> None:
            await self._assistant.note(incoming, " ".join(map(str, messages)))

        draft = Draft(
            nonce=hashlib.sha256(f"{question.id} {incoming.replaces}".encode()).hexdigest()[:20],
            begun=tuple(int(message) for message in (incoming.shown or "").split()),
            note=note,
        )
        return Writer(channel, question, draft=draft, stop=stop, pace=self._paces.of(channel.id), every=self._every)


def question_of(incoming: Incoming) -> Question:
    """Where the message stands that `Incoming` was made of."""
    return _question(incoming.id, place_of(incoming.place))


def _question(id: str, place: Place) -> Question:  # noqa: A002
    return Question(place, int(id.rpartition("/")[2]))
