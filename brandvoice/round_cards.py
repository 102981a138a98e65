"""Round cards: what people in chat are shown of a round, from its report, and what became of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bots.approvals import Card, Contrast, Outcome
from styles.voices import PROMPTED

if TYPE_CHECKING:
    from brandvoice.round_store import RoundStore
    from brandvoice.rounds import Round
    from brandvoice.workspace import Workspace
    from styles.voices import Decision

_log = getLogger(__name__)

CONTRASTS = 3
OURSELVES = frozenset({"round", "the canary"})  # who decides in the history when no person does
SPOKE_BEFORE = ("current", "prompted", "base")  # columns of a report: the first there is, is what people hear today
_MEASURES = (
    ("Style score", ("style", "mean"), "{:.2f}"),
    ("Joint score", ("joint", "mean"), "{:.2f}"),
    ("Perplexity", ("perplexity",), "{:,.1f}"),
    ("Likeness (chrF)", ("chrf",), "{:.2f}"),
    ("Words per reply", ("words",), "{:.1f}"),
    ("Verbatim replies", ("verbatim",), "{:.1%}"),
)


def card_id(round_id: str) -> str:
    """What stands for a round in buttons; tells nothing, and fits into every platform's ids."""
    return hashlib.sha256(round_id.encode()).hexdigest()[:20]


def make_card(workspace: Workspace, rounds: RoundStore, round_: Round) -> Card:
    """A round's card. What its report lacks, the card lacks too."""
    voice = f"{round_.style}@{round_.voice}"
    title = title_of(workspace, round_.style)
    folder = rounds.folder(round_.id)
    report = _report(folder / "report.json")
    became = outcome(workspace, round_)
    waits = " waits for your decision" if became.stage == "waiting" else ""
    return Card(
        id=card_id(round_.id),
        round=round_.id,
        voice=voice,
        title=f"{title}: {voice}{waits}",
        verdict=report.verdict or round_.reason,
        rows=tuple(report.rows()),
        before=report.before_title,
        contrasts=tuple(report.contrasts()),
        report=_shown(folder / "report.html", workspace.root),
        outcome=became,
    )


def outcome(workspace: Workspace, round_: Round) -> Outcome:
    """What became of a round, wherever that was decided."""
    if round_.state == "waiting":
        return Outcome("waiting", "")
    history = workspace.voices.history(round_.style)
    if round_.state == "promoted":
        return _spoke(round_, history)
    decisions = [d for d in history if (d.action, d.number) == ("reject", round_.voice)]
    if decisions:
        return Outcome("over", _line("Rejected", decisions[-1]))
    return Outcome("over", f"{round_.state.capitalize()} on {_when(round_.changed_at)}: {round_.reason.rstrip('.')}.")


def _spoke(round_: Round, history: Sequence[Decision]) -> Outcome:
    voice, style = f"{round_.style}@{round_.voice}", round_.style
    began, ended = _reign(int(round_.voice or PROMPTED), history)
    if began is None:
        return Outcome("over", f"Promoted on {_when(round_.changed_at)}: {round_.reason.rstrip('.')}.")
    approved = _line("Approved" if began.who not in OURSELVES else "Promoted without asking", began)
    if ended is None:
        return Outcome("speaking", f"{approved}\n{voice} speaks now.")
    if ended.action == "rollback":
        return Outcome("over", f"{approved}\n{_line('Rolled back', ended)} {style}@{ended.number} spoke again.")
    return Outcome("over", f"{approved}\n{style}@{ended.number} spoke next: {_line('promoted', ended)}")


def _reign(number: int, history: Sequence[Decision]) -> tuple[Decision | None, Decision | None]:
    """The decision that let a version speak the last time, and the one that ended that."""
    began: Decision | None = None
    ended: Decision | None = None
    for decision in history:
        if decision.action not in {"promote", "rollback"}:
            continue
        if decision.number == number:
            began, ended = (decision if began is None or decision.action == "promote" else began), None
        elif began is not None and ended is None:
            ended = decision
    return began, ended


def _line(did: str, decision: Decision) -> str:
    why = f": {decision.reason.rstrip('.')}" if decision.reason else ""
    by = f" by {decision.who}" if decision.who not in OURSELVES else ""
    return f"{did}{by} on {_when(datetime.fromisoformat(decision.at))}{why}."


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d at %H:%M} UTC"


def title_of(workspace: Workspace, style: str) -> str:
    """The name of a brand as people know it."""
    spec = workspace.styles.get(style)
    return spec.display if spec else style


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


@dataclass(frozen=True, slots=True)
class _Report:
    """What of a round's report.json goes onto a card; empty where there is no report."""

    verdict: str
    columns: dict[str, dict[str, Any]]
    answers: Sequence[dict[str, Any]]

    @property
    def before(self) -> str:
        return next((name for name in SPOKE_BEFORE if name in self.columns), "")

    @property
    def before_title(self) -> str:
        return str(self.columns.get(self.before, {}).get("title") or self.before)

    def rows(self) -> Iterator[tuple[str, str, str]]:
        before, tuned = self.columns.get(self.before), self.columns.get("tuned")
        if before is None or tuned is None:
            return
        for label, path, form in _MEASURES:
            values = [_value(column, path) for column in (before, tuned)]
            if None not in values:
                yield label, *(form.format(value) for value in values)  # type: ignore[misc]

    def contrasts(self) -> Iterator[Contrast]:
        """The first few that differ: chosen by their place in the holdout, so that nobody picked the nice ones."""
        shown = 0
        for answer in self.answers:
            before, after = answer["replies"].get(self.before), answer["replies"].get("tuned")
            if before is None or after is None or before == after:
                continue
            yield Contrast(str(answer["prompt"][-1][1]), str(before), str(after))
            shown += 1
            if shown == CONTRASTS:
                return


def _value(column: dict[str, Any], path: Sequence[str]) -> float | None:
    value: Any = column
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return float(value) if isinstance(value, int | float) else None


def _report(path: Path) -> _Report:
    if not path.is_file():
        return _Report("", {}, ())
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        evaluation = whole["evaluation"]
        columns = {column["name"]: column for column in evaluation["columns"]}
    except (ValueError, KeyError, TypeError) as error:
        _log.warning("%s is no report (%s); the card goes without", path, error)
        return _Report("", {}, ())
    told = [str(whole["verdict"].get("words") or ""), *whole["verdict"].get("advice", ())]
    return _Report("\n".join(told).strip(), columns, evaluation["answers"])
