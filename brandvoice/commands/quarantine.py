"""Commands on what curation holds back until a reviewer has seen it."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from brandvoice.commands.context import operator, workspace_of
from brandvoice.output import Json, print_json, print_rows, say

QuarantineState = Literal["quarantined", "released", "rejected"]

quarantine = typer.Typer(help="What curation holds back until somebody has looked at it.", no_args_is_help=True)

StyleName = Annotated[str, typer.Argument(metavar="STYLE")]
Row = Annotated[str, typer.Argument(metavar="ROW", help="The id, or its beginning.")]
Note = Annotated[str, typer.Option(help="Why.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(quarantine, name="quarantine")


@quarantine.command("list")
def list_rows(
    context: typer.Context,
    style: StyleName,
    state: Annotated[QuarantineState, typer.Option(help="Only those in this state.")] = "quarantined",
    as_json: Json = False,
) -> None:
    """Rows that wait, each with its reason and the first line of evidence."""
    workspace = workspace_of(context)
    with workspace.open_store() as store:
        rows = store.quarantine.listed(style, state)
    if not rows:
        workspace.style(style)
    if as_json:
        print_json(rows)
        return
    short = [
        {"row": r.id[:24], "reason": r.reason, "place": r.place, "evidence": (r.evidence or [r.sentence])[0][:70]}
        for r in rows
    ]
    print_rows(short, as_json=False, empty=f"Nothing of {style} is {state}.")


@quarantine.command()
def show(context: typer.Context, style: StyleName, row: Row, as_json: Json = False) -> None:
    """One row: why it is held back, the evidence, and what was said."""
    with workspace_of(context).open_store() as store:
        found = store.quarantine.one(style, row)
        known = {s.id: s.messages for s in store.submissions(style=style) if s.id == found.conversation_id}
        messages = known.get(found.conversation_id) or store.conversation(found.conversation_id).messages
    if as_json:
        print_json(found)
        return
    say(f"{found.id}  {found.state}  {found.reason} ({found.step})  {found.place}\n{found.sentence}")
    for line in found.evidence:
        say(f"  evidence: {line}")
    for message in messages:
        say(f"{message.role}: {message.content}")


@quarantine.command()
def release(context: typer.Context, style: StyleName, row: Row, note: Note = "") -> None:
    """Let the next curation learn from it, as it is now."""
    with workspace_of(context).open_store() as store:
        found = store.quarantine.one(style, row)
        store.reviews.release(found, "approve", reviewer=operator(), reason=note)
    say(f"{found.id} is released; the next curation takes it in: brandvoice curate {style}")


@quarantine.command()
def reject(context: typer.Context, style: StyleName, row: Row, note: Note = "") -> None:
    """Keep it out for good."""
    with workspace_of(context).open_store() as store:
        found = store.quarantine.one(style, row)
        store.reviews.release(found, "reject", reviewer=operator(), reason=note)
    say(f"{found.id} is rejected.")
