"""Evaluation: a voice measured on the holdout, beside the base model and what else it has to beat."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from conversations.errors import TrainingRefused
from conversations.messages import Message
from styles.base_model import BaseModel, load_tokenizer
from styles.checks import Check, style_checks
from styles.classifier import Sample, StyleClassifier, fit_classifier
from styles.rendering import Rendered, Renderer
from styles.style import Style
from styles.voices import VoiceVersion
from training.baselines import Baselines, Case, ColumnName, make_cases
from training.bootstrap import Interval, gain
from training.columns import Column, FindPersonalData, Measures, Replies, banned_share
from training.gate import Scores
from training.likelihood import Likelihood, mean_loss
from training.overlap import TrainingLines
from training.plan import Machine
from training.progress import Progress, load_curve

Speak = Callable[[Sequence[Sequence[Message]], VoiceVersion | None], list[str]]

_CLASSIFIER_PROMPTS = 150  # base replies to train prompts that the classifier is fitted on; more gains little


@dataclass(frozen=True, slots=True)
class EvaluationTask:
    """What to measure. `speak` answers prompts as a voice (None: the base model) the way it would be served.

    `clusters` names the conversation, customer or duplicate cluster of each holdout conversation; those of one
    cluster are not independent. `personal_data` lists what it finds in a text; without it the gate says no.
    """

    style: Style
    base: BaseModel
    voice: VoiceVersion
    train: Sequence[Sequence[Message]]
    holdout: Sequence[Sequence[Message]]
    speak: Speak
    machine: Machine
    columns: Sequence[ColumnName] = ("base", "tuned")
    current: VoiceVersion | None = None
    clusters: Sequence[str] | None = None
    personal_data: FindPersonalData | None = None
    extra_checks: Sequence[Check] = ()
    curve: Path | None = None
    shots: int = 4
    seed: int = 0
    watch: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more of a measure the tuned voice has than another column, on the same prompts."""

    measure: str
    than: str
    gain: Interval


@dataclass(frozen=True, slots=True)
class Answer:
    """One holdout prompt with everybody's answer and its style score."""

    prompt: tuple[tuple[str, str], ...]
    reference: str
    replies: Mapping[str, str]
    styles: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ClassifierFacts:
    """How far the style score can be trusted."""

    auc: float
    holdout_auc: float | None
    may_gate: bool
    samples: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that was measured of a voice, as plain data; `brand` is the brand's own replies as a column."""

    style: str
    title: str
    voice: str
    base: str
    dataset: str
    train_examples: int
    holdout_prompts: int
    holdout_clusters: int
    columns: tuple[Column, ...]
    brand: Column
    differences: tuple[Difference, ...]
    classifier: ClassifierFacts | None
    answers: tuple[Answer, ...]
    curve: tuple[Progress, ...]
    notes: tuple[str, ...]
    seconds: float

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def difference(self, measure: str, *, than: str) -> Interval | None:
        """The gain of the tuned voice over a column, or None if it was not measured."""
        return next((d.gain for d in self.differences if (d.measure, d.than) == (measure, than)), None)

    def plain(self) -> dict[str, Any]:
        """The evaluation as JSON types."""
        return asdict(self)


def evaluate(task: EvaluationTask) -> Evaluation:
    """Answer the holdout prompts in every column and measure the answers."""
    began = time.monotonic()
    cases = make_cases(task.holdout, clusters=task.clusters)
    if not cases:
        raise TrainingRefused(
            f"The holdout of {task.style.name} has no conversation that the brand answers, so nothing can be measured. "
            "Import more conversations and curate again."
        )
    train = make_cases(task.train)
    replies = _Speaking(task, cases, Baselines(task.style, train, shots=task.shots)).columns()
    classifier, notes = _classifier(task, train, cases, base=replies["base"].texts)
    measures = _measures(task, cases, classifier)
    columns = tuple(measures.column(name, said) for name, said in replies.items())
    return Evaluation(
        style=task.style.name,
        title=task.style.display,
        voice=task.voice.reference,
        base=task.base.name,
        dataset=task.voice.manifest.dataset,
        train_examples=len(task.train),
        holdout_prompts=len(cases),
        holdout_clusters=len({case.cluster for case in cases}),
        columns=columns,
        brand=measures.column("brand", Replies([case.reference for case in cases])),
        differences=tuple(_differences(columns, cases, seed=task.seed)),
        classifier=_facts(classifier),
        answers=tuple(_answers(cases, replies, columns)),
        curve=tuple(load_curve(task.curve)) if task.curve else (),
        notes=tuple(notes),
        seconds=time.monotonic() - began,
    )


def gate_scores(evaluation: Evaluation) -> Scores:
    """The numbers of an evaluation that decide about a promotion."""
    base, tuned, facts = evaluation.column("base"), evaluation.column("tuned"), evaluation.classifier
    risen = evaluation.difference("style", than="base")
    return Scores(
        holdout_prompts=evaluation.holdout_prompts,
        perplexity_base=base.perplexity,
        perplexity_tuned=tuned.perplexity,
        style_base=base.style.mean if base.style else None,
        style_tuned=tuned.style.mean if tuned.style else None,
        style_gain_low=risen.low if risen else None,
        style_auc=min(facts.auc, facts.auc if facts.holdout_auc is None else facts.holdout_auc) if facts else None,
        banned_base=banned_share(base),
        banned_tuned=banned_share(tuned),
        degenerate=tuned.degenerate,
        verbatim=tuned.verbatim,
        personal_data=tuned.personal_data,
    )


