"""Discord as it is configured: the token from the environment, options from `brandvoice.toml`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from brandvoice.settings import secret
from conversations.errors import SettingsError

if TYPE_CHECKING:
    from bots.discord.checkup import Check
    from bots.discord.platform import Options
    from bots.platform import Platform
    from brandvoice.workspace import Workspace


def discord_is_configured() -> bool:
    """Whether there is a token."""
    return bool(secret("DISCORD_TOKEN"))


def discord_platform(workspace: Workspace) -> Platform:
    """The platform for `serve`."""
    options = discord_options(workspace)
    from bots.discord import Discord
    from brandvoice.approving import WorkspaceApprovals

    return Discord(_token(), options, approvals=WorkspaceApprovals(workspace))


def discord_options(workspace: Workspace) -> Options:
    """What the settings say. Raises SettingsError when discord.py is not installed."""
    try:
        from bots.discord import Options
    except ImportError as error:
        raise SettingsError(
            f'Discord needs a package that is not installed ({error.name}): pip install "brandvoice[discord]"'
        ) from error
    discord = workspace.settings.discord
    return Options(
        folder=workspace.data / "discord",
        guilds=discord.guilds,
        message_content=discord.message_content,
        approver_roles=discord.approver_roles,
        approvals=discord.approvals,
        votes=discord.votes,
        api_url=os.environ.get("DISCORD_API_URL"),
        gateway_url=os.environ.get("DISCORD_GATEWAY_URL"),
    )


def discord_invitation(workspace: Workspace) -> str:
    """The link by which an admin lets the bot into a server."""
    options = discord_options(workspace)
    from bots.discord.checkup import invitation_for

    return asyncio.run(invitation_for(_token(), options))


def discord_checks(workspace: Workspace) -> Iterator[Check]:
    """Ask Discord whether everything fits; nothing when Discord is not configured."""
    if not discord_is_configured():
        return
    options = discord_options(workspace)
    from bots.discord.checkup import Check, check_up

    yield from asyncio.run(check_up(_token(), options))
    if not any(assigned.where.startswith(("discord:", "*:")) for assigned in workspace.settings.assign):
        mend = 'Add [[assign]] with where = "discord:*" and style = "…" to brandvoice.toml.'
        yield Check("discord voice", False, "no style is assigned to Discord", mend)


def _token() -> str:
    token = secret("DISCORD_TOKEN")
    if not token:
        raise SettingsError(
            "DISCORD_TOKEN is not set. Make an application at https://discord.com/developers/applications, "
            "then Bot > Reset Token, and put what it shows into the environment."
        )
    return token
