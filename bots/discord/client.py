"""The client: discord.py, and what of ours it calls."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord import app_commands

from bots.discord import texts
from bots.discord.buttons import Button, OnPress, is_known
from bots.discord.forms import OnForm, filled_in
from bots.discord.inbox import Inbox
from bots.discord.listening import Press, failures_told, tell
from bots.discord.missed import Missed
from bots.discord.parsing import passed_over

IDENTIFY_PAUSE = 5.0  # seconds between two identifies; Discord takes no more of them
log = logging.getLogger(__name__)


class Tree(app_commands.CommandTree[Any]):
    """Commands and menus; what goes wrong in them is told to whoever used them."""

    async def on_error(self, interaction: Press, error: app_commands.AppCommandError, /) -> None:
        async with failures_told(interaction):
            if isinstance(error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch):
                log.warning("Discord knows other commands than ours: %s", type(error).__name__)
                await tell(interaction, "This command is being renewed. Please try again in a few minutes.")
                return
            raise error


class Client(discord.AutoShardedClient):
    """Passes on what comes over the gateway; all of it can come twice."""

    def __init__(self, *, message_content: bool, pause: float = IDENTIFY_PAUSE, fixed_gateway: bool = False) -> None:
        # We do not talk; discord.py would complain that it lacks what voices need.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            intents=discord.Intents(guilds=True, messages=True, message_content=message_content),
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.5,
            max_messages=None,
            chunk_guilds_at_startup=False,
        )
        # The gateway takes its parsers from here, and ends when one of them raises.
        self._connection.parsers = passed_over(self._connection.parsers)
        self.tree = Tree(self)
        self.inbox: Inbox | None = None
        self.missed: Missed | None = None
        self.on_press: dict[str, OnPress] = {}
        self.on_form: dict[str, OnForm] = {}
        self.at_start: list[Callable[[], Awaitable[None]]] = []
        self.is_set_up = asyncio.Event()
        self._pause = pause
        self._fixed_gateway = fixed_gateway

    async def setup_hook(self) -> None:
        """Once, between the login and the gateway."""
        self.add_dynamic_items(Button)
        if self._fixed_gateway:
            # With a number of shards given, discord.py goes to the address that it was pointed at.
            self.shard_count, _, _ = await self.http.get_bot_gateway()
        for begin in self.at_start:
            await begin()
        self.is_set_up.set()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        if not initial:
            await asyncio.sleep(self._pause)

    async def on_shard_connect(self, shard_id: int) -> None:
        """A new session, which knows nothing of an earlier one; one that is resumed does not come here."""
        if self.missed is not None:
            self.missed.begin(shard_id)

    async def on_shard_ready(self, shard_id: int) -> None:
        if self.missed is not None:
            await self.missed.look_back(shard_id)

    async def on_message(self, message: discord.Message) -> None:
        if self.missed is not None:
            self.missed.saw(message)
        if self.inbox is not None:
            await self.inbox.take(message)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        if self.inbox is not None:
            await self.inbox.change(payload)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        if self.inbox is not None:
            await self.inbox.delete(payload.guild_id, payload.channel_id, {payload.message_id})

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        if self.inbox is not None:
            await self.inbox.delete(payload.guild_id, payload.channel_id, payload.message_ids)

    async def on_interaction(self, press: Press) -> None:
        """Take what discord.py drops: forms that were opened before a restart, and buttons that it does not know."""
        if press.type is discord.InteractionType.component and not is_known(_pressed(press)):
            await tell(press, texts.EXPIRED)
        if press.type is not discord.InteractionType.modal_submit:
            return
        async with failures_told(press):
            form = filled_in(press)
            if form is None:
                await tell(press, texts.EXPIRED)
                return
            kind, about, values = form
            await self.on_form[kind](press, about, values)


def _pressed(press: Press) -> str:
    data: Any = press.data or {}
    return str(data.get("custom_id"))
