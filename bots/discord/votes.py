"""Votes: thumbs under an answer, the reason for a thumb down, and what the answer should have said."""

from __future__ import annotations

import asyncio
from typing import Final

import discord

from bots.discord import texts
from bots.discord.buttons import OnPress, row
from bots.discord.desk import Desk, Known
from bots.discord.forms import REASONS, OnForm, better_form, reason_form
from bots.discord.listening import Press, defer, replace_press, tell
from conversations.errors import NotFound, StoreError
from conversations.messages import Feedback

IN_TIME: Final = 2.0  # seconds to look things up before a form opens; Discord waits three
_SAME: Final = "This is what I said already. Change it to what it should have been."


class Votes:
    """One vote for each person and answer; a later one replaces it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def presses(self) -> dict[str, OnPress]:
        return {"up": self._up, "down": self._down, "undo": self._undo, "better": self._ask_better}

    def forms(self) -> dict[str, OnForm]:
        return {"reason": self._take_reason, "better": self._take_better}

    async def _up(self, press: Press, reply: str) -> None:
        await defer(press)
        voter = self._desk.contributor(press)
        known = await self._voted_on(press, reply)
        await self._desk.contributions.feedback(Feedback(known.id, voter, thumb="up"))
        await tell(press, "Thank you. You found this answer good.", view=row(("undo", known.id)))

    async def _down(self, press: Press, reply: str) -> None:
        """The form comes first: Discord takes it only as the first answer, and soon."""
        voter = self._desk.contributor(press)
        async with asyncio.timeout(IN_TIME):
            known = await self._voted_on(press, reply)
        await press.response.send_modal(reason_form(known.id))
        await self._desk.contributions.feedback(Feedback(known.id, voter, thumb="down"))

    async def _undo(self, press: Press, reply: str) -> None:
        await press.response.defer()
        known = await self._desk.known(press, reply)
        taken = await self._desk.contributions.take_back_vote(known.id, self._desk.contributor(press))
        await replace_press(press, "Your vote is taken back." if taken else "You have no vote on this answer.")

    async def _ask_better(self, press: Press, reply: str) -> None:
        async with asyncio.timeout(IN_TIME):
            known = await self._voted_on(press, reply)
            await self._open_better(press, known)

    async def ask_better_of(self, press: Press, message: discord.Message) -> None:
        """The same, from the menu of a message."""
        async with asyncio.timeout(IN_TIME):
            known = await self._desk.meant(press, message)
            await self._open_better(press, known)

    async def _open_better(self, press: Press, known: Known) -> None:
        await self._check_willing(self._desk.contributor(press))
        history = await self._desk.contributions.conversation_up_to(known.conversation, known.id)
        question = next((m.content for m in reversed(history) if m.role == "user"), "")
        await press.response.send_modal(better_form(known.id, question=question, answer=known.message.content))

    async def _take_reason(self, press: Press, reply: str, values: dict[str, str]) -> None:
        await defer(press)
        giver = self._desk.contributor(press)
        known = await self._desk.known(press, reply)
        better = values.get("better") or None
        given = Feedback(
            known.id,
            giver,
            thumb="down",
            reason=dict(REASONS).get(values.get("reason", "")),
            comment=values.get("comment") or None,
            better_answer=better if better != known.message.content else None,
        )
        submission = await self._desk.contributions.feedback(given)
        text = texts.receipt(submission.id) if submission else "Thank you. It is kept with your vote."
        await tell(press, text, view=row(("undo", known.id)))

    async def _take_better(self, press: Press, reply: str, values: dict[str, str]) -> None:
        await defer(press)
        giver = self._desk.contributor(press)
        known = await self._desk.known(press, reply)
        better = values.get("better", "")
        if not better or better == known.message.content:
            raise StoreError(_SAME if better else "Please write an answer.")
        submission = await self._desk.contributions.feedback(Feedback(known.id, giver, better_answer=better))
        assert submission is not None, "a better answer is a submission"
        await tell(press, texts.receipt(submission.id))

    async def _voted_on(self, press: Press, reply: str) -> Known:
        """The reply of a button; it has to hang under a message of ours, and be said in this channel."""
        if press.message is None or press.message.author.id != press.application_id:
            raise NotFound(texts.GONE)
        return await self._desk.known(press, reply)

    async def _check_willing(self, person: str) -> None:
        if await self._desk.contributions.opted_out(person):
            raise StoreError("You have opted out of having your text used. Opt in again: /brandvoice privacy")
