"""Answers: every accepted message gets one, with a sign of life at once and a plain sentence when it fails."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import Counter
from collections.abc import Coroutine
from typing import Any, Final

import discord

from bots.assistant import RECENT, Assistant, Incoming, Reply, Waiting
from bots.discord import texts
from bots.discord.buttons import under
from bots.discord.failures import DISCORD_FAILURES, reason
from bots.discord.journal import Entry, Journal
from bots.discord.pacing import Paces
from bots.discord.places import PLATFORM, Place, Question, place_of
from bots.discord.telling import tell_directly
from bots.discord.typing_line import TypingLine
from bots.discord.ways import Ways
from bots.discord.writer import Writer
from conversations.errors import BrandvoiceError, NotFound
from conversations.messages import Message

LAST_WORDS: Final = 8.0  # seconds that running answers get to end when the bot is stopped
log = logging.getLogger(__name__)


class Answers:
    """Gives answers in the background; at one place one after the other."""

    def __init__(self, assistant: Assistant, journal: Journal, *, ways: Ways, every: float) -> None:
        self._assistant = assistant
        self._journal = journal
        self._ways = ways
        self._every = every
        self._paces = Paces()
        self._running: dict[asyncio.Task[None], Place] = {}
        self._stops: dict[str, Place] = {}
        self._turns: dict[Place, asyncio.Lock] = {}
        self._waiting: Counter[Place] = Counter()

    def begin(self, question: Question, incoming: Incoming) -> None:
        """Start answering an accepted message."""
        self._run(self._in_turn(question, incoming), question.place, name=f"answer {incoming.id}")

    async def catch_up(self) -> None:
        """Answer what an earlier process accepted and did not get to, and deliver what it had ready.

        Do this before anything else is accepted: what this process accepts looks the same.
        """
        unanswered = await self._assistant.unanswered(PLATFORM)
        for entry in await self._journal.left():
            if entry.question not in {incoming.id for incoming in unanswered}:
                self._run(self._deliver(entry), place_of(entry.place), name=f"answer {entry.question}")
        for incoming in unanswered:
            log.info("answering %s, left over from before the start", incoming.id)
            with contextlib.suppress(NotFound):
                self.begin(question_of(incoming), incoming)

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

    async def _in_turn(self, question: Question, incoming: Incoming) -> None:
        place = question.place
        self._waiting[place] += 1
        try:
            async with (
                TypingLine(self._ways.channel(place)) as typing,
                self._turns.setdefault(place, asyncio.Lock()),
            ):
                await self._give(question, incoming, typing)
        finally:
            self._waiting[place] -= 1
            if not self._waiting[place]:
                del self._waiting[place], self._turns[place]

    async def _give(self, question: Question, incoming: Incoming, typing: TypingLine) -> None:
        entry = await self._journal.begin(question.id, str(question.place))
        stop = secrets.token_hex(8)
        self._stops[stop] = question.place
        writer = self._writer(question, entry, stop=stop)
        try:
            await self._write(incoming, writer, typing=typing)
        except BrandvoiceError as error:
            await self._tell_failure(writer, question, sentence=str(error))
        except DISCORD_FAILURES as failure:
            await self._tell_undelivered(question, incoming, failure)
        finally:
            del self._stops[stop]
            await writer.close()

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

    async def _deliver(self, entry: Entry) -> None:
        """End what an earlier process began to show: with the reply if it was made, else with a plain sentence."""
        try:
            question = _question(entry.question, place_of(entry.place))
            reply = await self._reply_to(entry.question)
        except NotFound:
            await self._journal.end(entry)
            return
        is_late = discord.utils.utcnow() - question.asked_at > RECENT
        writer = self._writer(question, entry, stop="")
        try:
            if reply is not None and not (is_late and not entry.messages):
                await writer.finish(reply.content, under(str(reply.id)), footer=texts.footer(str(reply.voice)))
            elif entry.messages:
                await writer.finish(texts.INTERRUPTED, None)
        except DISCORD_FAILURES as failure:
            log.warning("what was left of %s could not be delivered: %s", entry.question, reason(failure))
        finally:
            await writer.close()
            await self._journal.end(entry)

    async def _reply_to(self, question: str) -> Message | None:
        """What was answered to a question. Raises NotFound where the question was forgotten."""
        store = self._assistant.store
        conversation, _ = await asyncio.to_thread(store.message, question)
        history = await asyncio.to_thread(store.history, conversation, 100)
        at = next((number for number, message in enumerate(history) if message.id == question), len(history))
        return next((message for message in history[at:] if message.role == "assistant"), None)

    def _writer(self, question: Question, entry: Entry, *, stop: str) -> Writer:
        channel = self._ways.channel(question.place)
        pace = self._paces.of(channel.id)
        return Writer(channel, question, entry=entry, journal=self._journal, stop=stop, pace=pace, every=self._every)


def question_of(incoming: Incoming) -> Question:
    """Where the message stands that `Incoming` was made of."""
    return _question(incoming.id, place_of(incoming.place))


def _question(id: str, place: Place) -> Question:  # noqa: A002
    return Question(place, int(id.rpartition("/")[2]))
