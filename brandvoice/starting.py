"""Rounds by hand: started, resumed and cancelled from this terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brandvoice import steps
from brandvoice.output import complain
from brandvoice.owners import this_process
from brandvoice.plugins import load_plugins
from brandvoice.preflight import fly
from brandvoice.rounds import Round, Until
from brandvoice.supervisor import run_here
from brandvoice.worker import find_due, note_due
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


def start_due_round(workspace: Workspace, style: str, *, recipe: str | None) -> Round | str:
    """Run a round here if one is due; else why not. Decided as a worker does, and never twice for one moment."""
    offers = load_plugins()
    with workspace.open_rounds() as rounds:
        found = find_due(workspace, rounds, style, now=rounds.now(), asked=True)
        noted = note_due(workspace, rounds, style, found=found, offers=offers, recipe=recipe)
        if noted is None or noted.state == "skipped":
            return noted.reason if noted else found.reason
        return _run(workspace, rounds, noted)


def queue_round(workspace: Workspace, style: str, *, recipe: str | None, who: str, until: Until = "promoted") -> Round:
    """Leave a round for the next free worker. Raises RoundRefused with what cannot work."""
    workspace.style(style)
    named = recipe or workspace.settings.style(style).recipe
    with workspace.open_rounds() as rounds:
        flight = fly(workspace, rounds, style, recipe=named, offers=load_plugins())
        if flight.refusals:
            raise RoundRefused(" ".join(flight.refusals))
        options = {"preflight": flight.facts()}
        return rounds.queue(
            style, recipe=named, until=until, origin="api", asked_by=who, options=options, reason=flight.words
        )


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
