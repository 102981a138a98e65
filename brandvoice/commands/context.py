"""What a command works with: the workspace it was pointed at."""

from __future__ import annotations

import getpass
from pathlib import Path

import typer

from brandvoice.workspace import Workspace, find_workspace


def workspace_of(context: typer.Context) -> Workspace:
    """The workspace named by `--workspace`, or the nearest one upwards from here."""
    given: Path | None = context.obj
    return find_workspace(None, given=given)


def operator() -> str:
    """Who gives this command, for the audit: the name of the account."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "operator"
