"""Commands on styles and their curation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from brandvoice.commands.context import workspace_of
from brandvoice.output import Json, print_json, print_rows, say

if TYPE_CHECKING:
    from styles.curation import Curated
    from styles.style import Style

styles = typer.Typer(help="Style specs, and the measured profile of a style.", no_args_is_help=True)

StyleName = Annotated[str, typer.Argument(metavar="STYLE")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(styles, name="styles")
    app.command()(curate)


@styles.command("list")
def list_styles(context: typer.Context, as_json: Json = False) -> None:
    """Every style of the workspace."""
    workspace = workspace_of(context)
    rows = []
    for style in workspace.styles.values():
        current = workspace.voices.current(style.name)
        rows.append(
            {"style": style.name, "title": style.display, "voice": current.reference if current else f"{style.name}@0"}
        )
    print_rows(rows, as_json=as_json, empty="No styles yet. Write one: brandvoice styles new NAME")


@styles.command()
def show(context: typer.Context, name: StyleName, as_json: Json = False) -> None:
    """One style, and the guide that a base model without a voice is given."""
    from styles.style import guide

    style = workspace_of(context).style(name)
    if as_json:
        print_json({**style.model_dump(), "guide": guide(style)})
    else:
        say(guide(style))


@styles.command()
def drift(
    context: typer.Context,
    name: StyleName,
    days: Annotated[int, typer.Option(min=1, help="How far back.")] = 30,
    as_json: Json = False,
) -> None:
    """How well live replies keep the rules of a style, day by day and version by version."""
    from brandvoice.commands.trials import drift_of

    drift_of(workspace_of(context), name, days=days, as_json=as_json)


@styles.command()
def new(context: typer.Context, name: StyleName) -> None:
    """Write a style file to fill in."""
    from brandvoice.initial import create_style
    from conversations.errors import SettingsError
    from styles.style import STYLE_NAME

    if not STYLE_NAME.fullmatch(name):
        raise SettingsError(f'"{name}" cannot be a style\'s name: use up to 40 lower-case letters, digits and hyphens.')
    path = create_style(workspace_of(context).styles_folder, name)
    say(f"created {path}\nFill it in, then: brandvoice import LOGS --style {name} --basis own-content")


@styles.command()
def profile(context: typer.Context, name: StyleName, as_json: Json = False) -> None:
    """How the brand really writes: lengths, emoji, openings, closings, favourite words."""
    from dataclasses import asdict

    from brandvoice.plugins import load_plugins
    from brandvoice.profiling import profile_style

    measured = profile_style(workspace_of(context), name, offers=load_plugins())
    if as_json:
        print_json({**asdict(measured.profile), "from_dataset": measured.replies, "from_imports": measured.alone})
        return
    say(f"{measured.basis}\n")
    for line in measured.profile.lines():
        say(line)


def curate(context: typer.Context, name: StyleName, as_json: Json = False) -> None:
    """Make a new dataset version; says what was kept and dropped, and why."""
    from brandvoice.curating import curate_style
    from brandvoice.display import CountDisplay
    from brandvoice.plugins import load_plugins
    from styles.cautions import cautions

    workspace = workspace_of(context)
    with CountDisplay("conversations") as display:
        version, curated = curate_style(
            workspace,
            name,
            offers=load_plugins(),
            tell=lambda stage: display.show(stage.title, stage.done, stage.total),
        )
    warnings = [*_unfilled(workspace.style(name)), *cautions(version.manifest)]
    if as_json:
        print_json({"dataset": version.manifest, "steps": version.manifest.steps, "cautions": warnings})
        return
    print_rows(
        [step for step in version.manifest.steps if _did(step)], as_json=False, empty="No step had to do a thing."
    )
    if idle := [str(step["step"]) for step in version.manifest.steps if not _did(step)]:
        say(f"nothing to do for: {', '.join(idle)}")
    say(f"\ndataset {version.reference}: {version.train_count} to train on, {version.holdout_count} held out")
    if curated.quarantined:
        say(f"{len(curated.quarantined)} are held back until you have seen them: brandvoice quarantine list {name}")
    for line in (*_told_alarms(curated), *warnings):
        say(line)
    say(f"{version.path}")


def _unfilled(style: Style) -> list[str]:
    from brandvoice.initial import ASKED

    if ASKED not in style.about:
        return []
    said = (
        f"styles/{style.name}.toml is not filled in. Write its title and about, and curate again: the brand's own name "
        "is hidden like a person's where an account bears it and the title does not."
    )
    return [said]


def _did(step: Mapping[str, Any]) -> bool:
    return bool(step["changed"] or step["dropped"] or step["quarantined"])


def _told_alarms(curated: Curated) -> list[str]:
    count = len(curated.alarms)
    return (
        [f"{count} with keys or passwords: replace those, for they stand in your logs. See: brandvoice privacy alarms"]
        if count
        else []
    )
