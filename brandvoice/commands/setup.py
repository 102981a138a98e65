"""Commands that set things up: init, demo, doctor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from brandvoice.output import Json, complain, print_json, say


def add_to(app: typer.Typer) -> None:
    app.command()(init)
    app.command()(demo)
    app.command()(doctor)


def init(folder: Annotated[Path, typer.Argument(metavar="[DIR]")] = Path()) -> None:
    """Make a workspace: brandvoice.toml, styles/, data/."""
    from brandvoice.initial import create_workspace

    created = create_workspace(folder)
    for path in created:
        say(f"created {path}")
    say("\nNext: describe a brand with `brandvoice styles new NAME`, or watch the whole loop with `brandvoice demo`.")


def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where the demo's workspace goes.")] = Path("demo"),
    style: Annotated[str, typer.Option(help="Which of the two bundled brands to train: harbor or volt.")] = "harbor",
    quick: Annotated[bool, typer.Option("--quick", help="One tiny epoch: only to see that everything works.")] = False,
) -> None:
    """The whole loop once, offline, on bundled conversations and the starter model."""
    from brandvoice.demo import run_demo

    run_demo(folder, style=style, quick=quick)


def doctor(context: typer.Context, as_json: Json = False) -> None:
    """What is installed, configured and reachable, and how to mend what is not."""
    from brandvoice.doctor import examine

    findings = examine(context.obj)
    if as_json:
        print_json(findings)
    else:
        marks = {"ok": "✓", "off": "–", "fault": "✗"}
        for finding in findings:
            say(f"{marks[finding.state]} {finding.subject}: {finding.detail}")
            if finding.mend:
                say(f"    {finding.mend}")
    faults = sum(f.state == "fault" for f in findings)
    if faults:
        complain(f"{faults} thing{'s' if faults > 1 else ''} to mend.")
        raise typer.Exit(1)
