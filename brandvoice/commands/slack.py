"""Commands on Slack: manifest, key."""

from __future__ import annotations

from typing import Annotated

import typer

from brandvoice.commands.context import workspace_of
from brandvoice.output import print_json, say
from conversations.errors import SettingsError

group = typer.Typer(help="Slack: the manifest of the app, and a key for its tokens.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="slack")


@group.command()
def manifest(
    context: typer.Context,
    style: Annotated[str | None, typer.Argument(metavar="STYLE", help="Whose name and prompts the app gets.")] = None,
    name: Annotated[str | None, typer.Option(help="Another name for the app.")] = None,
    url: Annotated[str | None, typer.Option(help='For [slack] mode = "http": the public https address.')] = None,
) -> None:
    """Print the manifest to paste at https://api.slack.com/apps > Create New App > From a manifest."""
    from bots.slack.manifest import manifest as make

    workspace = workspace_of(context)
    if style is None and workspace.styles:
        style = next(iter(workspace.styles))
    if style is None:
        raise SettingsError("There is no style yet, and the app needs a name: brandvoice styles new NAME")
    spoken = workspace.style(style)
    print_json(make(name or spoken.display, spoken.about, prompts=spoken.example_prompts, url=url))


@group.command()
def key() -> None:
    """Print a new key for BRANDVOICE_STORE_KEY, which encrypts the tokens of workspaces."""
    from cryptography.fernet import Fernet

    say(Fernet.generate_key().decode())
