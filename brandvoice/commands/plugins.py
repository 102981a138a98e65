"""Commands on plugins: list, new, check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from brandvoice.output import Json, print_rows, say
from conversations.errors import PluginError

group = typer.Typer(
    help="Plugins: what is installed, a new one to start from, and whether one fits.", no_args_is_help=True
)


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="plugins")


@group.command("list")
def list_plugins(as_json: Json = False) -> None:
    """Every plugin and what is wrong with it, if anything is."""
    from brandvoice.plugins import load_plugins

    rows = [{"plugin": p.name, "from": p.origin, "state": p.fault or "ok"} for p in load_plugins().plugins]
    print_rows(rows, as_json=as_json, empty="No plugins.")


@group.command()
def new(name: str, folder: Annotated[Path | None, typer.Argument()] = None) -> None:
    """Write a plugin to start from, with its test."""
    from brandvoice.scaffold import create_plugin

    for path in create_plugin(folder or Path(f"brandvoice-{name}"), name):
        say(f"created {path}")


@group.command()
def check(name: str) -> None:
    """Load one plugin and say whether it fits."""
    from importlib.metadata import entry_points

    from brandvoice.plugins import GROUP, check_plugin

    found = [e for e in entry_points(group=GROUP) if e.name == name]
    if not found:
        raise PluginError(f'No installed package offers a plugin "{name}" in the entry point group "{GROUP}".')
    if fault := check_plugin(found[0]):
        raise PluginError(f'The plugin "{name}" {fault}.')
    say(f"{name} fits.")
