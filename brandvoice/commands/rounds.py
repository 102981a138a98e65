"""Commands on rounds: train, one whole round, and what became of the earlier ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from brandvoice.commands.context import operator, workspace_of
from brandvoice.output import Json, print_json, print_rows, say

if TYPE_CHECKING:
    from brandvoice.rounds import Round

group = typer.Typer(help="Rounds: list, show, pause, resume, cancel.", no_args_is_help=True)

StyleName = Annotated[str, typer.Argument(metavar="STYLE")]
Recipe = Annotated[str | None, typer.Option(help="The recipe (default: the style's own).")]


def add_to(app: typer.Typer) -> None:
    app.command()(train)
    app.command("round")(round_)
    app.command()(worker)
    app.add_typer(group, name="rounds")


def train(
    context: typer.Context,
    style: StyleName,
    recipe: Recipe = None,
    dataset: Annotated[str | None, typer.Option(help="A dataset version (default: curate a new one).")] = None,
    as_json: Json = False,
) -> None:
    """A candidate voice version, not evaluated and not promoted."""
    from brandvoice.starting import start_round

    finished = start_round(workspace_of(context), style, recipe=recipe, dataset=dataset, until="trained")
    if as_json:
        print_json(finished)
    else:
        say(
            f"{finished.style}@{finished.voice} is trained. Next: brandvoice evaluate {finished.style}@{finished.voice}"
        )


def round_(
    context: typer.Context,
    style: StyleName,
    recipe: Recipe = None,
    if_due: Annotated[
        bool, typer.Option("--if-due", help="Only when the schedule or new examples ask for it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Curate, train, evaluate, gate, promote."""
    from brandvoice.starting import start_due_round, start_round

    workspace = workspace_of(context)
    workspace.style(style)
    if if_due:
        finished = start_due_round(workspace, style, recipe=recipe)
        if isinstance(finished, str):
            if as_json:
                print_json({"style": style, "state": "skipped", "reason": finished})
            else:
                say(f"No round of {style} is due: {finished}")
            return
    else:
        finished = start_round(workspace, style, recipe=recipe, dataset=None, until="promoted")
    if as_json:
        print_json(finished)


def worker(
    context: typer.Context,
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="End when nothing is due and nothing waits to run (for cron jobs).")
    ] = False,
    embedded: Annotated[bool, typer.Option("--embedded", hidden=True)] = False,
) -> None:
    """Run rounds by themselves: when they are due, or when somebody queued them. Any number may work at once."""
    from brandvoice.logs import set_up_logs
    from brandvoice.plugins import load_plugins
    from brandvoice.worker import run_worker

    set_up_logs()
    run_worker(workspace_of(context), offers=load_plugins(), until_idle=until_idle, embedded=embedded)


@group.command()
def queue(
    context: typer.Context,
    style: StyleName,
    recipe: Recipe = None,
    as_json: Json = False,
) -> None:
    """Leave a round for the next free worker; says before what it will take, and refuses what cannot work."""
    from brandvoice.starting import queue_round

    queued = queue_round(workspace_of(context), style, recipe=recipe, who=operator())
    if as_json:
        print_json(queued)
    else:
        say(f"{queued.id} is queued. {queued.reason}")


@group.command("list")
def list_rounds(
    context: typer.Context, style: Annotated[str | None, typer.Argument()] = None, as_json: Json = False
) -> None:
    """Every round and where it stands."""
    with workspace_of(context).open_rounds() as store:
        rounds = store.all(style)
    rows = [
        {
            "round": r.id,
            "state": _state(r),
            "dataset": r.dataset and r.dataset[:12],
            "voice": r.voice and f"{r.style}@{r.voice}",
            "started": f"{r.started_at:%Y-%m-%dT%H:%M}",
            "reason": r.reason,
        }
        for r in rounds
    ]
    print_rows(rows, as_json=as_json, empty="No rounds yet. Start one: brandvoice round STYLE")


@group.command()
def show(
    context: typer.Context, round_id: Annotated[str, typer.Argument(metavar="ROUND")], as_json: Json = False
) -> None:
    """One round: its steps, its reason, and where its report is."""
    from dataclasses import asdict

    from brandvoice.output import print_facts

    with workspace_of(context).open_rounds() as store:
        found = store.load(round_id)
        events = [{"at": e.at, "kind": e.kind, "message": e.message} for e in store.events(round_id)]
        facts = {**asdict(found), "folder": str(store.folder(found.id))}
    if as_json:
        print_facts({**facts, "events": events}, as_json=True)
        return
    print_facts(facts, as_json=False)
    for event in events:
        say(f"{event['at']:%Y-%m-%d %H:%M:%S}  {event['kind']:<9}  {event['message']}")


@group.command()
def resume(
    context: typer.Context,
    round_id: Annotated[
        str | None, typer.Argument(metavar="[ROUND]", help="Default: the latest unfinished one.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Go on with a round where it stopped: from the last finished step or checkpoint."""
    from brandvoice.starting import resume_round

    finished = resume_round(workspace_of(context), round_id, who=operator())
    if as_json:
        print_json(finished)


@group.command()
def cancel(context: typer.Context, round_id: Annotated[str, typer.Argument(metavar="ROUND")]) -> None:
    """Stop a round for good; what runs in it is stopped within seconds."""
    with workspace_of(context).open_rounds() as store:
        cancelled = store.cancel(round_id, who=operator())
    say(f"{cancelled.id} is cancelled.")


@group.command()
def pause(context: typer.Context, round_id: Annotated[str, typer.Argument(metavar="ROUND")]) -> None:
    """Stop a round at its next checkpoint until it is resumed."""
    with workspace_of(context).open_rounds() as store:
        paused = store.pause(round_id, who=operator())
    say(f"{paused.id} is paused. Go on with: brandvoice rounds resume {paused.id}")


def _state(round_: Round) -> str:
    return f"{round_.state}, paused" if round_.paused and round_.is_open else round_.state
