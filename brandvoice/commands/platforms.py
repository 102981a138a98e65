"""Commands that let people talk to a voice: chat and serve."""

from __future__ import annotations

from typing import Annotated

import typer

from brandvoice.commands.context import workspace_of


def add_to(app: typer.Typer) -> None:
    app.command()(chat)
    app.command()(serve)


def chat(
    context: typer.Context,
    style: Annotated[str, typer.Argument(metavar="STYLE")],
    voice: Annotated[
        str | None, typer.Option(metavar="STYLE@VERSION", help="Another version than the current one.")
    ] = None,
) -> None:
    """Talk in the terminal: streamed answers, /good /bad /better /submit."""
    from brandvoice.serving import chat_in_terminal

    chat_in_terminal(workspace_of(context), style, reference=voice)


def serve(
    context: typer.Context,
    slack: Annotated[bool, typer.Option("--slack")] = False,
    discord: Annotated[bool, typer.Option("--discord")] = False,
    http: Annotated[bool, typer.Option("--http")] = False,
    rounds: Annotated[bool, typer.Option("--rounds")] = False,
) -> None:
    """Run what is configured, or only what is named."""
    from brandvoice.serving import serve_platforms

    chosen = {"slack": slack, "discord": discord, "http": http, "rounds": rounds}
    serve_platforms(workspace_of(context), only=tuple(name for name, on in chosen.items() if on))
