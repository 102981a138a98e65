"""Commands on dataset versions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from brandvoice.commands.context import workspace_of
from brandvoice.output import Json, print_json, print_rows, say
from conversations.errors import NotFound

if TYPE_CHECKING:
    from brandvoice.workspace import Workspace
    from styles.dataset import DatasetVersion

group = typer.Typer(help="Dataset versions.", no_args_is_help=True)

StyleName = Annotated[str, typer.Argument(metavar="STYLE")]
Version = Annotated[str, typer.Argument(metavar="[HASH]", help="The hash, or its beginning.", show_default="latest")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="datasets")


@group.command("list")
def list_datasets(
    context: typer.Context, style: Annotated[str | None, typer.Argument()] = None, as_json: Json = False
) -> None:
    """Every dataset version, oldest first."""
    from styles.dataset import list_datasets as found

    workspace = workspace_of(context)
    names = [workspace.style(style).name] if style else sorted(workspace.styles)
    versions = [v for name in names for v in found(workspace.data, name)]
    rows: list[dict[str, Any]] = [
        {
            "dataset": v.reference,
            "train": v.train_count,
            "holdout": v.holdout_count,
            "made": v.manifest.created_at[:16],
            "state": "erased" if v.is_erased else "damaged" if v.is_damaged else None,
        }
        for v in versions
    ]
    print_rows(rows, as_json=as_json, empty="No datasets yet. Make one: brandvoice curate STYLE")


@group.command()
def show(context: typer.Context, style: StyleName, version: Version = "latest", as_json: Json = False) -> None:
    """The card of one dataset version."""
    found = _load(workspace_of(context), style, version)
    if as_json:
        print_json(found.manifest)
    else:
        if found.is_erased:
            say("Its rows are erased: somebody in them asked to be forgotten. This is what it was.\n")
        say(found.card())


@group.command()
def rows(
    context: typer.Context,
    style: StyleName,
    version: Version = "latest",
    part: Annotated[str, typer.Option(help="train, holdout or left-out.")] = "train",
    reason: Annotated[str, typer.Option(help="Of what was left out: for this reason.")] = "",
    step: Annotated[str, typer.Option(help="Left out by this step, or changed by it.")] = "",
    contains: Annotated[str, typer.Option(help="Only rows with these words.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
    as_json: Json = False,
) -> None:
    """Rows of a dataset version, kept or left out; always the same mixed sample where there are more."""
    from brandvoice.dataset_rows import rows_of

    found = _load(workspace_of(context), style, version)
    chosen, count = rows_of(found, part, reason=reason, step=step, contains=contains, limit=limit)
    print_rows(chosen, as_json=as_json, empty=f"No row of {found.reference} is like that.")
    if count > len(chosen) and not as_json:
        say(f"… {len(chosen)} of {count}. One with its story: brandvoice datasets explain {style} ROW")


@group.command()
def explain(
    context: typer.Context,
    style: StyleName,
    row: Annotated[
        str, typer.Argument(metavar="ROW", help="The id of a row or conversation, its beginning, or a place (file:12).")
    ],
    version: Version = "latest",
    as_json: Json = False,
) -> None:
    """The story of a row: where it comes from, what changed it, why it is in or out, what learned from it."""
    from brandvoice.story import explain as stories_of

    workspace = workspace_of(context)
    stories = stories_of(workspace, _load(workspace, style, version), row)
    if as_json:
        print_json(stories)
        return
    for number, story in enumerate(stories):
        say("\n".join([*[""][:number], *story.lines()]))


@group.command()
def diff(
    context: typer.Context,
    style: StyleName,
    before: Annotated[
        str | None, typer.Argument(help="The hash of a version, or its beginning (default: the parent of the newest).")
    ] = None,
    after: Annotated[str, typer.Argument(help="Another one.")] = "latest",
    as_json: Json = False,
) -> None:
    """What came in, went out or changed from one version to another, and why."""
    from brandvoice.story import why_gone
    from styles.dataset_diff import explain_diff

    workspace = workspace_of(context)
    newer = _load(workspace, style, after)
    older = before or newer.manifest.parent
    if older is None:
        raise NotFound(f"{newer.reference} is the first dataset of its style: there is nothing to compare it with.")
    with workspace.open_store() as store:
        explained = explain_diff(_load(workspace, style, older), newer, gone=why_gone(store))
    if as_json:
        print_json(explained)
        return
    for line in explained.lines():
        say(line)


@group.command()
def export(
    context: typer.Context,
    style: StyleName,
    target: Annotated[Path, typer.Argument(help="The file to write.")],
    version: Annotated[str, typer.Option(help="The hash, or its beginning.")] = "latest",
    part: Annotated[
        str, typer.Option(help="train, holdout, preferences or votes; the last two also with -holdout.")
    ] = "train",
    form: Annotated[
        str, typer.Option("--format", help="openai, sharegpt or trl; dpo for pairs, kto for votes.")
    ] = "openai",
    as_json: Json = False,
) -> None:
    """Write one part of a dataset version as JSON lines that other trainers read."""
    from brandvoice.steps import export_dataset

    workspace = workspace_of(context)
    _expect_style(workspace, style)
    count = export_dataset(workspace, style, version=version, part=part, target=target, form=form)
    if as_json:
        print_json({"file": target, "rows": count, "part": part, "format": form})
    else:
        say(f"wrote {count} rows to {target}")


def _load(workspace: Workspace, style: str, version: str) -> DatasetVersion:
    from styles.dataset import load_dataset

    _expect_style(workspace, style)
    return load_dataset(workspace.data, style, version)


def _expect_style(workspace: Workspace, style: str) -> None:
    """A style whose file is gone may still have datasets; one that has neither was misspelled."""
    if not (workspace.data / "datasets" / style).is_dir():
        workspace.style(style)
