"""Afterwards: what is done about a reply once the person has it, so that nobody waits for it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from bots.engine import Engine, Request, reply_text
from bots.speaking import Voice, unguided
from conversations.errors import BrandvoiceError
from conversations.live_replies import LiveReplies
from styles.live import LiveScorer
from styles.voices import VoiceRegistry, VoiceVersion

SCORES = 1_000  # replies that may wait for their score; further ones are caught up on by the worker
SHADOWS = 16  # replies that may wait for a shadow's; the shadow is silent on further ones
LOOK = 0.5  # seconds between two looks whether somebody is being answered
log = logging.getLogger(__name__)

Work = Callable[[], Awaitable[None]]


class Afterwards:
    """Scores replies, and lets a shadow say what it would have said while `idle` says that nobody waits."""

    def __init__(
        self,
        live: LiveReplies,
        engine: Engine,
        *,
        voices: VoiceRegistry,
        scorer: LiveScorer,
        idle: Callable[[], bool],
    ) -> None:
        self._live = live
        self._engine = engine
        self._voices = voices
        self._scorer = scorer
        self._idle = idle
        self._scores, self._shadows = Line(SCORES), Line(SHADOWS)

    def follow(self, voice: Voice, request: Request, *, reply: str, text: str) -> None:
        """See to a stored reply: `request` is what was answered, and `voice` who answered."""
        style = voice.style.name
        raw = replace(request, messages=unguided(voice, request.messages))
        self._scores.put(lambda: asyncio.to_thread(self._score, style, reply, text))
        self._shadows.put(lambda: self._answer(style, raw, reply=reply, spoke=voice))

    async def settle(self) -> None:
        """Wait until all of it is done."""
        await self._scores.settle()
        await self._shadows.settle()

    async def close(self) -> None:
        """Leave what is not done."""
        await self._scores.close()
        await self._shadows.close()

    def _score(self, style: str, reply: str, text: str) -> None:
        self._scorer.keep(self._live, style, reply=reply, content=text)

    async def _answer(self, style: str, request: Request, *, reply: str, spoke: Voice) -> None:
        voice = await asyncio.to_thread(self._shadow, style)
        if voice is None or spoke.reference == voice.reference:
            return
        while not self._idle():  # noqa: ASYNC110 - it is no hurry, and places tell nobody that they are free
            await asyncio.sleep(LOOK)
        began = time.monotonic()
        asked = replace(request, voice=voice, person="", on_finish=None, on_token=None, likeliest=0)
        try:
            text = await reply_text(self._engine, asked)
        except BrandvoiceError as error:
            log.warning("%s did not answer in the shadow: %s", voice.reference, error)
            return
        seconds = time.monotonic() - began
        await asyncio.to_thread(self._keep, style, voice.reference, reply=reply, text=text, seconds=seconds)

    def _keep(self, style: str, voice: str, *, reply: str, text: str, seconds: float) -> None:
        scored = self._scorer.score(style, text)
        score = scored.score if scored else None
        self._live.shadow(reply, style=style, voice=voice, content=text, seconds=seconds, score=score)

    def _shadow(self, style: str) -> VoiceVersion | None:
        canary = self._voices.canary(style)
        return self._voices.version(style, canary.number) if canary and canary.shadow else None


class Line:
    """Does one piece of work after the other, on the loop of whoever brings it; a failure is logged."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._queue: asyncio.Queue[Work] | None = None
        self._task: asyncio.Task[None] | None = None

    def put(self, work: Work) -> bool:
        """Do it later; False when too much waits already."""
        if self._queue is None or self._task is None or self._task.done():
            self._queue = asyncio.Queue(self._length)
            self._task = asyncio.create_task(self._run(self._queue), name="afterwards")
        try:
            self._queue.put_nowait(work)
        except asyncio.QueueFull:
            return False
        return True

    async def settle(self) -> None:
        if self._queue is not None and self._task is not None and not self._task.done():
            await self._queue.join()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self, queue: asyncio.Queue[Work]) -> None:
        while True:
            work = await queue.get()
            try:
                await work()
            except Exception:  # nobody waits for it, and what comes after it is done all the same
                log.exception("something after a reply failed")
            finally:
                queue.task_done()
