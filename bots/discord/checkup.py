"""The check-up: whether Discord takes our token, grants what we need, and how to mend what is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

import discord

from bots.discord.address import point_at
from bots.discord.failures import DISCORD_FAILURES, reason
from bots.discord.invitation import invitation, lacking, named
from bots.discord.platform import Options, cannot_be_reached, refused_intent, refused_token

_MEND_REACH: Final = "Check the network and its proxy, and DISCORD_API_URL if it is set. The token could not be tried."
_TIME: Final = 20.0  # seconds


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    subject: str
    ok: bool
    detail: str
    mend: str = ""


async def check_up(token: str, options: Options) -> list[Check]:
    """Ask Discord about the token and what it may do; never raises for what Discord says."""
    point_at(api_url=options.api_url, gateway_url=options.gateway_url)
    try:
        async with asyncio.timeout(_TIME), discord.Client(intents=discord.Intents.none()) as client:
            await client.login(token)
            return [check async for check in _checks(client, options)]
    except discord.LoginFailure:
        return [Check("discord token", False, "Discord refuses it", str(refused_token()))]
    except DISCORD_FAILURES as failure:
        return [Check("discord", False, f"no answer from {discord.http.Route.BASE} ({reason(failure)})", _MEND_REACH)]


async def invitation_for(token: str, options: Options) -> str:
    """The invitation of the application that the token belongs to. Raises SettingsError."""
    point_at(api_url=options.api_url, gateway_url=options.gateway_url)
    try:
        async with asyncio.timeout(_TIME), discord.Client(intents=discord.Intents.none()) as client:
            await client.login(token)
            return invitation((await client.application_info()).id)
    except discord.LoginFailure as error:
        raise refused_token() from error
    except DISCORD_FAILURES as failure:
        raise cannot_be_reached(failure) from failure


async def _checks(client: discord.Client, options: Options) -> AsyncIterator[Check]:
    yield Check("discord token", True, f"belongs to {client.user}")
    application = await client.application_info()
    yield _intent(application.flags, wanted=options.message_content)
    link = invitation(application.id)
    try:
        guilds = await client.http.get_guilds(200, with_counts=False)
    except discord.HTTPException as failure:
        yield Check("discord servers", False, f"could not be listed ({reason(failure)})", "Try again in a minute.")
        return
    if not guilds:
        yield Check("discord servers", False, "the bot is in none", f"Open this as an admin of one: {link}")
    for guild in guilds:
        yield _guild(guild, link)
    there = {str(guild["id"]) for guild in guilds}
    for missing in sorted(set(options.guilds) - there):
        mend = f"Invite it there ({link}), or take the id out of [discord] guilds."
        yield Check(f"discord server {missing}", False, "listed in [discord] guilds, but the bot is not in it", mend)
    for key, channel in (("approvals", options.approvals), ("votes", options.votes)):
        if channel:
            yield await _channel(client, key, channel)


async def _channel(client: discord.Client, key: str, channel: str) -> Check:
    """Whether the bot can write into a channel that the settings name."""
    subject = f"discord {key} channel"
    try:
        found = await client.fetch_channel(int(channel))
    except DISCORD_FAILURES as failure:
        mend = f"Let the bot see the channel that [discord] {key} names (Edit Channel > Permissions), or change it."
        return Check(subject, False, f"{channel}: {reason(failure)}", mend)
    if not isinstance(found, discord.TextChannel):
        return Check(subject, False, f"{channel} is no text channel", "Choose a text channel of a server.")
    return Check(subject, True, f"#{found.name}, the bot is in it")


def _intent(flags: discord.ApplicationFlags, *, wanted: bool) -> Check:
    granted = flags.gateway_message_content or flags.gateway_message_content_limited
    if wanted and not granted:
        return Check("discord message content", False, "asked for, but not granted", str(refused_intent()))
    return Check("discord message content", True, "asked for and granted" if wanted else "not asked for")


def _guild(guild: Any, link: str) -> Check:
    subject = f"discord server {guild['name']}"
    missing = named(lacking(int(guild["permissions"])))
    if missing:
        mend = f"Give these to the bot's role (Server Settings > Roles), or invite it anew: {link}"
        return Check(subject, False, f"not allowed: {', '.join(missing)}", mend)
    return Check(subject, True, "all permissions")
