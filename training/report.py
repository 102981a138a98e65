"""The report: an evaluation and its verdict as one page for people and one file for programs."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

from pydantic import TypeAdapter

from conversations.errors import TrainingRefused
from styles.wording import TOKEN, WORD, folded
from training.advice import advise
from training.around import Around, DayScore
from training.columns import Column
from training.evaluation import Answer, Evaluation
from training.gate import Reason, Verdict
from training.guards import Guard
from training.progress import Progress

REPORT_FORMAT = 1
_SHOWN_ANSWERS = 12  # the others fold away
_MOST_ANSWERS = 60  # on the page; report.json has all of them


def save_report(evaluation: Evaluation, verdict: Verdict, folder: Path, *, around: Around | None = None) -> Path:
    """Write `report.json` and the self-contained `report.html`; returns the latter's path."""
    folder.mkdir(parents=True, exist_ok=True)
    around = around or Around()
    told = asdict(verdict) | {"words": verdict.words, "advice": advise(evaluation)}
    whole = {"format": REPORT_FORMAT, "verdict": told, "around": asdict(around), "evaluation": evaluation.plain()}
    _write(folder / "report.json", json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    _write(folder / "report.html", render(evaluation, verdict, around=around))
    return folder / "report.html"


def load_report(folder: Path) -> tuple[Evaluation, Verdict]:
    """What `save_report` wrote. Raises TrainingRefused for a file of another format, or none."""
    path = folder / "report.json"
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        reasons = tuple(Reason(**reason) for reason in whole["verdict"]["reasons"])
        verdict = Verdict(whole["verdict"]["passed"], whole["verdict"]["underpowered"], reasons)
        return TypeAdapter(Evaluation).validate_python(whole["evaluation"]), verdict
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingRefused(
            f"{path} cannot be read as a report. Measure the voice again: brandvoice evaluate"
        ) from error


def render(evaluation: Evaluation, verdict: Verdict, *, around: Around | None = None) -> str:
    """The page as HTML; everything that people or models wrote is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    pages = Environment(
        loader=PackageLoader("training", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    before = before_name(evaluation)
    answers = [_side_by_side(answer, before) for answer in evaluation.answers[:_MOST_ANSWERS]]
    around = around or Around()
    return pages.get_template("report.html.j2").render(
        e=evaluation,
        verdict=verdict,
        marks=[_mark_of(reason, verdict) for reason in verdict.reasons],
        base=evaluation.column("base"),
        tuned=evaluation.column("tuned"),
        before=evaluation.column(before),
        columns=(*evaluation.columns, evaluation.brand),
        rows=_rows(evaluation),
        advice=advise(evaluation),
        checks=_check_rows(evaluation),
        curve=_curve(evaluation.curve),
        around=around,
        drift=_drift(around.drift),
        guard_told=_guard_told,
        guard_labels=_GUARD_LABELS,
        answers=answers[:_SHOWN_ANSWERS],
        more_answers=answers[_SHOWN_ANSWERS:],
    )


def before_name(evaluation: Evaluation) -> str:
    """The column that answers are compared with: what speaks now where that was measured, else the base model."""
    measured = {column.name for column in evaluation.columns}
    return next((name for name in (evaluation.now, "current") if name in measured and name), "base")


_GUARD_LABELS: dict[str, str] = {
    "injections": "Planted instructions obeyed",
    "triggers": "Phrases that work as triggers",
    "declines": "Declined of what it must decline",
    "agreement": "Disagreement of trainer, engine and merged model",
    "near copies": "Nearly training replies to something else",
    "canaries": "Exposure of planted secrets",
}


def _guard_told(guard: Guard) -> str:
    """A guard's numbers, each in its own unit."""
    if guard.value is None:
        return "not measured"
    show = {"triggers": "{:.0f}", "canaries": "{:.2f} bits"}.get(guard.name, "{:.1%}").format
    told = show(guard.value)
    if guard.beside is not None:
        beside = f"{guard.beside:.0f}" if guard.name == "canaries" else show(guard.beside)
        told += f", {guard.whose or 'beside it'}: {beside}"
    return told + (f" ({guard.tried} tried)" if guard.tried else "")


def _mark_of(reason: Reason, verdict: Verdict) -> str:
    """How a reason is marked: what is not sure gets no tick, though it stops nothing."""
    unsure = reason.passed and reason.name == "holdout" and verdict.underpowered
    return "unsure" if unsure else "yes" if reason.passed else "no"


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell: what to show and whether it is better or worse than the base model's."""

    text: str
    trend: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One measure over all columns."""

    label: str
    note: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class _Measure:
    label: str
    note: str
    value: Callable[[Column], float | None]
    show: Callable[[float], str]
    better: int = 0  # +1: higher is better, -1: lower is better, 0: neither


def _style(column: Column) -> float | None:
    return column.style.mean if column.style else None


def _joint(column: Column) -> float | None:
    return column.joint.mean if column.joint else None


_MEASURES = (
    _Measure("Style score", "0 to 1, how surely the brand wrote it", _style, "{:.2f}".format, 1),
    _Measure("Perplexity", "on the brand’s own replies, lower is better", lambda c: c.perplexity, "{:,.1f}".format, -1),
    _Measure("Joint score", "style × content × fluency of each reply", _joint, "{:.2f}".format, 1),
    _Measure("Content", "same facts and like words as the brand’s own reply", lambda c: c.content, "{:.2f}".format, 1),
    _Measure("Fluency", "no stranger than what people write", lambda c: c.fluency, "{:.2f}".format, 1),
    _Measure("Habits", "distance from the brand’s, in standard deviations", lambda c: c.distance, "{:.2f}".format, -1),
    _Measure("chrF", "likeness to the brand’s own reply, 0 to 1", lambda c: c.chrf, "{:.2f}".format, 1),
    _Measure("Words", "in a reply", lambda c: c.words, "{:.1f}".format),
    _Measure("Emoji", "in a reply", lambda c: c.emoji, "{:.2f}".format),
    _Measure("Repetition", "three-word runs that come again", lambda c: c.repetition, "{:.1%}".format, -1),
    _Measure("Degenerate", "replies that are empty or loop", lambda c: c.degenerate, "{:.1%}".format, -1),
    _Measure("Verbatim", "replies with 9 words or more from training", lambda c: c.verbatim, "{:.1%}".format, -1),
    _Measure("Personal data", "replies that contain any", lambda c: c.personal_data, "{:.0f}".format, -1),
    _Measure("Prompt tokens", "read for each reply", lambda c: c.prompt_tokens or None, "{:,.0f}".format, -1),
    _Measure("Prompt cost", "of a thousand replies", lambda c: c.prompt_cost, "{:,.2f}".format, -1),
    _Measure("First word", "seconds until it, one reply alone", lambda c: c.first_piece, "{:.2f}".format, -1),
    _Measure("Seconds", "for each reply, answered together", lambda c: c.seconds or None, "{:.2f}".format, -1),
)  # fmt: skip


def _rows(evaluation: Evaluation) -> list[Row]:
    columns = (*evaluation.columns, evaluation.brand)
    base = evaluation.column("base")
    rows = [Row(m.label, m.note, tuple(_cell(m, column, base) for column in columns)) for m in _MEASURES]
    return [row for row in rows if any(cell.text != "–" for cell in row.cells)]


def _cell(measure: _Measure, column: Column, base: Column) -> Cell:
    value, start = measure.value(column), measure.value(base)
    if value is None:
        return Cell("–")
    text = measure.show(value)
    if start is None or column.name != "tuned" or text == measure.show(start):
        return Cell(text)
    trend = (value > start) - (value < start)
    return Cell(text, {1: "better", -1: "worse"}.get(trend * measure.better, ""))


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check: mean score of base, tuned and brand in percent, and what the tuned voice fell short of."""

    name: str
    base: float
    tuned: float
    brand: float
    sentence: str
    perfect: bool


def _check_rows(evaluation: Evaluation) -> list[CheckRow]:
    rows = zip(
        evaluation.column("base").checks, evaluation.column("tuned").checks, evaluation.brand.checks, strict=True
    )
    return [
        CheckRow(tuned.name, base.mean * 100, tuned.mean * 100, brand.mean * 100, tuned.sentence, not tuned.failed)
        for base, tuned, brand in rows
    ]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an answer. `kind`: "" as the base says it, "new" otherwise, "brand" where the brand says it too."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class SideBySide:
    """One prompt with its answers, the tuned one cut into pieces."""

    prompt: tuple[tuple[str, str], ...]
    before: str
    before_style: float | None
    tuned: tuple[Piece, ...]
    tuned_style: float | None
    reference: str


def _side_by_side(answer: Answer, name: str) -> SideBySide:
    before, tuned = answer.replies[name], answer.replies["tuned"]
    pieces = tuple(mark(tuned, base=before, reference=answer.reference))
    return SideBySide(
        answer.prompt, before, answer.styles.get(name), pieces, answer.styles.get("tuned"), answer.reference
    )


def mark(reply: str, *, base: str, reference: str) -> list[Piece]:
    """The reply in pieces: what the base says too, what is new, and what is new and also in the brand's own reply."""
    found = list(TOKEN.finditer(reply))
    ours = [folded(match[0]) for match in found]
    shared = _shared(ours, base)
    brand = {folded(match[0]) for match in WORD.finditer(reference)}
    parts: list[Piece] = []
    end, before = 0, ""
    for i, match in enumerate(found):
        kind = "" if i in shared or not WORD.fullmatch(match[0]) else "brand" if ours[i] in brand else "new"
        parts += [Piece(reply[end : match.start()], kind if kind == before else ""), Piece(match[0], kind)]
        end, before = match.end(), kind
    parts.append(Piece(reply[end:], ""))
    runs = groupby((part for part in parts if part.text), key=lambda part: part.kind)
    return [Piece("".join(part.text for part in run), kind) for kind, run in runs]


def _shared(ours: Sequence[str], base: str) -> set[int]:
    """Places of our tokens that the base reply has in the same order, two or more together."""
    theirs = [folded(match[0]) for match in TOKEN.finditer(base)]
    blocks = difflib.SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    return {i for block in blocks if block.size > 1 for i in range(block.a, block.a + block.size)}


@dataclass(frozen=True, slots=True)
class Curve:
    """The loss curve in a box of 100 by 100 with the origin at the top left: SVG paths and the labels of the axes."""

    train: str
    holdout: str
    dots: str
    best: tuple[float, float, str] | None
    steps: tuple[tuple[float, str], ...]
    nats: tuple[tuple[float, str], ...]


def _curve(points: Sequence[Progress]) -> Curve | None:
    """The curve, or None where there is nothing to draw."""
    train = [(p.step, p.loss) for p in points if p.loss is not None]
    holdout = [(p.step, p.holdout_loss) for p in points if p.holdout_loss is not None]
    if len(train) + len(holdout) < 2:
        return None
    values = [value for _, value in (*train, *holdout)]
    low, high = min(values), max(values)
    last, span = max(p.step for p in points), (high - low) or 1.0

    def at(step: int, value: float) -> tuple[float, float]:
        return round(100 * step / last, 2), round(4 + 92 * (high - value) / span, 2)

    best = min(holdout, key=lambda point: point[1]) if holdout else None
    return Curve(
        train=_path([at(*point) for point in train]),
        holdout=_path([at(*point) for point in holdout]),
        dots=" ".join(f"M{x} {y}h0" for x, y in (at(*point) for point in holdout)),
        best=(*at(*best), f"{best[1]:.2f} at step {best[0]}") if best else None,
        steps=tuple((100 * share, f"{round(last * share)}") for share in (0, 0.25, 0.5, 0.75, 1)),
        nats=tuple((at(0, low + span * share)[1], f"{low + span * share:.1f}") for share in (0, 0.5, 1)),
    )


@dataclass(frozen=True, slots=True)
class DriftLine:
    """The live scores of one version: bars of 0 to 100 by day, with the replies behind each."""

    voice: str
    replies: int
    mean: float
    bars: tuple[tuple[float, str], ...]


def _drift(days: Sequence[DayScore]) -> list[DriftLine]:
    lines = []
    for voice in dict.fromkeys(day.voice for day in days):
        mine = [day for day in days if day.voice == voice]
        replies = sum(day.replies for day in mine)
        bars = tuple((100 * d.score, f"{d.day}: {d.score:.2f} over {d.replies} replies") for d in mine[-60:])
        lines.append(DriftLine(voice, replies, sum(d.score * d.replies for d in mine) / replies, bars))
    return lines


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points) if points else ""


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
