"""Missed: what people wrote while there was no session with the gateway, which it will never bring."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Final

import discord
from discord.utils import time_snowflake

from bots.assistant import RECENT
from bots.discord.desk import Desk
from bots.discord.failures import DISCORD_FAILURES, reason
from bots.discord.inbox import Inbox
from bots.discord.parsing import UNREADABLE
from bots.discord.places import DIRECT, EVERYBODY, PLATFORM, guild_key, message_id, place_of
from conversations.errors import StoreError

ACTIVE: Final = timedelta(days=1)  # since when somebody must have talked with us in a channel
MOST_CHANNELS: Final = 40  # that are read after one interruption
MOST_UNKNOWN: Final = 10  # channels among them that do not say what their newest message is
MOST_MESSAGES: Final = 100  # of each; Discord gives no more at once
REMEMBERED: Final = 10_000  # channels
log = logging.getLogger(__name__)
Listed = discord.TextChannel | discord.Thread
Talks = Mapping[int, tuple[int | None, int]]


@dataclass(frozen=True, slots=True)
class Gap:
    """A channel in which something may have been missed since the message `after`."""

    guild: int | None
    channel: int
    after: int


class Missed:
    """Reads, after every new session, what was said since the last message that we saw.

    A session that is resumed brings that by itself. Only channels that say that they have something new are read, and
    those of which nobody knows where people talked with us lately. Messages that are not for us stay unanswered here
    as everywhere, and each is answered once, whoever sees it first.
    """

    def __init__(self, client: discord.AutoShardedClient, desk: Desk, inbox: Inbox) -> None:
        self._client = client
        self._desk = desk
        self._inbox = inbox
        self._last: OrderedDict[int, int] = OrderedDict()  # the newest message that came, by channel
        self._sessions: Counter[int] = Counter()  # so many has a shard had
        self._before: dict[int, dict[int, int]] = {}  # the same, from before a shard's new session

    def saw(self, message: discord.Message) -> None:
        """The gateway brought a message."""
        self._last[message.channel.id] = message.id
        self._last.move_to_end(message.channel.id)
        if len(self._last) > REMEMBERED:
            self._last.popitem(last=False)

    def begin(self, shard: int) -> None:
        """A shard has a new session: what it brings from here on was not missed."""
        self._sessions[shard] += 1
        self._before.setdefault(shard, dict(self._last))  # an older one whose gap was not looked into comes first

    async def look_back(self, shard: int) -> None:
        """Take what the shard's channels have that is for us."""
        before, is_first = self._before.pop(shard, {}), self._sessions[shard] < 2
        try:
            talked = await asyncio.to_thread(self._talked)
            gaps = [*self._in_talks(shard, talked, before), *self._elsewhere(shard, talked, before)]
            gaps += [] if is_first else self._unknown(shard, talked, before)
            for gap in gaps[:MOST_CHANNELS]:
                await self._read(gap)
        except StoreError as error:
            log.warning("what was missed cannot be looked for: %s", error)

    def _talked(self) -> dict[int, tuple[int | None, int]]:
        """Where people talked with us lately: guild, and the message up to which nothing can be missed."""
        since = datetime.now(UTC) - ACTIVE
        found: dict[int, tuple[int | None, int]] = {}
        for name, last in self._desk.store.recent_talks(PLATFORM, since=since, most=5 * MOST_CHANNELS):
            place = place_of(name)
            # In a channel, many talk with us at once, and that one was heard says nothing about the others.
            heard = int(last.rpartition("/")[2]) if place.talker == EVERYBODY and last else 0
            found.setdefault(int(place.channel), (None if place.guild == DIRECT else int(place.guild), heard))
        return found

    def _in_talks(self, shard: int, talked: Talks, before: Mapping[int, int]) -> Iterator[Gap]:
        for id, (guild, heard) in talked.items():  # noqa: A001
            after, channel = max(_oldest(), heard, before.get(id, 0)), self._cached(guild, id)
            is_here = self._shard_of(guild) == shard and self._desk.serves(guild)
            if is_here and (channel is None or (_is_readable(channel) and _may_have_more(channel, after))):
                yield Gap(guild, id, after)

    def _elsewhere(self, shard: int, talked: Talks, before: Mapping[int, int]) -> list[Gap]:
        """Channels that say that something is new, the latest first."""
        said = [
            (channel.last_message_id or 0, channel) for channel in self._channels(shard) if channel.id not in talked
        ]
        newest = sorted(said, key=lambda one: one[0], reverse=True)
        gaps = [(last, _gap(channel, before)) for last, channel in newest]
        return [gap for last, gap in gaps if last > gap.after]

    def _unknown(self, shard: int, talked: Talks, before: Mapping[int, int]) -> list[Gap]:
        """Some of the channels that say nothing about it."""
        silent = [channel for channel in self._channels(shard) if channel.last_message_id is None]
        return [_gap(channel, before) for channel in silent if channel.id not in talked][:MOST_UNKNOWN]

    def _channels(self, shard: int) -> Iterator[Listed]:
        for guild in self._client.guilds:
            if guild.shard_id == shard and self._desk.serves(guild.id):
                listed: list[Listed] = [*guild.text_channels, *guild.threads]
                yield from filter(_is_readable, listed)

    def _cached(self, guild: int | None, channel: int) -> Listed | None:
        known = self._client.get_guild(guild) if guild else None
        found = known.get_channel_or_thread(channel) if known else None
        return found if isinstance(found, discord.TextChannel | discord.Thread) else None

    def _shard_of(self, guild: int | None) -> int:
        return (guild >> 22) % (self._client.shard_count or 1) if guild else 0

    async def _read(self, gap: Gap) -> None:
        try:
            channel = await self._readable(gap)
            found = [message async for message in channel.history(limit=MOST_MESSAGES, after=discord.Object(gap.after))]
        except (*DISCORD_FAILURES, *UNREADABLE) as failure:  # discord.py cannot read everything
            log.info("what was missed in %s stays unread: %s", gap.channel, reason(failure))
            return
        events = {message.id: _events(gap, message.id) for message in found}
        known = await asyncio.to_thread(self._desk.store.claimed, PLATFORM, [*chain.from_iterable(events.values())])
        for message in found:
            if known.isdisjoint(events[message.id]):
                await self._inbox.take(message)

    async def _readable(self, gap: Gap) -> discord.abc.Messageable:
        if gap.guild is None:
            return self._client.get_partial_messageable(gap.channel)
        known = self._cached(gap.guild, gap.channel) or await self._client.fetch_channel(gap.channel)
        if not isinstance(known, discord.abc.Messageable):
            raise discord.InvalidData(f"{gap.channel} holds no messages")
        return known


def _gap(channel: Listed, before: Mapping[int, int]) -> Gap:
    return Gap(channel.guild.id, channel.id, max(_oldest(), before.get(channel.id, 0)))


def _events(gap: Gap, message: int) -> tuple[str, str]:
    """What is claimed by whoever answers a message, or tells its person something about it."""
    name = message_id(guild_key(gap.guild), gap.channel, message)
    return f"message:{name}", f"told:{name}"


def _oldest() -> int:
    return time_snowflake(datetime.now(UTC) - RECENT)


def _may_have_more(channel: Listed, after: int) -> bool:
    return channel.last_message_id is None or channel.last_message_id > after


def _is_readable(channel: Listed) -> bool:
    """Asking where we may not is counted, and too many such questions get a bot banned."""
    if channel.guild.unavailable or (isinstance(channel, discord.Thread) and channel.parent is None):
        return False
    may = channel.permissions_for(channel.guild.me)
    return may.view_channel and may.read_message_history
