"""The command that measures a voice."""

from __future__ import annotations

from typing import Annotated

import typer

from brandvoice.commands.context import workspace_of
from brandvoice.output import Json, print_json, say


def add_to(app: typer.Typer) -> None:
    app.command()(evaluate)


def evaluate(
    context: typer.Context, reference: Annotated[str, typer.Argument(metavar="STYLE@VERSION")], as_json: Json = False
) -> None:
    """Measure a version against the base model and its rivals; writes report.html and report.json."""
    from brandvoice.judging import judge
    from brandvoice.plugins import load_plugins
    from styles.voices import parse_reference

    workspace = workspace_of(context)
    style, number = parse_reference(reference)
    version = workspace.voices.version(style, number)
    folder = workspace.rounds_folder / (version.manifest.round or f"evaluation-{style}-{number}")
    judged = judge(workspace, version, offers=load_plugins(), folder=folder)
    if as_json:
        print_json({"verdict": judged.verdict, "evaluation": judged.evaluation.plain()})
        return
    for line in judged.lines():
        say(line)
    say(f"report: {folder / 'report.html'}")
