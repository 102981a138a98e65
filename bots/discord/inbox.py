"""The inbox: which messages are for us, and keeping them before anything else is done."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from typing import Final

import discord

from bots.assistant import Incoming
from bots.discord import texts
from bots.discord.buttons import named_reply
from bots.discord.desk import Desk, assigned_channel
from bots.discord.places import (
    EVERYBODY,
    PLATFORM,
    Place,
    Question,
    channel_within,
    guild_key,
    message_id,
    person,
    place_of,
)
from bots.discord.telling import tell_below, tell_directly
from conversations.errors import BrandvoiceError, NotFound
from conversations.pending import Quote

_WRITTEN: Final = (discord.MessageType.default, discord.MessageType.reply)  # what people write
_MENTION: Final = re.compile(r"<(?:@[!&]?|#)\d+>|@everyone|@here")


class Inbox:
    """Takes what arrives over the gateway; after a reconnect some of it arrives again."""

    def __init__(self, desk: Desk, client: discord.Client) -> None:
        self._desk = desk
        self._client = client
        self._arriving: Counter[Place] = Counter()  # where messages for us are not kept yet

    async def take(self, message: discord.Message) -> None:
        """Keep a message that is for us, and begin its answer."""
        if not _is_written(message) or not await self._is_for_us(message):
            return
        question = Question(await self._place(message), message.id)
        self._arriving[question.place] += 1
        try:
            await self._keep(message, question)
        finally:
            self._arriving[question.place] -= 1
            if not self._arriving[question.place]:
                del self._arriving[question.place]

    async def _keep(self, message: discord.Message, question: Question) -> None:
        missing = _missing_permissions(message)
        if missing:
            if await self._is_new(question):
                await tell_directly(message.author, missing)
            return
        incoming, told = self._incoming(message, question)
        try:
            if not told:
                if await self._desk.assistant.accept(incoming):
                    self._desk.answers.begin(question, incoming)
                return
        except BrandvoiceError as error:
            told = str(error)
        if await self._is_new(question):
            await tell_below(self._channel(message), message.id, told)

    async def change(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Somebody changed a message: what we have of it changes too."""
        author = payload.data.get("author") or {}
        content = payload.data.get("content")
        if not content or author.get("bot") or not payload.data.get("edited_timestamp"):
            return
        kept = message_id(guild_key(payload.guild_id), payload.channel_id, payload.message_id)
        await self._desk.assistant.changed(PLATFORM, kept, self._plain_text(content, ()))

    async def delete(self, guild: int | None, channel: int, messages: set[int]) -> None:
        """Somebody deleted messages: we forget them."""
        for message in messages:
            await self._desk.assistant.deleted(PLATFORM, message_id(guild_key(guild), channel, message))

    async def _is_for_us(self, message: discord.Message) -> bool:
        """Direct messages, mentions, replies to us, and what is said in a thread in which we took part."""
        if message.guild is None or self._is_mentioned(message):
            return True
        replied = message.reference and message.reference.resolved
        if isinstance(replied, discord.Message) and replied.author.id == self._me and message.content:
            return True
        if not isinstance(message.channel, discord.Thread) or not message.content or message.mentions:
            return False
        place = Place(guild_key(message.guild.id), str(message.channel.id))
        return place in self._arriving or await asyncio.to_thread(self._desk.store.has_talk, PLATFORM, str(place))

    def _is_mentioned(self, message: discord.Message) -> bool:
        role = message.guild.self_role if message.guild else None
        return any(user.id == self._me for user in message.mentions) or (
            role is not None and role in message.role_mentions
        )

    def _incoming(self, message: discord.Message, question: Question) -> tuple[Incoming, str]:
        """The message as the assistant takes it, or what to tell instead."""
        roles = [role.id for role in message.role_mentions if role == message.guild.self_role] if message.guild else []
        text = self._plain_text(message.content, roles)
        place, told = question.place, ""
        incoming = Incoming(
            PLATFORM,
            assigned_channel(message.channel),
            str(place),
            person(message.author.id),
            text,
            question.id,
            quotes=self._quotes(message),
        )
        if not self._desk.serves(message.guild.id if message.guild else None):
            told = texts.NOT_HERE
        elif not message.content and message.role_mentions:
            told = texts.NO_CONTENT
        elif any(file.filename.lower().endswith((".jsonl", ".json")) for file in message.attachments):
            told = texts.FILE_SENT
        elif not _MENTION.sub("", text).strip():
            told = texts.HELP
        return incoming, told

    def _quotes(self, message: discord.Message) -> tuple[Quote, ...]:
        """What the message replies to or forwards, where Discord shows us that; our own words we know."""
        quotes = [Quote(snapshot.content) for snapshot in message.message_snapshots if snapshot.content]
        replied = message.reference and message.reference.resolved
        if isinstance(replied, discord.Message) and replied.content and replied.author.id != self._me:
            quotes.append(Quote(replied.content, person(replied.author.id)))
        return tuple(quotes)

    async def _place(self, message: discord.Message) -> Place:
        """Where a message belongs; a reply to one of our answers goes on with that conversation."""
        guild, channel = guild_key(message.guild.id if message.guild else None), str(message.channel.id)
        if message.guild is None or isinstance(message.channel, discord.Thread):
            return Place(guild, channel, EVERYBODY)
        replied = message.reference and message.reference.resolved
        if isinstance(replied, discord.Message) and replied.author.id == self._me:
            reply = named_reply(replied)
            if reply and (found := await self._place_of_reply(reply, message)):
                return found
        return Place(guild, channel, str(message.author.id))

    async def _place_of_reply(self, reply: str, message: discord.Message) -> Place | None:
        within = channel_within(message.guild.id if message.guild else None, message.channel.id)
        try:
            conversation, _ = await self._desk.contributions.reply_at(reply, platform=PLATFORM, within=within)
            found = await asyncio.to_thread(self._desk.store.conversation, conversation)
        except NotFound:
            return None
        return place_of(found.place.removeprefix(f"{PLATFORM}:"))

    def _plain_text(self, text: str, roles: list[int] | tuple[int, ...]) -> str:
        """What somebody wrote, without our mention."""
        own = [f"<@{self._me}>", f"<@!{self._me}>", *(f"<@&{role}>" for role in roles)]
        for mention in own:
            text = text.replace(mention, "")
        return text.strip()

    def _channel(self, message: discord.Message) -> discord.PartialMessageable:
        guild = message.guild.id if message.guild else None
        return self._client.get_partial_messageable(message.channel.id, guild_id=guild)

    async def _is_new(self, question: Question) -> bool:
        return await asyncio.to_thread(self._desk.store.claim_event, PLATFORM, f"told:{question.id}")

    @property
    def _me(self) -> int:
        assert self._client.user is not None, "messages come after the login"
        return self._client.user.id


def _is_written(message: discord.Message) -> bool:
    is_person = not (message.author.bot or message.author.system or message.webhook_id is not None)
    return is_person and message.type in _WRITTEN


def _missing_permissions(message: discord.Message) -> str:
    """A sentence that names what we may not do where the message stands; empty when we may answer."""
    channel = message.channel
    if isinstance(channel, (discord.DMChannel, discord.PartialMessageable, discord.GroupChannel)):
        return ""
    if channel.guild.unavailable or (isinstance(channel, discord.Thread) and channel.parent is None):
        return ""  # nobody has told us yet what we may do there
    may = channel.permissions_for(channel.guild.me)
    send = may.send_messages_in_threads if isinstance(channel, discord.Thread) else may.send_messages
    names = [
        name
        for name, allowed in (
            ("View Channel", may.view_channel),
            ("Send Messages in Threads" if isinstance(channel, discord.Thread) else "Send Messages", send),
            ("Read Message History", may.read_message_history),
        )
        if not allowed
    ]
    if not names:
        return ""
    return f"I cannot answer in #{channel.name}: I need the permission {', '.join(names)} there. An admin can give it."
