"""Judging a voice: evaluated with the serving engine, decided by the gate, reported, and its scores kept with it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brandvoice.builtin import make_engine
from brandvoice.output import complain
from brandvoice.plugins import Offers
from conversations.messages import Message
from conversations.privacy import find_private
from styles.dataset import load_dataset
from training.advice import advise
from training.evaluation import Evaluation, EvaluationTask, Speak, evaluate, gate_scores
from training.gate import Limits, Verdict, decide
from training.general import guard_talks
from training.machine import find_machine
from training.report import save_report

if TYPE_CHECKING:
    from bots.engine import Engine
    from brandvoice.settings import StyleSection
    from brandvoice.workspace import Workspace
    from styles.voices import VoiceVersion

AT_ONCE = 16  # replies that an evaluation asks the engine for at the same time
REPLY_TOKENS = 120


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was measured and what the gate made of it."""

    evaluation: Evaluation
    verdict: Verdict

    def lines(self) -> list[str]:
        """A table base → tuned and the verdict, for the terminal."""
        base, tuned = self.evaluation.column("base"), self.evaluation.column("tuned")
        rows = [
            ("perplexity of the brand's replies", base.perplexity, tuned.perplexity),
            ("style score", base.style.mean if base.style else None, tuned.style.mean if tuned.style else None),
            ("likeness to the brand's reply (chrF)", base.chrf, tuned.chrf),
            ("words per reply", base.words, tuned.words),
            ("emoji per reply", base.emoji, tuned.emoji),
            ("replies that repeat training lines", base.verbatim, tuned.verbatim),
        ]
        width = max(len(name) for name, *_ in rows)
        lines = [f"{'':<{width}}  {'base':>8}  {'tuned':>8}   on {self.evaluation.holdout_prompts} unseen prompts"]
        lines += [f"{name:<{width}}  {_number(b):>8}  {_number(t):>8}" for name, b, t in rows]
        return [*lines, self.verdict.words, *advise(self.evaluation)]


def judge(workspace: Workspace, voice: VoiceVersion, *, offers: Offers, folder: Path) -> Judgement:
    """Evaluate a voice on its dataset's holdout, write the report to `folder` and the scores into its manifest."""
    style = voice.manifest.style
    dataset = load_dataset(workspace.data, style, voice.manifest.dataset)
    holdout = dataset.examples("holdout")
    current = workspace.voices.current(style)
    with asyncio.Runner() as runner:
        engine = make_engine(workspace, dict(offers.table("engines")))
        try:
            task = EvaluationTask(
                style=workspace.style(style),
                base=workspace.base_model(),
                voice=voice,
                train=[e.messages for e in dataset.examples("train")],
                holdout=[e.messages for e in holdout],
                clusters=[e.conversation_id for e in holdout],
                speak=_speaker(engine, runner),
                machine=find_machine(workspace.settings.model.device),
                columns=("base", "prompted", "current", "tuned"),
                current=current,
                personal_data=_personal_data,
                extra_checks=offers.list("checks"),
                general=guard_talks(),
                curve=folder / "training" / "curve.jsonl",
                watch=lambda text: complain(f"  {text}"),
            )
            evaluation = evaluate(task)
        finally:
            runner.run(engine.close())
    verdict = decide(gate_scores(evaluation), limits_of(workspace.settings.style(style)))
    folder.mkdir(parents=True, exist_ok=True)
    save_report(evaluation, verdict, folder)
    workspace.voices.save_scores(voice, _scores(evaluation, verdict))
    return Judgement(evaluation, verdict)


def limits_of(settings: StyleSection) -> Limits:
    """The gate's limits as the style's settings have them; a small holdout may decide only where somebody says so."""
    return Limits(
        min_prompts=settings.min_holdout,
        allow_underpowered=settings.promote != "auto",
        max_general_rise=settings.max_general_rise,
        need_general=True,
    )


def _speaker(engine: Engine, runner: asyncio.Runner) -> Speak:
    """Replies from the very engine that serves, so that what is measured is what is served."""
    from bots.engine import Request, Sampling, reply_text

    async def replies(prompts: Sequence[Sequence[Message]], voice: VoiceVersion | None) -> list[str]:
        places = asyncio.Semaphore(AT_ONCE)

        async def reply(prompt: Sequence[Message]) -> str:
            async with places:
                return await reply_text(engine, Request(tuple(prompt), voice, Sampling(max_tokens=REPLY_TOKENS)))

        return await asyncio.gather(*map(reply, prompts))

    return lambda prompts, voice: runner.run(replies(prompts, voice))


def _personal_data(text: str) -> list[str]:
    """Each private value as its kind and a hash: two addresses are told apart, and none is kept."""
    return [f"{f.kind} {sha256(text[f.start : f.end].encode()).hexdigest()[:8]}" for f in find_private(text)]


def _scores(evaluation: Evaluation, verdict: Verdict) -> dict[str, Any]:
    base, tuned = evaluation.column("base"), evaluation.column("tuned")
    return {
        "style_score": tuned.style.mean if tuned.style else None,
        "style_score_base": base.style.mean if base.style else None,
        "perplexity": tuned.perplexity,
        "perplexity_base": base.perplexity,
        "chrf": tuned.chrf,
        "verbatim": tuned.verbatim,
        "holdout_prompts": evaluation.holdout_prompts,
        "verdict": {"passed": verdict.passed, "underpowered": verdict.underpowered, "words": verdict.words},
    }


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
