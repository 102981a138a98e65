"""Commands on sweeps: search for better numbers of a recipe, and what earlier searches found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from brandvoice.commands.context import workspace_of
from brandvoice.output import Json, complain, print_facts, print_json, print_rows, say

if TYPE_CHECKING:
    from brandvoice.workspace import Workspace
    from training.sft import Task
    from training.sweep import Trial

group = typer.Typer(help="Sweeps: list, show.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.command()(sweep)
    app.add_typer(group, name="sweeps")


def sweep(
    context: typer.Context,
    style: Annotated[str, typer.Argument(metavar="STYLE")],
    trials: Annotated[int, typer.Option(min=1, max=1000, help="How many trials at most.")] = 12,
    minutes: Annotated[float, typer.Option(min=0.1, help="How long at most, for all trials together.")] = 60.0,
    recipe: Annotated[str | None, typer.Option(help="The recipe to begin with (default: the style's own).")] = None,
    dataset: Annotated[str, typer.Option(help="A dataset version (default: the newest).")] = "latest",
    name: Annotated[str | None, typer.Option(help="What to call the winner's recipe (default: STYLE-swept).")] = None,
    as_json: Json = False,
) -> None:
    """Try learning rates, ranks and epochs on the holdout loss; the winner becomes a recipe. No voice is made.

    The same command again goes on with the same sweep: more trials, or more minutes.
    """
    from brandvoice.commands.recipes import to_toml
    from training.machine import find_machine
    from training.sweep import run_sweep

    workspace = workspace_of(context)
    task = _task(workspace, style, recipe=recipe, dataset=dataset)
    folder = _folder(workspace, style) / f"{task.data}-{task.recipe.name}"
    machine = find_machine(workspace.settings.model.device)
    found = run_sweep(task, machine, folder=folder, trials=trials, minutes=minutes, tell=_tell)
    if found.best is None:
        complain(found.words)
        raise typer.Exit(1)
    called = name or f"{style}-swept"
    target = workspace.recipes_folder / f"{called}.toml"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(
        to_toml(found.winner(called), source=f"a sweep over {len(found.trials)} trials"), encoding="utf-8"
    )
    if as_json:
        print_json({"recipe": called, "file": target, "words": found.words, "trials": found.trials})
        return
    say(found.words)
    say(f"{target} is written. Train with it: brandvoice train {style} --recipe {called}")


@group.command("list")
def list_sweeps(context: typer.Context, style: str | None = None, as_json: Json = False) -> None:
    """Every sweep, with its best trial."""
    workspace = workspace_of(context)
    rows = [
        {"style": path.parent.parent.name, "sweep": path.parent.name, **_short(path)}
        for path in sorted((workspace.data / "sweeps").glob(f"{style or '*'}/*/sweep.json"))
    ]
    print_rows(rows, as_json=as_json, empty="No sweeps yet. Begin one: brandvoice sweep STYLE")


@group.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="SWEEP")],
    as_json: Json = False,
) -> None:
    """The trials of one sweep, the winner explained."""
    from conversations.errors import NotFound

    found = [p for p in (workspace_of(context).data / "sweeps").glob("*/*/sweep.json") if p.parent.name == name]
    if not found:
        raise NotFound(f"There is no sweep {name}. See them with: brandvoice sweeps list")
    facts = json.loads(found[0].read_text(encoding="utf-8"))
    if as_json:
        print_facts(facts, as_json=True)
        return
    print_rows(facts["trials"], as_json=False, empty="No trials.")
    say(f"\n{facts['words']}")


def _task(workspace: Workspace, style: str, *, recipe: str | None, dataset: str) -> Task:
    from brandvoice.plugins import load_plugins
    from brandvoice.steps import find_recipe
    from styles.dataset import load_dataset
    from training.general import replay_talks
    from training.sft import Task

    workspace.style(style)
    numbers = find_recipe(workspace, recipe or workspace.settings.style(style).recipe, offers=load_plugins())
    version = load_dataset(workspace.data, style, dataset)
    parts = {part: [e.messages for e in version.examples(part)] for part in ("train", "holdout")}
    base = workspace.base_model()
    general = replay_talks(numbers.replay, base, brand=len(parts["train"]), seed=numbers.seed, folder=workspace.root)
    return Task(base, numbers, version.manifest.hash, parts["train"], parts["holdout"], replay=general)


def _folder(workspace: Workspace, style: str) -> Path:
    return workspace.data / "sweeps" / style


def _tell(trial: Trial) -> None:
    loss = f"holdout loss {trial.holdout_loss:.3f}" if trial.holdout_loss is not None else trial.reason
    numbers = f"learning rate x{trial.learning_rate_multiplier:.2f}, rank {trial.rank}, {trial.epochs} epochs"
    complain(f"  trial {trial.number} {trial.state}: {numbers}: {loss} ({trial.seconds:.0f} s)")


def _short(path: Path) -> dict[str, Any]:
    trials = json.loads(path.read_text(encoding="utf-8"))["trials"]
    ended = [t["holdout_loss"] for t in trials if t["state"] == "ended" and t["holdout_loss"] is not None]
    return {"trials": len(trials), "ended": len(ended), "lowest holdout loss": min(ended, default=None)}
