"""A bot made with the real discord.py, which does what ours will do, to try the emulated Discord with."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import discord
from discord import app_commands, ui

from tests.emulators.discord import DiscordEmulator

INTENTS = discord.Intents(guilds=True, messages=True, message_content=True)
LONGEST_LIFE = 30  # seconds: a client that nobody can stop any more must not hold up the tests
C = TypeVar("C", bound=discord.Client)


@contextmanager
def running(client: C, disc: DiscordEmulator) -> Iterator[C]:
    """A client connected to the emulator, with an event loop and a thread of its own."""
    before = set(disc.sessions)
    with disc.patch(), ThreadPoolExecutor(1) as thread:
        done = thread.submit(asyncio.run, _live(client, disc.token))
        disc.wait_for(lambda: done.done() or set(disc.sessions) - before, what="session")
        try:
            if not done.done():
                asyncio.run_coroutine_threadsafe(client.wait_until_ready(), client.loop).result(10)
                yield client
        finally:
            if not done.done():
                asyncio.run_coroutine_threadsafe(client.close(), client.loop)
            done.result(10)


async def _live(client: discord.Client, token: str) -> None:
    async with asyncio.timeout(LONGEST_LIFE), client:
        await client.start(token)


class Client(discord.Client):
    def __init__(self, intents: discord.Intents = INTENTS) -> None:
        super().__init__(intents=intents, guild_ready_timeout=0.1)
        self.heard: list[Any] = []

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Skip the five seconds that discord.py waits between identifies."""


class Listener(Client):
    """Writes down every message of other people."""

    async def on_message(self, message: discord.Message) -> None:
        if message.author != self.user:
            self.heard.append(message.content)

    async def on_raw_reaction_add(self, reaction: discord.RawReactionActionEvent) -> None:
        self.heard.append(str(reaction.emoji))


class BetterAnswer(ui.Modal):
    def __init__(self, answer: str) -> None:
        super().__init__(title="Better answer", custom_id=f"better:{answer}", timeout=None)
        self.text: ui.Label[ui.Modal] = ui.Label(
            text="Better answer",
            component=ui.TextInput(custom_id="text", style=discord.TextStyle.paragraph, max_length=4000),
        )
        self.add_item(self.text)

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        assert isinstance(self.text.component, ui.TextInput)
        interaction.client.heard.append(("better", self.text.component.value))
        await interaction.response.send_message("saved, thank you", ephemeral=True)


class Vote(ui.DynamicItem[ui.Button[Any]], template=r"vote:(?P<kind>up|down|boom):(?P<answer>\w+)"):
    def __init__(self, kind: str, answer: str) -> None:
        self.kind, self.answer = kind, answer
        super().__init__(ui.Button(emoji={"up": "👍", "down": "👎"}.get(kind, "💥"), custom_id=f"vote:{kind}:{answer}"))

    @classmethod
    async def from_custom_id(cls, _: Any, item: ui.Item[Any], match: re.Match[str]) -> Vote:
        return cls(match["kind"], match["answer"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        if self.kind == "boom":
            raise RuntimeError("discord.py swallows what a DynamicItem raises")
        interaction.client.heard.append((self.kind, self.answer, interaction.user.name))
        if self.kind == "down":
            await interaction.response.send_modal(BetterAnswer(self.answer))
        else:
            await interaction.response.send_message("thanks", ephemeral=True)


class SampleBot(Client):
    """Answers mentions in threads, streaming by edits, with votes below; has commands, a menu and a modal."""

    def __init__(self) -> None:
        super().__init__()
        self.allowed_mentions = discord.AllowedMentions.none()
        self.tree = app_commands.CommandTree(self)
        _add_commands(self.tree)

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Vote)
        await self.tree.sync()

    async def on_message(self, message: discord.Message) -> None:
        if message.author.bot:
            return
        if self.user in message.mentions or message.guild is None:
            await self._answer(message)
        elif isinstance(message.channel, discord.Thread):
            await message.reply("in the thread: " + message.content)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Take a modal that was opened before a restart, which discord.py would drop."""
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        data: Any = interaction.data
        if data["custom_id"] not in self._connection._view_store._modals:
            self.heard.append(("better, after a restart", data["components"][0]["component"]["value"]))
            await interaction.response.send_message("saved after a restart", ephemeral=True)

    async def _answer(self, message: discord.Message) -> None:
        place: Any = message.channel
        if not isinstance(place, discord.Thread | discord.DMChannel):
            place = await message.create_thread(name=(message.clean_content or "chat")[:80])
        view = ui.View(timeout=None)
        for kind in ("up", "down", "boom"):
            view.add_item(Vote(kind, "a1"))
        async with place.typing():
            sent = await place.send("…")
            text = "You said: " + re.sub(r"<@!?\d+>", "", message.content).strip()
            for end in range(9, len(text), 9):
                await sent.edit(content=text[:end])
            await sent.edit(content=text + " @everyone", view=view)


def _add_commands(tree: app_commands.CommandTree[Any]) -> None:
    tune = app_commands.Group(name="tune", description="Tuning")

    @tune.command(description="State of a run")
    @app_commands.choices(detail=[app_commands.Choice(name="short", value="short")])
    async def status(
        interaction: discord.Interaction[Any],
        run: str,
        file: discord.Attachment | None = None,
        detail: app_commands.Choice[str] | None = None,
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        interaction.client.heard.append(file and await file.read())
        await interaction.followup.send(f"run {run} is fine")

    @status.autocomplete("run")
    async def runs(_: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=run, value=run) for run in ("r7", "s8") if run.startswith(current)]

    @tree.context_menu(name="Submit as training example")
    async def submit(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        interaction.client.heard.append(("submitted", message.content))
        await interaction.response.send_message("noted", ephemeral=True)

    @tree.command(description="Promote a run")
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.guild_only()
    async def promote(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message("promoted")

    @tree.command(description="Never answers in time")
    async def slow(interaction: discord.Interaction[Any]) -> None:
        await asyncio.sleep(0.3)
        await interaction.response.send_message("late")

    tree.add_command(tune)
