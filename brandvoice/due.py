"""Whether a round is due: by the schedule, on the style's own clocks, or by what happened since the last one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from brandvoice.rounds import Origin, Round

if TYPE_CHECKING:
    from brandvoice.round_settings import RoundSettings

FRESH = timedelta(
    minutes=15
)  # a schedule that nobody looked at before is due for moments this near, not for older ones
MANY = 5_000  # moments of a schedule; after so many the machine was off for so long that only the newest days count


@dataclass(frozen=True, slots=True)
class Due:
    """A round is due, since `at`."""

    at: datetime
    origin: Origin
    reason: str


@dataclass(frozen=True, slots=True)
class Skip:
    """A moment at which a round would be due, were there anything to learn."""

    at: datetime
    origin: Origin
    reason: str
    quietly: bool = False


@dataclass(frozen=True, slots=True)
class NotDue:
    """Nothing to do now."""

    reason: str


class Evidence(Protocol):
    """What happened since the last round; asked for only where it matters."""

    def new_examples(self) -> int: ...

    def style_changed(self) -> bool: ...

    def score_fall(self) -> float | None:
        """By how much live replies keep fewer of the style's rules than before; None: it did not fall surely."""
        ...

    def satisfaction_fall(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of a style's rounds: the newest due moment, the newest round that ran."""

    last_due: datetime | None
    latest: Round | None


def decide(
    settings: RoundSettings, evidence: Evidence, *, past: Past, now: datetime, asked: bool = False
) -> Due | Skip | NotDue:
    """What to do about a style at a moment. `asked`: somebody asks now, so new examples count without a trigger.

    A schedule is due once for however long nobody looked.
    """
    latest = past.latest
    if latest and latest.is_open:
        return NotDue(f"{latest.id} is under way ({latest.state}).")
    if settings.schedule:
        found = _by_schedule(settings, evidence, past=past, now=now)
        if not isinstance(found, NotDue) or not settings.triggers:
            return found
    if settings.triggers or asked:
        return _by_triggers(settings, evidence, past=past, now=now)
    return NotDue("it has neither a schedule nor triggers.")


def _by_schedule(settings: RoundSettings, evidence: Evidence, *, past: Past, now: datetime) -> Due | Skip | NotDue:
    since = _known_since(past)
    moment = newest_moment(settings, after=since or now - FRESH, upto=now)
    upcoming = next_moment(settings, after=now)
    when = f"the schedule says {upcoming.astimezone(settings.zone):%Y-%m-%d %H:%M} {settings.timezone}."
    if moment is None:
        if since is None:
            return Skip(now, "schedule", f"Looked at for the first time; {when}", quietly=True)
        return NotDue(when)
    reasons = reasons_for(settings, evidence)
    if reasons:
        return Due(moment, "schedule", " ".join(reasons))
    return Skip(moment, "schedule", _nothing(settings, evidence))


def _by_triggers(settings: RoundSettings, evidence: Evidence, *, past: Past, now: datetime) -> Due | NotDue:
    since = _known_since(past)
    ready = since + timedelta(hours=settings.rest_hours) if since and settings.triggers else now
    if ready > now:
        return NotDue(f"it rests until {ready.astimezone(settings.zone):%Y-%m-%d %H:%M} (rest_hours).")
    reasons = reasons_for(settings, evidence, only=settings.triggers or ("examples",))
    if reasons:
        return Due(now, "trigger", " ".join(reasons))
    return NotDue(_nothing(settings, evidence))


def reasons_for(
    settings: RoundSettings,
    evidence: Evidence,
    *,
    only: tuple[str, ...] = ("examples", "style", "score", "satisfaction"),
) -> list[str]:
    """Everything that speaks for a round, in sentences."""
    reasons = []
    if "examples" in only and (new := evidence.new_examples()) >= settings.min_new_examples:
        reasons.append(f"{new} new examples.")
    if "style" in only and evidence.style_changed():
        reasons.append("The style's file changed since the last round.")
    if "score" in only and (fall := evidence.score_fall()) is not None and fall >= settings.fall:
        reasons.append(f"The style score of live replies fell by {fall:.2f}.")
    if "satisfaction" in only and (fall := evidence.satisfaction_fall()) is not None and fall >= settings.fall:
        reasons.append(f"Satisfaction fell by {fall:.2f}.")
    return reasons


def newest_moment(settings: RoundSettings, *, after: datetime, upto: datetime) -> datetime | None:
    """The last moment of the schedule in (after, upto], or None."""
    from cronsim import CronSim

    newest = None
    for count, moment in enumerate(CronSim(settings.schedule, after.astimezone(settings.zone))):
        if moment > upto:
            break
        newest = moment.astimezone(UTC)
        if count == MANY:
            return newest_moment(settings, after=upto - timedelta(days=2), upto=upto)
    return newest


def next_moment(settings: RoundSettings, *, after: datetime) -> datetime:
    """The first moment of the schedule after a given one, in UTC."""
    from cronsim import CronSim

    return next(CronSim(settings.schedule, after.astimezone(settings.zone))).astimezone(UTC)


def _known_since(past: Past) -> datetime | None:
    moments = [m for m in (past.last_due, past.latest and past.latest.started_at) if m]
    return max(moments, default=None)


def _nothing(settings: RoundSettings, evidence: Evidence) -> str:
    new = evidence.new_examples()
    return f"{new} new conversations since the last dataset, {settings.min_new_examples} are wanted (min_new_examples)."
