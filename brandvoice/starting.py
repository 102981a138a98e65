"""Rounds by hand: started, resumed and cancelled from this terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brandvoice import steps
from brandvoice.output import complain
from brandvoice.owners import this_process
from brandvoice.plugins import load_plugins
from brandvoice.rounds import Round, Until
from brandvoice.supervisor import run_here
from conversations.errors import RoundRefused
from styles.dataset import load_dataset

if TYPE_CHECKING:
    from brandvoice.round_store import RoundStore
    from brandvoice.workspace import Workspace


def start_round(workspace: Workspace, style: str, *, recipe: str | None, dataset: str | None, until: Until) -> Round:
    """Run a new round here and now; refused while another one of the same style runs."""
    workspace.style(style)
    named = recipe or workspace.settings.style(style).recipe
    steps.find_recipe(workspace, named, offers=load_plugins())  # what cannot work is refused before anything starts
    workspace.base_model()
    known = load_dataset(workspace.data, style, dataset).manifest.hash if dataset else None
    with workspace.open_rounds() as rounds:
        _refuse_a_second(rounds, style)
        queued = rounds.queue(style, recipe=named, until=until, dataset=known, paused=True)
        return _run(workspace, rounds, queued)


def resume_round(workspace: Workspace, round_id: str | None, *, who: str) -> Round:
    """Go on here with a round from its last finished step, and inside training from its newest checkpoint."""
    with workspace.open_rounds() as rounds:
        found = rounds.load(round_id) if round_id else _latest_open(rounds)
        _refuse_a_second(rounds, found.style)
        return _run(workspace, rounds, rounds.resume(found.id, who=who))


def _run(workspace: Workspace, rounds: RoundStore, round_: Round) -> Round:
    claimed = rounds.claim(this_process(), only=round_.id)
    if claimed is None:
        raise RoundRefused(_running(round_.style))
    complain(f"round {claimed.id}")
    return run_here(workspace, rounds, claimed)


def _refuse_a_second(rounds: RoundStore, style: str) -> None:
    if rounds.running(style):
        raise RoundRefused(_running(style))


def _running(style: str) -> str:
    return f"A round of {style} is running already. See it with: brandvoice rounds list {style}"


def _latest_open(rounds: RoundStore) -> Round:
    newest = {r.style: r for r in rounds.all() if r.state != "skipped"}  # an older one is over once a newer one ran
    open_ = [r for r in newest.values() if r.is_open or r.state == "failed"]
    if not open_:
        raise RoundRefused("No unfinished round. Start one: brandvoice round STYLE")
    return open_[-1]
