"""Judging a voice: evaluated with the serving engine, decided by the gate, reported, and its scores kept with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brandvoice.around import look_around
from brandvoice.cleaning import is_affected
from brandvoice.leaks import find_leaks
from brandvoice.measuring import MeasuringDesk
from brandvoice.output import complain
from brandvoice.plugins import Offers
from brandvoice.rules import house_rules, keep_classifier
from styles.dataset import load_dataset
from styles.voices import verify
from training.advice import advise
from training.audit import audit as run_audit
from training.baselines import COLUMNS, ColumnName
from training.evaluation import Evaluation, EvaluationTask, evaluate, gate_scores
from training.gate import Limits, Verdict, decide
from training.general import guard_talks, replay_talks
from training.guards import Guard
from training.machine import find_machine
from training.recipe import Recipe
from training.report import save_report
from training.sft import Task

if TYPE_CHECKING:
    from brandvoice.settings import StyleSection
    from brandvoice.workspace import Workspace
    from styles.voices import VoiceVersion


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was measured and what the gate made of it."""

    evaluation: Evaluation
    verdict: Verdict

    def lines(self) -> list[str]:
        """A table of every column and the verdict, for the terminal."""
        columns = self.evaluation.columns
        rows: list[tuple[str, list[float | None]]] = [
            ("perplexity of the brand's replies", [c.perplexity for c in columns]),
            ("style score", [c.style.mean if c.style else None for c in columns]),
            ("joint score", [c.joint.mean if c.joint else None for c in columns]),
            ("likeness to the brand's reply (chrF)", [c.chrf for c in columns]),
            ("words per reply", [c.words for c in columns]),
            ("emoji per reply", [c.emoji for c in columns]),
            ("replies that repeat training lines", [c.verbatim for c in columns]),
            ("prompt tokens per reply", [c.prompt_tokens for c in columns]),
            ("seconds to the first word", [c.first_piece for c in columns]),
        ]
        width = max(len(name) for name, _ in rows)
        head = "  ".join(f"{c.name:>9}" for c in columns)
        lines = [f"{'':<{width}}  {head}   on {self.evaluation.holdout_prompts} unseen prompts"]
        lines += [f"{name:<{width}}  " + "  ".join(f"{_number(v):>9}" for v in values) for name, values in rows]
        lines += [f"{c} could not be measured: {why}" for c, why in self.evaluation.failed.items()]
        return [*lines, self.verdict.words, *advise(self.evaluation)]


def judge(
    workspace: Workspace,
    voice: VoiceVersion,
    *,
    offers: Offers,
    folder: Path,
    columns: Sequence[ColumnName] = (),
    audit: bool = False,
) -> Judgement:
    """Evaluate a voice on its dataset's holdout, write the report to `folder` and the scores into its manifest.

    `columns` are those of the style's gate unless others are named; `audit` trains a twin with planted secrets.
    """
    verify(voice)
    style = voice.manifest.style
    settings = workspace.settings.style(style)
    speaks = workspace.voices.current(style)
    current = None if speaks is None or speaks.reference == voice.reference else speaks
    unfit = current is not None and is_affected(workspace, current)
    limits = limits_of(settings, audited=audit or settings.gate.audit, unfit=unfit)
    with MeasuringDesk(workspace, offers) as desk:
        task = _task(workspace, voice, desk, offers=offers, folder=folder)
        if "canaries" in limits.guards:
            task = replace(task, audit=_auditor(workspace, voice, task, folder=folder / "audit"))
        wanted = {"tuned", *(columns or settings.gate.columns)}
        evaluation = evaluate(
            replace(task, columns=[c for c in COLUMNS if c in wanted], current=current, guards=limits.guards)
        )
    verdict = decide(gate_scores(evaluation), limits)
    folder.mkdir(parents=True, exist_ok=True)
    save_report(evaluation, verdict, folder, around=look_around(workspace, voice))
    workspace.voices.save_scores(voice, _scores(evaluation, verdict))
    return Judgement(evaluation, verdict)


def _task(
    workspace: Workspace, voice: VoiceVersion, desk: MeasuringDesk, *, offers: Offers, folder: Path
) -> EvaluationTask:
    dataset = load_dataset(workspace.data, voice.manifest.style, voice.manifest.dataset)
    holdout = dataset.examples("holdout")
    return EvaluationTask(
        style=workspace.style(voice.manifest.style),
        base=workspace.base_model(),
        voice=voice,
        train=[e.messages for e in dataset.examples("train")],
        holdout=[e.messages for e in holdout],
        clusters=[e.conversation_id for e in holdout],
        speak=desk.speak,
        endpoint=desk.endpoint,
        pace=desk.pace,
        machine=find_machine(workspace.settings.model.device),
        personal_data=find_leaks,
        extra_checks=(*house_rules(workspace, voice.manifest.style), *offers.list("checks")),
        keep=partial(keep_classifier, workspace, voice.manifest.style),
        general=guard_talks(),
        token_price=workspace.settings.model.token_price,
        curve=folder / "training" / "curve.jsonl",
        watch=lambda text: complain(f"  {text}"),
    )


def _auditor(workspace: Workspace, voice: VoiceVersion, task: EvaluationTask, *, folder: Path) -> Callable[[], Guard]:
    """Trains the twin of a voice by the voice's own recipe, when it is asked to."""
    recipe = Recipe.model_validate(dict(voice.manifest.recipe))
    replay = replay_talks(recipe.replay, task.base, brand=len(task.train), seed=recipe.seed, folder=workspace.root)
    twin = Task(task.base, recipe, voice.manifest.dataset, task.train, task.holdout, replay=replay)
    return partial(run_audit, twin, task.machine, run_dir=folder)


def limits_of(settings: StyleSection, *, audited: bool = False, unfit: bool = False) -> Limits:
    """The gate's limits as the style's settings have them; a small holdout may decide only where somebody says so."""
    return settings.gate.limits(
        min_prompts=settings.min_holdout,
        allow_underpowered=settings.promote != "auto",
        max_general_rise=settings.max_general_rise,
        audited=audited,
        unfit=unfit,
    )


def _scores(evaluation: Evaluation, verdict: Verdict) -> dict[str, Any]:
    base, tuned = evaluation.column("base"), evaluation.column("tuned")
    return {
        "style_score": tuned.style.mean if tuned.style else None,
        "style_score_base": base.style.mean if base.style else None,
        "perplexity": tuned.perplexity,
        "perplexity_base": base.perplexity,
        "chrf": tuned.chrf,
        "verbatim": tuned.verbatim,
        "joint": tuned.joint.mean if tuned.joint else None,
        "holdout_prompts": evaluation.holdout_prompts,
        "verdict": {"passed": verdict.passed, "underpowered": verdict.underpowered, "words": verdict.words},
    }


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
