"""Commands on Discord: invite."""

from __future__ import annotations

from typing import Annotated

import typer

from brandvoice.commands.context import workspace_of
from brandvoice.output import print_json, say

group = typer.Typer(help="Discord: the link that lets the bot into a server.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="discord")


@group.callback()
def _only_a_group() -> None:
    """Discord: the link that lets the bot into a server."""


@group.command()
def invite(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the link by which an admin of a server lets the bot in, with the permissions that it needs."""
    from brandvoice.discord import discord_invitation

    link = discord_invitation(workspace_of(context))
    if as_json:
        print_json({"url": link, "permissions": _permissions()})
        return
    say(link)
    say(f"It asks for: {', '.join(_permissions())}.")


def _permissions() -> list[str]:
    from bots.discord.invitation import NEEDED, named

    return named(NEEDED)
