"""The desk: what every listener works with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import discord

from bots.assistant import Assistant, Incoming
from bots.contributions import Contributions
from bots.discord import texts
from bots.discord.answers import Answers
from bots.discord.buttons import named_reply
from bots.discord.listening import Press
from bots.discord.places import PLATFORM, channel_within, person
from conversations.errors import LimitReached, NotFound
from conversations.messages import Message
from conversations.store import ConversationStore


@dataclass(frozen=True, slots=True)
class Known:
    """A reply of ours that somebody means, found in the store."""

    id: str
    conversation: str
    message: Message


@dataclass(frozen=True, slots=True)
class Desk:
    """The assistant, what people give back, and where it may be used."""

    assistant: Assistant
    contributions: Contributions
    answers: Answers
    guilds: frozenset[str]
    folder: Path
    approver_roles: frozenset[str] = frozenset()

    @property
    def store(self) -> ConversationStore:
        return self.contributions.store

    def serves(self, guild: int | None) -> bool:
        """Whether people of a guild may use us; direct messages always."""
        return guild is None or not self.guilds or str(guild) in self.guilds

    def contributor(self, press: Press) -> str:
        """The name under which a person contributes. Raises LimitReached for those who may not."""
        if press.user.bot or press.user.system:
            raise LimitReached("Votes and examples come from people only.")
        if not self.serves(press.guild_id):
            raise LimitReached(texts.NOT_HERE)
        return person(press.user.id)

    def may_approve(self, press: Press) -> bool:
        """Whether a person decides about what others hand in, and about rounds; by the roles they have right now.

        Without roles in the settings, in direct messages, and for bots: no.
        """
        if not isinstance(press.user, discord.Member) or press.user.bot or not self.serves(press.guild_id):
            return False
        return not self.approver_roles.isdisjoint(str(role.id) for role in press.user.roles)

    async def known(self, press: Press, reply: str) -> Known:
        """The reply with the id, if we said it in the very channel of the press. Raises NotFound."""
        if press.channel_id is None:
            raise NotFound(texts.GONE)
        within = channel_within(press.guild_id, press.channel_id)
        conversation, message = await self.contributions.reply_at(reply, platform=PLATFORM, within=within)
        return Known(reply, conversation, message)

    async def meant(self, press: Press, message: discord.Message) -> Known:
        """The reply that a message of ours in Discord shows. Raises NotFound."""
        if message.author.id != press.application_id:
            raise NotFound(texts.NOT_MINE)
        reply = named_reply(message)
        if not reply:
            raise NotFound(texts.ONLY_A_PART)
        return await self.known(press, reply)

    def style_in(self, press: Press) -> str:
        """The style that speaks in the channel of a press. Raises NotFound where none is assigned."""
        channel = assigned_channel(press.channel) or str(press.channel_id)
        return self.assistant.style_for(Incoming(PLATFORM, channel, "", person(press.user.id), "", ""))


def assigned_channel(channel: object) -> str:
    """The channel that a style is assigned to: of a thread, the channel that it belongs to."""
    if isinstance(channel, discord.Thread):
        return str(channel.parent_id)
    return str(getattr(channel, "id", ""))
