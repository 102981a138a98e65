"""The invitation: what the bot has to be allowed, and the link by which an admin lets it in."""

from __future__ import annotations

from typing import Final

import discord

# No more than it needs; above all not MENTION_EVERYONE, so that nothing a model writes can ring a whole server.
NEEDED: Final = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    read_message_history=True,
    embed_links=True,
)
SCOPES: Final = ("bot", "applications.commands")


def invitation(application: int | str) -> str:
    """The address that an admin of a server opens."""
    return discord.utils.oauth_url(application, permissions=NEEDED, scopes=SCOPES)


def named(permissions: discord.Permissions) -> list[str]:
    """The names of the permissions, as Discord's settings show them."""
    return [name.replace("_", " ").title() for name, allowed in permissions if allowed]


def lacking(held: int) -> discord.Permissions:
    """What is needed and not among the held permissions."""
    if discord.Permissions(held).administrator:
        return discord.Permissions.none()
    return discord.Permissions(NEEDED.value & ~held)
