"""Once more, and stop: what can be asked of an answer besides a vote."""

from __future__ import annotations

import contextlib

import discord

from bots.discord import texts
from bots.discord.answers import question_of
from bots.discord.buttons import OnPress
from bots.discord.desk import Desk
from bots.discord.listening import Press, defer, tell
from bots.discord.places import PLATFORM, person
from conversations.errors import LimitReached, NotFound


class Again:
    """Whoever asks once more gets a new answer; with it, the old one is forgotten and can no longer be judged."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def presses(self) -> dict[str, OnPress]:
        return {"again": self._answer_again, "stop": self._stop}

    async def _answer_again(self, press: Press, reply: str) -> None:
        await defer(press)
        if not self._desk.serves(press.guild_id):
            raise LimitReached(texts.NOT_HERE)
        known = await self._desk.known(press, reply)
        incoming = await self._desk.assistant.again(PLATFORM, known.id, person=person(press.user.id))

        async def retire() -> None:
            if press.message is not None:
                with contextlib.suppress(discord.HTTPException):
                    await press.message.edit(view=None)

        self._desk.answers.begin(question_of(incoming), incoming, then=retire)
        await tell(press, "A new answer comes below.")

    async def _stop(self, press: Press, token: str) -> None:
        if not self._desk.answers.stop(token, channel=str(press.channel_id)):
            raise NotFound("This answer is not being written any more.")
        await press.response.defer()
