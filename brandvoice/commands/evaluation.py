"""The command that measures a voice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from brandvoice.commands.context import workspace_of
from brandvoice.output import Json, print_json, say

if TYPE_CHECKING:
    from training.baselines import ColumnName


def add_to(app: typer.Typer) -> None:
    app.command()(evaluate)


def evaluate(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="STYLE@VERSION")],
    columns: Annotated[
        str,
        typer.Option(
            help="Measure only these beside it, with commas: base,prompted,few-shot,retrieval,current,endpoint."
        ),
    ] = "",
    audit: Annotated[bool, typer.Option("--audit", help="Also train a twin with planted secrets.")] = False,
    as_json: Json = False,
) -> None:
    """Measure a version against the base model and its rivals; writes report.html and report.json."""
    from brandvoice.judging import judge
    from brandvoice.plugins import load_plugins
    from styles.voices import parse_reference

    workspace = workspace_of(context)
    style, number = parse_reference(reference)
    version = workspace.voices.version(style, number)
    folder = workspace.rounds_folder / (version.manifest.round or f"evaluation-{style}-{number}")
    chosen = _columns(columns, endpoint=bool(workspace.settings.model.compare_endpoint))
    judged = judge(workspace, version, offers=load_plugins(), folder=folder, columns=chosen, audit=audit)
    if as_json:
        print_json({"verdict": judged.verdict, "evaluation": judged.evaluation.plain()})
        return
    for line in judged.lines():
        say(line)
    say(f"report: {folder / 'report.html'}")


def _columns(named: str, *, endpoint: bool) -> tuple[ColumnName, ...]:
    """The columns that were named, or all that there are."""
    from training.baselines import COLUMNS

    if not named:
        return tuple(name for name in COLUMNS if name != "endpoint" or endpoint)
    asked = [name.strip() for name in named.split(",")]
    if unknown := [name for name in asked if name not in COLUMNS]:
        raise typer.BadParameter(f"{', '.join(unknown)}: columns are {', '.join(COLUMNS)}", param_hint="--columns")
    return tuple(name for name in COLUMNS if name in {"base", *asked})
