"""Rounds in Discord: their cards in the approvals channel, and people with the approvers' roles who decide."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import discord

from bots.announcing import Announcer
from bots.approvals import Approvals, Card, Notice
from bots.discord.buttons import OnPress, row
from bots.discord.cards import card_buttons, card_embed, card_text, round_line
from bots.discord.desk import Desk
from bots.discord.forms import OnForm, refusal_form
from bots.discord.listening import Press, defer, replace_press, tell
from bots.discord.markup import MOST_TEXT, shortened, unformatted
from bots.discord.places import PLATFORM, person
from bots.discord.votes import IN_TIME
from bots.discord.writer import SILENT
from conversations.errors import NotFound, RoundRefused

NOT_AN_APPROVER: Final = (
    "Only people with a role under [discord] approver_roles decide about rounds. Whoever runs me can add one."
)
NOT_HERE: Final = "Rounds are decided in the approvals channel only."
_PERSON: Final = re.compile(rf"{PLATFORM}/(\d{{1,20}})")
_LOOKED_THROUGH: Final = 100  # messages, for one that an earlier process may have sent
_CLOSED: Final = 50007  # this person takes no direct messages
log = logging.getLogger(__name__)


class DiscordBoard:
    """Puts up cards and invitations to vote. A nonce, and a look at what is there, keep one from being put up twice."""

    def __init__(self, client: discord.Client, channel: str, *, votes: str = "") -> None:
        """`votes` is the channel into which people are asked for blind votes."""
        self._client = client
        self._channel = channel
        self._votes = votes

    async def post(self, notice: Notice) -> str:
        channel = self._client.get_partial_messageable(int(self._votes if notice.contest else self._channel))
        if notice.again and (found := await self._sent(channel, notice)):
            return found
        return str((await _send(channel, notice)).id)

    async def change(self, message: str, card: Card) -> None:
        channel = self._client.get_partial_messageable(int(self._channel))
        try:
            await channel.get_partial_message(int(message)).edit(
                content=card_text(card), embed=card_embed(card), view=card_buttons(card), allowed_mentions=SILENT
            )
        except discord.NotFound:
            log.info("the card of %s is gone from Discord", card.round)

    async def tell(self, notice: Notice) -> bool:
        found = _PERSON.fullmatch(notice.person or "")
        if found is None:
            return False
        try:
            channel = await self._client.create_dm(discord.Object(int(found[1])))
            if not (notice.again and await self._sent(channel, notice)):
                await _send(channel, notice)
        except discord.Forbidden as refused:
            if refused.code != _CLOSED:
                raise
            log.info("somebody takes no direct messages, and is not told")
        return True

    async def _sent(self, channel: discord.abc.Messageable, notice: Notice) -> str | None:
        """The message that an earlier process sent before it died."""
        assert self._client.user is not None, "news come after the login"
        async for message in channel.history(limit=_LOOKED_THROUGH):
            if message.author.id == self._client.user.id and _shows(message, notice):
                return str(message.id)
        return None


def _shows(message: discord.Message, notice: Notice) -> bool:
    if notice.card is None:
        return message.content == _sentence(notice)
    footers = [embed.footer.text or "" for embed in message.embeds]
    return any(text.endswith(f"\n{round_line(notice.card)}") for text in footers)


async def _send(channel: discord.abc.Messageable, notice: Notice) -> discord.Message:
    same: dict[str, Any] = {"nonce": hashlib.sha256(notice.key.encode()).hexdigest()[:20], "allowed_mentions": SILENT}
    if notice.contest:
        view = row(("compare", notice.contest))
        return await channel.send(_sentence(notice), view=view, suppress_embeds=True, **same)
    if notice.card is None:
        return await channel.send(_sentence(notice), suppress_embeds=True, **same)
    card = notice.card
    return await channel.send(card_text(card), embed=card_embed(card), view=card_buttons(card), **same)


def _sentence(notice: Notice) -> str:
    return shortened(unformatted(notice.text), MOST_TEXT)


class Rounds:
    """What is pressed under cards. The roles that a person has right now decide whether they may."""

    def __init__(self, desk: Desk, approvals: Approvals, announcer: Announcer, *, channel: str) -> None:
        self._desk = desk
        self._approvals = approvals
        self._announcer = announcer
        self._channel = channel
        self._name = channel_name(channel)

    def presses(self) -> dict[str, OnPress]:
        return {
            "approve": self._ask_approval,
            "reject": self._ask_reason,
            "rollback": self._ask_rollback,
            "doapprove": self._approve,
            "dorollback": self._roll_back,
        }

    def forms(self) -> dict[str, OnForm]:
        return {"refusal": self._reject}

    async def _ask_approval(self, press: Press, about: str) -> None:
        await defer(press)
        card = await self._pressed(press, about)
        self._check_stage(card, "waiting")
        text = f"Let {unformatted(card.voice)} speak from the next message on? You can roll back at any time."
        await tell(press, text, view=row(("doapprove", card.id)))

    async def _ask_rollback(self, press: Press, about: str) -> None:
        await defer(press)
        card = await self._pressed(press, about)
        self._check_stage(card, "speaking")
        text = f"Take {unformatted(card.voice)} back? The voice before it answers from the next message on."
        await tell(press, text, view=row(("dorollback", card.id)))

    async def _ask_reason(self, press: Press, about: str) -> None:
        """The form comes first: Discord takes it only as the first answer, and soon."""
        async with asyncio.timeout(IN_TIME):
            card = await self._pressed(press, about)
            self._check_stage(card, "waiting")
        await press.response.send_modal(refusal_form(card.id, voice=card.voice))

    async def _approve(self, press: Press, about: str) -> None:
        await press.response.defer()
        self._check_approver(press)
        async with self._shown_after():
            await self._approvals.decide(about, who=_name(press), verdict="approve")
        await replace_press(press, "Approved. It answers from the next message on.")

    async def _roll_back(self, press: Press, about: str) -> None:
        await press.response.defer()
        self._check_approver(press)
        async with self._shown_after():
            await self._approvals.roll_back(about, who=_name(press))
        await replace_press(press, "Rolled back. The voice before it answers from the next message on.")

    async def _reject(self, press: Press, about: str, values: dict[str, str]) -> None:
        await defer(press)
        self._check_approver(press)
        why = values.get("why", "")
        if not why:
            raise RoundRefused("Please say why.")
        async with self._shown_after():
            await self._approvals.decide(about, who=_name(press), verdict="reject", reason=why)
        await tell(press, "Rejected, and your reason is kept.")

    async def _pressed(self, press: Press, about: str) -> Card:
        """The card under which somebody pressed who may. What comes with a press is believed in nothing."""
        self._check_approver(press)
        if press.message is None or press.message.author.id != press.application_id:
            raise NotFound("That is not a card of mine.")
        await self._announcer.settle()
        return await self._approvals.card(about, self._name, message=str(press.message.id))

    def _check_approver(self, press: Press) -> None:
        if str(press.channel_id) != self._channel:
            raise NotFound(NOT_HERE)
        if not self._desk.may_approve(press):
            log.warning("%s pressed under a round, and is no approver", person(press.user.id))
            raise RoundRefused(NOT_AN_APPROVER)

    def _check_stage(self, card: Card, stage: str) -> None:
        if card.outcome.stage == stage:
            return
        what = "wait for a decision" if stage == "waiting" else "speak"
        raise RoundRefused(f"{card.voice} does not {what} any more.\n{unformatted(card.outcome.text)}")

    @asynccontextmanager
    async def _shown_after(self) -> AsyncIterator[None]:
        """The card shows what is so, also where the press was refused because of that."""
        try:
            yield
        finally:
            await self._announcer.correct()


def channel_name(channel: str) -> str:
    """The name under which it is kept what a channel was told."""
    return f"{PLATFORM}:{channel}" if channel else ""


def _name(press: Press) -> str:
    """How a person stands in the history: by their name of today, and by the id that nobody else has."""
    return f"{press.user.display_name} ({person(press.user.id)})"
