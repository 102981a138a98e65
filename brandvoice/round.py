"""One round, readable on one page: curate, train, evaluate, gate, promote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from brandvoice import curating, decisions, steps
from brandvoice.evidence import style_digest
from brandvoice.judging import judge
from brandvoice.output import say
from brandvoice.rounds import Round
from conversations.errors import TrainedElsewhere

if TYPE_CHECKING:
    from collections.abc import Mapping

    from brandvoice.canary_settings import CanarySection
    from brandvoice.plugins import Offers
    from brandvoice.round_store import RoundStore
    from brandvoice.workspace import Workspace

WHO = "round"


def go_on(workspace: Workspace, rounds: RoundStore, round_: Round, *, offers: Offers) -> Round:
    """Take a leased round from where it stands to its end; every finished step is kept and never done twice.

    Each step ends with a change that only the owner of the lease can make: whoever lost it stops with RoundLost.
    """
    steps_by_state = {"queued": _curate, "curated": _train, "trained": _evaluate, "evaluated": _conclude}
    while round_.is_open and round_.owner is not None:
        round_ = steps_by_state[round_.state](workspace, rounds, round_, offers=offers)
    return round_


def _curate(workspace: Workspace, rounds: RoundStore, round_: Round, *, offers: Offers) -> Round:
    dataset, _ = curating.curate_style(workspace, round_.style, offers=offers)
    examples = {"train": dataset.train_count, "dataset": dataset.manifest.hash}
    said = f"Dataset {dataset.manifest.hash[:12]} has {dataset.train_count} examples to learn from."
    options = {**round_.options, "style_digest": style_digest(workspace.style(round_.style))}
    changes: dict[str, Any] = {"state": "curated", "dataset": dataset.manifest.hash, "options": options}
    return rounds.advance(round_, message=said, facts=examples, **changes)


def _train(workspace: Workspace, rounds: RoundStore, round_: Round, *, offers: Offers) -> Round:
    def told(message: str, **facts: Any) -> None:
        rounds.tell(round_.id, "progress", message, **facts)

    try:
        voice = steps.train_voice(workspace, round_, offers=offers, folder=rounds.folder(round_.id), tell=told)
    except TrainedElsewhere as elsewhere:
        say(str(elsewhere))
        return rounds.release(round_, state="trained", until="trained", reason=str(elsewhere))
    said = f"{voice.reference} is trained."
    trained: dict[str, Any] = {"state": "trained", "voice": voice.manifest.number, "message": said}
    if round_.until == "trained":
        return rounds.release(round_, **trained)
    return rounds.advance(round_, **trained)


def _evaluate(workspace: Workspace, rounds: RoundStore, round_: Round, *, offers: Offers) -> Round:
    """Measure the voice; what was measured and the gate's verdict are kept with it."""
    folder = rounds.folder(round_.id)
    voice = workspace.voices.version(round_.style, int(round_.voice or 0))
    judged = judge(workspace, voice, offers=offers, folder=folder)
    for line in judged.lines():
        say(line)
    say(f"report: {folder / 'report.html'}")
    return rounds.advance(round_, state="evaluated", message=judged.verdict.words)


def _conclude(workspace: Workspace, rounds: RoundStore, round_: Round, *, offers: Offers) -> Round:
    """Promote, reject, or ask, as the gate and the style's settings have it."""
    registry = workspace.voices
    voice = registry.version(round_.style, int(round_.voice or 0))
    scores = dict(voice.manifest.scores)
    verdict = scores.get("verdict", {})
    facts = {"scores": scores, "report": str(rounds.folder(round_.id) / "report.html")}
    reason = verdict.get("words", "It was not measured.")
    if not verdict.get("passed"):
        if voice.state == "candidate":
            registry.reject(round_.style, voice.manifest.number, who=WHO, reason=reason)
        say(f"{voice.reference} is rejected.")
        return rounds.release(round_, state="rejected", reason=reason, facts=facts)
    settings = workspace.settings.style(round_.style)
    if settings.promote == "never":
        return _kept(rounds, round_, reason=reason, facts=facts)
    if settings.promote == "auto" and settings.is_quiet(rounds.now()) and round_.origin != "hand":
        later = settings.quiet_end(rounds.now())
        return rounds.release(round_, not_before=later, message="It passed, and is promoted after the quiet hours.")
    if settings.promote == "auto" and settings.canary.share > 0:
        return _on_trial(workspace, rounds, round_, settings=settings.canary, reason=reason, facts=facts)
    if settings.promote == "auto":
        registry.promote(round_.style, voice.manifest.number, who=WHO, reason=reason)
        say(f"{voice.reference} speaks now.")
        return decisions.promoted(workspace, rounds, round_, reason=reason, **facts)
    say(f"{voice.reference} passed the gate and waits for you: brandvoice voices promote {voice.reference}")
    decisions.supersede(rounds, round_)
    return rounds.release(round_, state="waiting", reason=reason, facts=facts)


def _kept(rounds: RoundStore, round_: Round, *, reason: str, facts: Mapping[str, Any]) -> Round:
    """End without asking anybody; the voice stays a candidate, which people may promote by hand."""
    reference = f"{round_.style}@{round_.voice}"
    words = f'{reason} Kept as a candidate, since promote = "never".'
    say(f"{reference} passed the gate and is kept as a candidate: brandvoice voices promote {reference}")
    return rounds.release(round_, state="trained", until="trained", reason=words, facts=facts)


def _on_trial(
    workspace: Workspace,
    rounds: RoundStore,
    round_: Round,
    *,
    settings: CanarySection,
    reason: str,
    facts: Mapping[str, Any],
) -> Round:
    """Let a share of people hear the voice; their votes decide about it later, or somebody does before."""
    registry, number = workspace.voices, int(round_.voice or 0)
    running = registry.canary(round_.style)
    if running and running.number != number:
        registry.end_canary(round_.style, who=WHO, reason=f"{round_.style}@{number} came after it")
    registry.start_canary(round_.style, number, share=settings.share, by=settings.by, shadow=settings.shadow, who=WHO)
    say(f"{round_.style}@{number} is heard by {settings.share:.0%}; their votes decide.")
    decisions.supersede(rounds, round_)
    words = f"{reason} {settings.share:.0%} of people hear it now, and their votes decide."
    return rounds.release(round_, state="waiting", reason=words, facts=facts)
