"""Canaries: what people think of a candidate on trial, and what follows from it by itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from logging import getLogger
from typing import TYPE_CHECKING, Any, Literal

from brandvoice import decisions
from brandvoice.news import Newsroom
from conversations.errors import BrandvoiceError, RoundRefused
from conversations.messages import Feedback
from styles.sequential import Arm, Limits, Standing, judge_canary
from styles.voices import Canary

if TYPE_CHECKING:
    from brandvoice.canary_settings import CanarySection
    from brandvoice.round_store import RoundStore
    from brandvoice.workspace import Workspace

WHO = "the canary"
UNSAFE = "unsafe"  # the reason of a thumb down that counts by itself

_log = getLogger(__name__)

Outcome = Literal["promoted", "taken back", "ended", "waits"]


@dataclass(frozen=True, slots=True)
class Trial:
    """A canary of a style, as the votes have it so far. `over` once its time is up."""

    style: str
    canary: Canary
    standing: Standing
    began: datetime
    ends: datetime

    @property
    def reference(self) -> str:
        return f"{self.style}@{self.canary.number}"

    @property
    def against(self) -> str:
        return f"{self.style}@{self.canary.against}"


def look_at(workspace: Workspace, style: str) -> Trial | None:
    """How the canary of a style stands; None where none is heard."""
    canary = workspace.voices.canary(style)
    if canary is None:
        return None
    settings, began = workspace.settings.style(style).canary, datetime.fromisoformat(canary.since)
    with workspace.open_store() as store:
        given = [f for f in store.feedback(style) if f.given_at and f.given_at >= began]
    ours, theirs = f"{style}@{canary.number}", f"{style}@{canary.against}"
    candidate, current = arms(given, candidate=ours, current=theirs)
    unsafe = len({f.person for f in given if f.voice == ours and (f.reason or "").lower() == UNSAFE})
    standing = judge_canary(candidate, current, unsafe=unsafe, limits=limits_of(settings))
    return Trial(style, canary, standing, began, began + timedelta(days=settings.days))


def arms(given: Sequence[Feedback], *, candidate: str, current: str) -> tuple[Arm, Arm]:
    """What people thought of two voices, each person once: by their first vote.

    Somebody's further votes are alike, and would make chance look like evidence.
    """
    first: dict[str, Feedback] = {}
    for vote in given:
        if vote.thumb and vote.voice in (candidate, current):
            first.setdefault(vote.person, vote)
    return _arm(first.values(), candidate), _arm(first.values(), current)


def _arm(votes: Collection[Feedback], voice: str) -> Arm:
    thumbs = [vote.thumb for vote in votes if vote.voice == voice]
    return Arm(thumbs.count("up"), thumbs.count("down"))


def limits_of(settings: CanarySection) -> Limits:
    return Limits(
        alpha=settings.alpha,
        margin=settings.margin,
        floor=settings.floor,
        min_people=settings.min_people,
        max_unsafe=settings.max_unsafe,
    )


def check_canaries(workspace: Workspace, rounds: RoundStore) -> dict[str, Outcome]:
    """Act on every canary that is decided, where the style's settings leave that to us; else tell people."""
    done: dict[str, Outcome] = {}
    for style in workspace.voices.styles():
        try:
            trial = look_at(workspace, style)
            if trial is not None:
                done[style] = _act(workspace, rounds, trial)
        except BrandvoiceError as error:  # one broken style leaves the others alone
            _log.warning("%s: %s", style, error)
    return done


def _act(workspace: Workspace, rounds: RoundStore, trial: Trial) -> Outcome:
    settings, now = workspace.settings.style(trial.style), rounds.now()
    action, why = trial.standing.action, trial.standing.why
    if action == "wait" and now < trial.ends:
        return "waits"
    if action == "wait":
        reason = f"{settings.canary.days:g} days are over, and {why}"
        workspace.voices.end_canary(trial.style, who=WHO, reason=reason)
        _publish(rounds, trial, "ended", reason)
        return "ended"
    if settings.promote != "auto":
        _publish(rounds, trial, "advice", f"The votes say: {action}. {_sentence(why)}")
        return "waits"
    if action == "promote" and settings.is_quiet(now):
        return "waits"
    outcome: Outcome = "promoted" if action == "promote" else "taken back"
    if not _by_round(workspace, rounds, trial):  # whose news says it all
        _by_hand(workspace, trial)
        _publish(rounds, trial, outcome.replace(" ", "_"), _sentence(why))
    _log.info("%s is %s: %s", trial.reference, outcome, why)
    return outcome


def _by_round(workspace: Workspace, rounds: RoundStore, trial: Trial) -> bool:
    """Decide the round that made the voice, so that its history says why; False where none waits for it."""
    made_by = workspace.voices.version(trial.style, trial.canary.number).manifest.round
    verdict: Literal["approve", "reject"] = "approve" if trial.standing.action == "promote" else "reject"
    waiting = [r for r in rounds.waiting(trial.style) if r.id == made_by]
    if not waiting:
        return False
    try:
        decisions.decide(workspace, rounds, waiting[0].id, who=WHO, verdict=verdict, reason=trial.standing.why)
    except RoundRefused as error:
        if verdict == "approve":
            raise
        _log.info("%s: %s", trial.reference, error)
        return False
    return True


def _by_hand(workspace: Workspace, trial: Trial) -> None:
    registry, why = workspace.voices, trial.standing.why
    if trial.standing.action == "promote":
        registry.promote(trial.style, trial.canary.number, who=WHO, reason=why)
    else:
        registry.reject(trial.style, trial.canary.number, who=WHO, reason=why)


def _publish(rounds: RoundStore, trial: Trial, what: str, message: str) -> None:
    facts: dict[str, Any] = {
        "style": trial.style,
        "voice": trial.canary.number,
        "against": trial.canary.against,
        "message": f"{trial.reference} was heard by some, beside {trial.against}. {message}",
        "candidate": {"up": trial.standing.candidate.up, "down": trial.standing.candidate.down},
        "current": {"up": trial.standing.current.up, "down": trial.standing.current.down},
    }
    key = f"canary.{what}:{trial.reference}:{trial.canary.since}"
    Newsroom(rounds.database, now=rounds.now).publish(f"canary.{what}", key=key, style=trial.style, facts=facts)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
