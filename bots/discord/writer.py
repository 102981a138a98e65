"""The writer of one answer: shows it while it grows by editing its messages, and ends each of them for good."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord import ui

from bots.discord.buttons import row
from bots.discord.failures import DISCORD_FAILURES, is_passing, reason
from bots.discord.markup import harmless, parts
from bots.discord.pacing import Pace
from bots.discord.places import Question

EVERY: Final = 1.2  # seconds between two edits
HOLD: Final = 0.15  # seconds that the first words wait for the last: a quick answer comes as a whole
TRIES: Final = (1.0, 4.0, 10.0)  # seconds to wait before trying the last edit again
SILENT: Final = discord.AllowedMentions.none()
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Draft:
    """What makes one answer one, over crashes: its messages so far, and what keeps Discord from taking one twice."""

    nonce: str
    begun: tuple[int, ...]
    note: Callable[[Sequence[int]], Awaitable[None]]  # remembers its messages


@dataclass(slots=True)
class Shown:
    """A message of the answer, and what it says now."""

    message: discord.PartialMessage
    text: str = ""
    with_buttons: bool = False


class Writer:
    """Writes one answer as one or more messages; the last of them carries the buttons."""

    def __init__(
        self,
        channel: discord.PartialMessageable,
        question: Question,
        *,
        draft: Draft,
        stop: str,
        pace: Pace,
        every: float = EVERY,
    ) -> None:
        self._channel = channel
        self._question = question
        self._draft = draft
        self._stop = stop
        self._pace = pace
        self._every = every
        self._text = ""
        self._line = ""
        self._footer = ""
        self._news = asyncio.Event()
        self._ended = asyncio.Event()
        self._shown_at = -every
        self._shown = [Shown(channel.get_partial_message(id), with_buttons=True) for id in draft.begun]  # noqa: A001
        self._task = asyncio.create_task(self._keep_showing(), name=f"writer {question.id}")

    def write(self, piece: str) -> None:
        """Add a piece of the answer; it is shown at Discord's pace."""
        self._text += piece
        self._news.set()

    def say(self, line: str) -> None:
        """Show a line until the first words."""
        self._line = line
        self._news.set()

    async def fail(self, sentence: str) -> None:
        """End with what was said so far, and why there is no more."""
        await self.finish(f"{self._text.rstrip()}\n\n{sentence}".lstrip(), None)

    async def finish(self, text: str, buttons: ui.View | None, *, footer: str = "") -> None:
        """Show the final text with its buttons, and insist on it."""
        await self.close()
        self._footer = footer
        if self._shown:
            await asyncio.sleep(self._shown_at + self._every - time.monotonic())
        await self._insist(text, buttons)

    async def withdraw(self) -> None:
        """Take away what was shown."""
        await self.close()
        for shown in self._shown:
            with contextlib.suppress(discord.NotFound):
                await shown.message.delete()

    async def close(self) -> None:
        """Show nothing more by itself."""
        self._ended.set()
        self._news.set()
        with contextlib.suppress(*DISCORD_FAILURES):
            await self._task

    async def _keep_showing(self) -> None:
        while not self._ended.is_set():
            await self._news.wait()
            self._news.clear()
            if self._text and not self._shown:
                await self._pause(HOLD)
            if self._ended.is_set():
                return
            try:
                await self._show(self._text or self._line, row(("stop", self._stop)))
            except discord.NotFound:
                return  # somebody deleted it
            except DISCORD_FAILURES as failure:
                log.info("an edit in %s failed: %s", self._question.place, reason(failure))
            self._shown_at = time.monotonic()
            await self._pause(self._every)

    async def _pause(self, seconds: float) -> None:
        """Wait so long, or until the answer is complete."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ended.wait()

    async def _insist(self, text: str, buttons: ui.View | None) -> None:
        for pause in TRIES:
            try:
                await self._show(text, buttons, last=True)
            except DISCORD_FAILURES as failure:
                if not is_passing(failure):
                    raise
                log.warning("the end of %s failed, trying again: %s", self._question.id, reason(failure))
                await asyncio.sleep(pause)
            else:
                return
        await self._show(text, buttons, last=True)

    async def _show(self, text: str, buttons: ui.View | None, *, last: bool = False) -> None:
        texts = parts(harmless(text))
        if texts and self._footer:
            texts[-1] = f"{texts[-1]}\n{self._footer}"
        for number, part in enumerate(texts):
            view = buttons if number == len(texts) - 1 else None
            if number < len(self._shown):
                await self._edit(self._shown[number], part, view, last=last)
            else:
                await self._send(number, part, view)
        while len(self._shown) > max(len(texts), 1):
            with contextlib.suppress(discord.NotFound):
                await self._shown[-1].message.delete()
            self._shown.pop()

    async def _edit(self, shown: Shown, text: str, view: ui.View | None, *, last: bool) -> None:
        same = shown.text == text and shown.with_buttons == (view is not None)
        if same and not (last and view is not None):
            return
        if last:
            await self._pace.edits.take()
        elif not self._pace.edits.take_spare():
            self._news.set()
            return
        await shown.message.edit(content=text, view=view, allowed_mentions=SILENT)
        shown.text, shown.with_buttons = text, view is not None

    async def _send(self, number: int, text: str, view: ui.View | None) -> None:
        extra: dict[str, Any] = {"view": view} if view is not None else {}
        if number == 0:
            extra["reference"] = reference_to(self._channel, self._question.message)
        await self._pace.sends.take()
        sent = await self._channel.send(
            text,
            mention_author=False,
            allowed_mentions=SILENT,
            suppress_embeds=True,
            nonce=f"{self._draft.nonce}{number:03d}",
            **extra,
        )
        shown = Shown(self._channel.get_partial_message(sent.id), text, view is not None)
        self._shown.append(shown)
        await self._draft.note([each.message.id for each in self._shown])
        if sent.content.strip() != text.strip():  # an earlier process sent it, and died before it could note that
            shown.text = sent.content
            await self._edit(shown, text, view, last=True)


def reference_to(channel: discord.PartialMessageable, message: int) -> discord.MessageReference:
    """A reference for a reply; it is dropped when the message was deleted meanwhile."""
    return discord.MessageReference(
        message_id=message, channel_id=channel.id, guild_id=channel.guild_id, fail_if_not_exists=False
    )
