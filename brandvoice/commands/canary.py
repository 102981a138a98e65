"""What `voices canary` does: a candidate is put on trial, looked at, or taken off it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from brandvoice.commands.context import operator
from brandvoice.output import print_facts, say
from conversations.errors import VoiceRefused
from styles.register import Unit
from styles.voices import parse_reference

if TYPE_CHECKING:
    from brandvoice.canaries import Trial
    from brandvoice.workspace import Workspace


def start_canary(workspace: Workspace, reference: str, *, share: float, by: str, shadow: bool) -> None:
    units: tuple[Unit, ...] = get_args(Unit)
    unit = next((u for u in units if u == by), None)
    if unit is None:
        raise VoiceRefused(f'"{by}" cannot be drawn. Write --by {", --by ".join(units)}.')
    style, number = parse_reference(reference)
    _refuse_unfit(workspace, style, number)
    canary = workspace.voices.start_canary(style, number, share=share, by=unit, shadow=shadow, who=operator())
    say(f"{reference} is heard by {canary.share:.0%} ({canary.by}), beside {style}@{canary.against}.")
    if shadow:
        say("To everybody else it answers as a shadow: what it says is kept and shown to nobody.")
    settings = workspace.settings.style(style)
    if settings.promote == "auto":
        say("Votes decide: `brandvoice serve` and `brandvoice worker` promote it or take it back by themselves.")
    else:
        say(f'You decide: look with `brandvoice voices canary {style}` (promote = "auto" leaves it to the votes).')


def _refuse_unfit(workspace: Workspace, style: str, number: int) -> None:
    """People hear only what the gate let pass."""
    version = workspace.voices.version(style, number)
    verdict = version.manifest.scores.get("verdict", {})
    if not verdict.get("passed") and version.state not in {"previous", "retired"}:
        why = verdict.get("words") or "It has not been evaluated."
        raise VoiceRefused(f"The gate did not pass {version.reference}, so nobody is to hear it. {why}")


def end_canary(workspace: Workspace, reference: str) -> None:
    number = workspace.voices.end_canary(_style(reference), who=operator(), reason="ended by hand")
    say(f"{_style(reference)}@{number} is a candidate as before.")


def show_canary(workspace: Workspace, reference: str, *, as_json: bool) -> None:
    from brandvoice.canaries import look_at

    style = _style(reference)
    workspace.style(style)
    trial = look_at(workspace, style)
    if trial is None:
        raise VoiceRefused(f"No canary of {style} is heard. Begin one: brandvoice voices canary {style}@N --share 0.1")
    with workspace.open_store() as store:
        shadows = store.live.shadows(style, voice=trial.reference)
    print_facts({**_facts(trial), "shadow answers": len(shadows)}, as_json=as_json)


def _facts(trial: Trial) -> dict[str, Any]:
    standing = trial.standing
    return {
        "canary": trial.reference,
        "against": trial.against,
        "share": f"{trial.canary.share:.0%} by {trial.canary.by}",
        "since": f"{trial.began:%Y-%m-%d %H:%M}",
        "until": f"{trial.ends:%Y-%m-%d %H:%M}",
        "liked": f"{standing.candidate.up} of {standing.candidate.people} people",
        "liked before": f"{standing.current.up} of {standing.current.people} people",
        "evidence": {"better": standing.better, "worse": standing.worse, "below the floor": standing.below},
        "verdict": standing.action,
        "why": standing.why,
    }


def _style(reference: str) -> str:
    return parse_reference(reference)[0] if "@" in reference else reference
