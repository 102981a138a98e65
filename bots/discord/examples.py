"""Examples: handing in an exchange as training data, after a look at what would be kept of it."""

from __future__ import annotations

import asyncio
from typing import Final

import discord

from bots.contributions import CONSENT, Preview
from bots.discord import texts
from bots.discord.buttons import OnPress, row
from bots.discord.desk import Desk
from bots.discord.forms import OnForm, example_form
from bots.discord.listening import Press, defer, replace_press, tell
from bots.discord.markup import harmless, shortened
from bots.discord.places import person
from bots.discord.votes import IN_TIME
from conversations.errors import NotFound, StoreError
from conversations.messages import Message

_NAMES: Final = {"user": "Person", "assistant": "Reply", "system": "Instructions"}
_SHOWN: Final = 3_800  # characters of a preview; an embed holds 4,096


class Examples:
    """Our own answers come from the store; of what people wrote to each other only what somebody confirms is kept."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def presses(self) -> dict[str, OnPress]:
        return {"keep": self._keep, "drop": self._drop}

    def forms(self) -> dict[str, OnForm]:
        return {"example": self._take}

    async def show(self, press: Press, message: discord.Message) -> None:
        """From the menu of a message: what would be kept, and a button or a form to hand it in."""
        giver = self._desk.contributor(press)
        if message.author.id == press.application_id:
            await defer(press)
            await self._check_willing(giver)
            known = await self._desk.meant(press, message)
            messages = await self._desk.contributions.conversation_up_to(known.conversation, known.id)
            preview = await asyncio.to_thread(self._desk.contributions.preview, messages)
            embed = discord.Embed(title="This would be kept", description=_shown(preview))
            view = row(("keep", known.id), ("drop", known.id))
            await tell(press, f"{preview.sentence}\n-# {CONSENT}", view=view, embed=embed)
            return
        async with asyncio.timeout(IN_TIME):
            await self._check_willing(giver)
            await self._open_form(press, message)

    async def _keep(self, press: Press, reply: str) -> None:
        await press.response.defer()
        giver = self._desk.contributor(press)
        known = await self._desk.known(press, reply)
        messages = await self._desk.contributions.conversation_up_to(known.conversation, known.id)
        style = await self._desk.contributions.style_of(known.conversation)
        submission = await self._desk.contributions.submit(messages, style=style, person=giver)
        await replace_press(press, texts.receipt(submission.id))

    async def _drop(self, press: Press, _: str) -> None:
        await replace_press(press, "Nothing of it was handed in.")

    async def _open_form(self, press: Press, message: discord.Message) -> None:
        self._desk.style_in(press)
        for author in {message.author.id, *_replied_author(message)}:
            if await self._desk.contributions.opted_out(person(author)):
                raise StoreError("Somebody who wrote in it does not want their text used. It was not kept.")
        replied = message.reference.resolved if message.reference else None
        asked = replied.content if isinstance(replied, discord.Message) else ""
        both = (Message("user", asked), Message("assistant", message.content))
        preview = await asyncio.to_thread(self._desk.contributions.preview, both)
        question, reply = (m.content for m in preview.messages)
        form = example_form(message.id, question=question, reply=reply, sentence=preview.sentence)
        await press.response.send_modal(form)

    async def _take(self, press: Press, message: str, values: dict[str, str]) -> None:
        """What somebody confirmed, with the names of those who wrote it, so that they can have it forgotten."""
        await defer(press)
        giver = self._desk.contributor(press)
        original = await self._original(press, int(message))
        asker = next(iter(_replied_author(original)), press.user.id)
        for author in (asker, original.author.id):
            if await self._desk.contributions.opted_out(person(author)):
                raise StoreError("Somebody who wrote in it does not want their text used. It was not kept.")
        question, reply = values.get("question", ""), values.get("reply", "")
        if not question or not reply:
            raise StoreError("An example needs a question and a reply.")
        messages = (
            Message("user", question, author=person(asker)),
            Message("assistant", reply, author=person(original.author.id)),
        )
        submission = await self._desk.contributions.submit(messages, style=self._desk.style_in(press), person=giver)
        await tell(press, texts.receipt(submission.id))

    async def _original(self, press: Press, message: int) -> discord.Message:
        """The message that was chosen: the form says only which, and comes from a client."""
        channel = press.channel
        if channel is None or not hasattr(channel, "fetch_message"):
            raise NotFound("That message is not there any more.")
        try:
            found: discord.Message = await channel.fetch_message(message)
        except discord.HTTPException as failure:
            raise NotFound("That message is not there any more, or I may not read it.") from failure
        return found

    async def _check_willing(self, giver: str) -> None:
        if await self._desk.contributions.opted_out(giver):
            raise StoreError("You have opted out of having your text used. Opt in again: /brandvoice privacy")


def _replied_author(message: discord.Message) -> set[int]:
    replied = message.reference.resolved if message.reference else None
    return {replied.author.id} if isinstance(replied, discord.Message) else set()


def _shown(preview: Preview) -> str:
    """The last messages, as many as fit."""
    lines: list[str] = []
    for message in reversed(preview.messages):
        line = f"**{_NAMES[message.role]}:** {harmless(shortened(message.content, 1_500))}"
        if sum(map(len, lines)) + len(line) > _SHOWN:
            lines.append(f"*… and {len(preview.messages) - len(lines)} earlier messages.*")
            break
        lines.append(line)
    return "\n\n".join(reversed(lines))