class _Speaking:
    """Asks every column the holdout prompts and reads the brand's own replies with it."""

    def __init__(self, task: EvaluationTask, cases: Sequence[Case], baselines: Baselines) -> None:
        self._task = task
        self._cases = cases
        self._baselines = baselines
        self._renderer = Renderer(load_tokenizer(task.base))

    def columns(self) -> dict[str, Replies]:
        task = self._task
        wanted = [name for name in task.columns if name != "current" or task.current is not None]
        if not {"base", "tuned"} <= set(wanted):
            raise TrainingRefused('An evaluation compares at least the columns "base" and "tuned".')
        prompts = {name: [self._baselines.prompt(name, case) for case in self._cases] for name in wanted}
        lost = self._losses(prompts)
        return {name: self._ask(name, asked, loss=lost[name]) for name, asked in prompts.items()}

    def _ask(self, name: ColumnName, prompts: Sequence[Sequence[Message]], *, loss: float | None) -> Replies:
        self._task.watch(f"{name} answers {len(prompts)} holdout prompts")
        began = time.monotonic()
        texts = said(self._task.speak, prompts, self._voice(name))
        seconds = (time.monotonic() - began) / len(prompts)
        tokens = sum(len(self._renderer.prompt(prompt)) for prompt in prompts) / len(prompts)
        return Replies(texts, tokens, seconds, loss, math.exp(min(loss, 700)) if loss is not None else None)

    def _losses(self, prompts: Mapping[ColumnName, Sequence[Sequence[Message]]]) -> dict[ColumnName, float | None]:
        """Nats per token of the brand's replies after each column's prompts; the model is let go afterwards."""
        self._task.watch("reading the brand's replies")
        likelihood = Likelihood(self._task.base, self._task.machine)
        lost = {}
        for name, asked in prompts.items():
            voice = self._voice(name)
            rendered = [self._render(p, case) for p, case in zip(asked, self._cases, strict=True)]
            lost[name] = mean_loss(likelihood.losses(rendered, adapter=voice.path if voice else None))
        return lost

    def _render(self, prompt: Sequence[Message], case: Case) -> Rendered:
        return self._renderer.render([*prompt, Message("assistant", case.reference)])

    def _voice(self, name: ColumnName) -> VoiceVersion | None:
        return {"tuned": self._task.voice, "current": self._task.current}.get(name)


def said(speak: Speak, prompts: Sequence[Sequence[Message]], voice: VoiceVersion | None) -> list[str]:
    """The answers to the prompts; too few or too many of them end the evaluation."""
    replies = speak(prompts, voice)
    if len(replies) != len(prompts):
        who = voice.reference if voice else "the base model"
        raise TrainingRefused(
            f"{who} gave {len(replies)} answers to {len(prompts)} prompts; the evaluation cannot go on."
        )
    return [reply.strip() for reply in replies]


def _classifier(
    task: EvaluationTask, train: Sequence[Case], cases: Sequence[Case], *, base: Sequence[str]
) -> tuple[StyleClassifier | None, list[str]]:
    """Fitted on the training side only: brand replies against the base model's to the same prompts."""
    count = min(len(train), _CLASSIFIER_PROMPTS)
    chosen = [train[i * len(train) // count] for i in range(count)]
    task.watch(f"base answers {len(chosen)} training prompts for the style classifier")
    theirs = said(task.speak, [case.prompt for case in chosen], None) if chosen else []
    try:
        fitted = fit_classifier(_pairs(chosen, theirs), language=task.style.language)
    except TrainingRefused as error:
        return None, [str(error)]
    fitted = fitted.with_holdout(_pairs(cases, base))
    if not fitted.may_gate:
        return fitted, [
            "The style classifier cannot tell the brand from the base model well enough to decide anything."
        ]
    return fitted, []


def _pairs(cases: Sequence[Case], theirs: Sequence[str]) -> list[Sample]:
    ours = [Sample(case.reference, case.cluster, brand=True) for case in cases]
    return ours + [Sample(reply, case.cluster, brand=False) for case, reply in zip(cases, theirs, strict=True)]


def _measures(task: EvaluationTask, cases: Sequence[Case], classifier: StyleClassifier | None) -> Measures:
    spoken = [m.content for messages in task.train for m in messages if m.role == "assistant"]
    return Measures(
        cases=cases,
        checks=(*style_checks(task.style), *task.extra_checks),
        lines=TrainingLines(spoken, fixed=[task.style.greeting, task.style.sign_off]),
        style_score=classifier.score if classifier else None,
        personal_data=task.personal_data,
    )


def _differences(columns: Sequence[Column], cases: Sequence[Case], *, seed: int) -> list[Difference]:
    tuned = next(column for column in columns if column.name == "tuned")
    clusters = [case.cluster for case in cases]
    found = []
    for column in columns:
        risen = gain(tuned.styles, column.styles, clusters=clusters, seed=seed) if column is not tuned else None
        if risen:
            found.append(Difference("style", column.name, risen))
    return found


def _facts(classifier: StyleClassifier | None) -> ClassifierFacts | None:
    if classifier is None:
        return None
    return ClassifierFacts(classifier.auc, classifier.holdout_auc, classifier.may_gate, classifier.samples)


def _answers(cases: Sequence[Case], replies: Mapping[str, Replies], columns: Sequence[Column]) -> list[Answer]:
    return [
        Answer(
            tuple((m.role, m.content) for m in case.prompt),
            case.reference,
            {name: said.texts[i] for name, said in replies.items()},
            {column.name: column.styles[i] for column in columns if column.styles},
        )
        for i, case in enumerate(cases)
    ]
