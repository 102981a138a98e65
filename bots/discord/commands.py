"""Commands: `/brandvoice …` and the menus of messages, told to Discord only when they changed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from pathlib import Path
from typing import Any

import discord
from discord import app_commands

from bots.discord import texts
from bots.discord.desk import Desk
from bots.discord.examples import Examples
from bots.discord.failures import DISCORD_FAILURES, reason
from bots.discord.listening import Press, defer, failures_told, tell
from bots.discord.places import person
from bots.discord.privacy import Privacy
from bots.discord.uploads import Uploads
from bots.discord.votes import Votes

log = logging.getLogger(__name__)
Tree = app_commands.CommandTree[Any]


def add_commands(tree: Tree, desk: Desk, *, uploads: Uploads, privacy: Privacy) -> None:
    """Everything under `/brandvoice`, answered so that only who typed it sees it."""
    group = app_commands.Group(
        name="brandvoice",
        description="The assistant that answers in this brand's voice",
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
    )

    @group.command(name="help", description="What I can do, and how")
    async def help_(press: Press) -> None:
        async with failures_told(press):
            await tell(press, texts.HELP)

    @group.command(description="Who speaks here, and what you have handed in")
    async def status(press: Press) -> None:
        async with failures_told(press):
            await defer(press)
            await tell(press, await _status(desk, press))

    @group.command(name="privacy", description="What is kept of you, and how to opt out")
    async def show_privacy(press: Press) -> None:
        async with failures_told(press):
            await privacy.show(press)

    @group.command(description="Erase everything of yours")
    async def forget(press: Press) -> None:
        async with failures_told(press):
            await privacy.ask_to_erase(press)

    _add_submission_commands(group, uploads=uploads, privacy=privacy)
    tree.add_command(group)


def _add_submission_commands(group: app_commands.Group, *, uploads: Uploads, privacy: Privacy) -> None:
    @group.command(description="What you have handed in")
    async def mine(press: Press) -> None:
        async with failures_told(press):
            await privacy.mine(press)

    @group.command(description="Take back something that you handed in")
    @app_commands.describe(submission="Its id, as on your receipt")
    async def withdraw(press: Press, submission: str) -> None:
        async with failures_told(press):
            await privacy.withdraw(press, submission)

    @withdraw.autocomplete("submission")
    async def complete(press: Press, current: str) -> list[app_commands.Choice[str]]:
        found = await privacy.withdrawable(press, current)
        return [app_commands.Choice(name=label, value=id_) for label, id_ in found]

    @group.command(description="Hand in a file of examples; you see what is in it before anything is kept")
    @app_commands.describe(file="A .jsonl or .json file of conversations")
    async def upload(press: Press, file: discord.Attachment) -> None:
        async with failures_told(press):
            await uploads.look_at(press, file)


def add_menus(tree: Tree, *, examples: Examples, votes: Votes) -> None:
    """What stands in the menu of every message."""

    async def submit(press: Press, message: discord.Message) -> None:
        async with failures_told(press):
            await examples.show(press, message)

    async def better(press: Press, message: discord.Message) -> None:
        async with failures_told(press):
            await votes.ask_better_of(press, message)

    for name, callback in (("Submit as training example", submit), ("Suggest a better answer", better)):
        tree.add_command(app_commands.ContextMenu(name=name, callback=callback))


async def sync_if_changed(tree: Tree, record: Path, *, application: int | None) -> None:
    """Tell Discord the commands if they are not what it was told last; it takes 200 new ones a day."""
    commands = [command.to_dict(tree) for command in tree.get_commands(guild=None)]
    written = json.dumps([application, commands], sort_keys=True, default=str)
    digest = hashlib.sha256(written.encode()).hexdigest()
    if await asyncio.to_thread(_read, record) == digest:
        return
    try:
        await tree.sync()
    except DISCORD_FAILURES as failure:
        log.error("Discord did not take the commands (%s); they may be missing or old", reason(failure))  # noqa: TRY400
        return
    await asyncio.to_thread(record.write_text, digest, encoding="utf-8")


async def _status(desk: Desk, press: Press) -> str:
    style = desk.style_in(press)
    voice = await asyncio.to_thread(desk.assistant.voice_for, style)
    mine = await desk.contributions.mine(person(press.user.id))
    waiting = sum(submission.state == "waiting" for submission in mine)
    to_decide = []
    if desk.may_approve(press):
        others = await desk.contributions.to_review(style, by=person(press.user.id))
        to_decide = [f"You may approve: {others} examples of others wait for your review."]
    return "\n".join(
        [
            f"Here speaks **{voice.style.display}**, version {voice.reference}.",
            f"You have handed in {len(mine)} examples; {waiting} of them wait for review.",
            *to_decide,
        ]
    )


def _read(record: Path) -> str:
    return record.read_text(encoding="utf-8") if record.is_file() else ""
