"""Live scores: each reply that people got, tried on the style's rules, and how the scores drift."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import fmean
from typing import TYPE_CHECKING

from conversations.live_replies import LiveReplies, LiveScore
from styles.checks import PASSED, Check, style_checks

if TYPE_CHECKING:
    from styles.style import Style

BARS = "▁▂▃▄▅▆▇█"
RECENT = timedelta(days=90)  # older replies are not scored any more


@dataclass(frozen=True, slots=True)
class Scored:
    """A reply on the style's rules: the mean over all checks, and the score of each that it fell short of."""

    score: float
    findings: Mapping[str, float]


class LiveScorer:
    """Scores replies on the cheap checks of each style; makes the checks once."""

    def __init__(
        self,
        styles: Mapping[str, Style],
        extra: Sequence[Check] = (),
        *,
        own: Mapping[str, Sequence[Check]] | None = None,
    ) -> None:
        """`extra` checks are for every style, those of `own` for the style that they are named under."""
        own = own or {}
        self._checks = {name: (*style_checks(style), *own.get(name, ()), *extra) for name, style in styles.items()}

    def score(self, style: str, reply: str) -> Scored | None:
        """The score of a reply; None where the style has nothing to check."""
        checks = self._checks.get(style, ())
        if not checks:
            return None
        found = {check.name: check(reply).score for check in checks}
        return Scored(fmean(found.values()), {name: score for name, score in found.items() if score < PASSED})

    def keep(self, live: LiveReplies, style: str, *, reply: str, content: str) -> bool:
        """Score one reply and keep that."""
        scored = self.score(style, content)
        return scored is not None and live.score(reply, style=style, score=scored.score, findings=scored.findings)

    def catch_up(self, live: LiveReplies, style: str, *, now: datetime) -> int:
        """Score what was said while nobody scored, or by a process that died; how many replies."""
        if not self._checks.get(style):
            return 0
        count = 0
        while found := live.unscored(style, since=now - RECENT):
            kept = sum(self.keep(live, style, reply=one.reply, content=one.content) for one in found)
            count += kept
            if not kept:
                break
        return count


@dataclass(frozen=True, slots=True)
class Day:
    """The replies of one voice on one day."""

    day: date
    voice: str
    replies: int
    score: float
    worst: str  # the check that they fell short of the most, in words; empty where all is as it should be


def by_day(scores: Iterable[LiveScore]) -> list[Day]:
    """Scores by day (UTC) and voice, oldest first."""
    groups: dict[tuple[date, str], list[LiveScore]] = {}
    for score in scores:
        groups.setdefault((score.at.date(), score.voice), []).append(score)
    return [_day(*key, group) for key, group in sorted(groups.items())]


def _day(day: date, voice: str, scores: Sequence[LiveScore]) -> Day:
    lost: dict[str, float] = {}
    for score in scores:
        for name, value in score.findings.items():
            lost[name] = lost.get(name, 0.0) + 1 - value
    worst = max(lost, key=lambda name: lost[name], default="")
    short = sum(worst in score.findings for score in scores) if worst else 0
    told = f"{worst}: {short} of {len(scores)} replies" if worst else ""
    return Day(day, voice, len(scores), fmean(s.score for s in scores), told)


def sparkline(values: Sequence[float], *, low: float | None = None, high: float | None = None) -> str:
    """Values as bars of text, between the lowest and the highest of them unless told otherwise."""
    if not values:
        return ""
    bottom = min(values) if low is None else low
    span = (max(values) if high is None else high) - bottom
    if span <= 0:
        return BARS[-1] * len(values)
    steps = len(BARS) - 1
    return "".join(BARS[round(max(0.0, min(1.0, (v - bottom) / span)) * steps)] for v in values)
