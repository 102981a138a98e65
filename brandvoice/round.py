"""One round, readable on one page: curate, train, evaluate, gate, promote."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from brandvoice import steps
from brandvoice.judging import judge
from brandvoice.output import say
from brandvoice.plugins import Offers, load_plugins
from brandvoice.rounds import FINISHED, Round, RoundStore
from conversations.errors import BrandvoiceError, RoundRefused
from styles.dataset import load_dataset

if TYPE_CHECKING:
    from brandvoice.workspace import Workspace

WHO = "round"


def start_round(
    workspace: Workspace,
    style: str,
    *,
    recipe: str | None,
    dataset: str | None,
    until: Literal["trained", "promoted"],
) -> Round:
    """Run a new round; refused while another one of the same style runs."""
    workspace.style(style)
    named = recipe or workspace.settings.style(style).recipe
    steps.find_recipe(workspace, named, offers=load_plugins())  # what cannot work is refused before anything starts
    workspace.base_model()
    rounds = RoundStore(workspace.rounds_folder)
    with rounds.lock(style):
        started = rounds.start(style, recipe=named, until=until)
        if dataset:
            version = load_dataset(workspace.data, style, dataset)
            started = rounds.advance(started, state="curated", dataset=version.manifest.hash)
        return _go_on(workspace, rounds, started)


def resume_round(workspace: Workspace, round_id: str | None) -> Round:
    """Go on with a round from its last finished step, and inside training from its newest checkpoint."""
    rounds = RoundStore(workspace.rounds_folder)
    found = rounds.load(round_id) if round_id else _latest_open(rounds)
    with rounds.lock(found.style):
        found = rounds.load(found.id)
        if found.state in FINISHED or _is_over(found):
            raise RoundRefused(f"{found.id} is over ({found.state}); there is nothing to resume.")
        return _go_on(workspace, rounds, found)


def cancel_round(workspace: Workspace, round_id: str) -> Round:
    """End a round for good. One that runs notices between its steps."""
    rounds = RoundStore(workspace.rounds_folder)
    found = rounds.load(round_id)
    if found.state in FINISHED or _is_over(found):
        raise RoundRefused(f"{found.id} is over ({found.state}) and cannot be cancelled.")
    return rounds.advance(found, state="cancelled", reason="cancelled by hand")


def _go_on(workspace: Workspace, rounds: RoundStore, round_: Round) -> Round:
    """Take a round from where it stands to its end; every finished step is kept and never done twice."""
    offers = load_plugins()
    folder = rounds.folder(round_.id)
    say(f"round {round_.id}")
    try:
        if round_.dataset is None:
            dataset, _ = steps.curate_style(workspace, round_.style, offers=offers)
            round_ = rounds.advance(round_, state="curated", dataset=dataset.manifest.hash)
        if round_.voice is None:
            voice = steps.train_voice(workspace, round_, offers=offers, folder=folder)
            round_ = _advance_unless_cancelled(rounds, round_, state="trained", voice=voice.manifest.number)
        if round_.until == "trained" or round_.state == "cancelled":
            return round_
        return _judge(workspace, rounds, round_, offers=offers, folder=folder)
    except BrandvoiceError as error:
        failed = rounds.advance(rounds.load(round_.id), state="failed", reason=str(error))
        if failed.voice is None and not (folder / "training" / "checkpoints").exists():
            rounds.advance(failed, dataset=None)  # nothing was trained yet: a resumed round curates what is there then
        raise type(error)(f"{error}\nGo on later with: brandvoice rounds resume {round_.id}") from error


def _judge(workspace: Workspace, rounds: RoundStore, round_: Round, *, offers: Offers, folder: Path) -> Round:
    """Evaluate, let the gate decide, and promote where the style's settings say so."""
    registry = workspace.voices
    voice = registry.version(round_.style, int(round_.voice or 0))
    judged = judge(workspace, voice, offers=offers, folder=folder)
    round_ = _advance_unless_cancelled(rounds, round_, state="evaluated")
    for line in judged.lines():
        say(line)
    say(f"report: {folder / 'report.html'}")
    reasons = judged.verdict.words
    promote = workspace.settings.style(round_.style).promote
    if round_.state == "cancelled":
        return round_
    if not judged.verdict.passed:
        registry.reject(round_.style, voice.manifest.number, who=WHO, reason=reasons)
        say(f"{voice.reference} is rejected.")
        return rounds.advance(round_, state="rejected", reason=reasons)
    if promote == "auto":
        registry.promote(round_.style, voice.manifest.number, who=WHO, reason=reasons)
        say(f"{voice.reference} speaks now.")
        return rounds.advance(round_, state="promoted", reason=reasons)
    say(f"{voice.reference} passed the gate and waits for you: brandvoice voices promote {voice.reference}")
    return rounds.advance(round_, state="waiting", reason=reasons)


def _advance_unless_cancelled(rounds: RoundStore, round_: Round, **changes: object) -> Round:
    if rounds.load(round_.id).state == "cancelled":
        changes["state"] = "cancelled"
    return rounds.advance(round_, **changes)


def _is_over(round_: Round) -> bool:
    return round_.until == "trained" and round_.state == "trained"


def _latest_open(rounds: RoundStore) -> Round:
    newest = {r.style: r for r in rounds.all()}  # an older one that failed is over once a newer one ran
    open_ = [r for r in newest.values() if r.state not in FINISHED and not _is_over(r)]
    if not open_:
        raise RoundRefused("No unfinished round. Start one: brandvoice round STYLE")
    return open_[-1]
