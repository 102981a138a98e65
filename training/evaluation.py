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
from styles.lexicon import WordUse, compare_lexicon
from styles.rendering import Renderer
from styles.style import Style
from styles.voices import VoiceVersion
from training.baselines import Baselines, Case, ColumnName, make_cases
from training.bootstrap import Interval, Power, gain, power
from training.columns import Column, FindPersonalData, Measures, Replies, banned_share
from training.gate import Scores
from training.joint import Content
from training.likelihood import Likelihood
from training.movement import Habits, Movement
from training.overlap import TrainingLines
from training.plan import Machine
from training.progress import Progress, load_curve
from training.reading import Asked, General, Read, Reader

Speak = Callable[[Sequence[Sequence[Message]], VoiceVersion | None], list[str]]

_LEXICON = 12  # words shown
_CLASSIFIER_PROMPTS = 150  # base replies to train prompts that the classifier is fitted on; more gains little


@dataclass(frozen=True, slots=True)
class EvaluationTask:
    """What to measure. `speak` answers prompts as a voice (None: the base model) the way it would be served.

    `clusters` names the conversation, customer or duplicate cluster of each holdout conversation; those of one
    cluster are not independent. `personal_data` lists what it finds in a text; without it the gate says no. `general`
    are conversations of others, on which a voice should not get worse.
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
    general: Sequence[Sequence[Message]] = ()
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
    movements: tuple[Movement, ...]
    lexicon: tuple[WordUse, ...]  # words that the tuned voice uses more or less often than the brand
    power: Power | None  # of the joint score against the best other column
    general: General | None
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
    replies, read = _Speaking(task, cases, Baselines(task.style, train, shots=task.shots)).columns()
    classifier, notes = _classifier(task, train, cases, base=replies["base"].texts)
    measures = _measures(task, cases, classifier, base=replies["base"].texts, human=read.human)
    clusters = [case.cluster for case in cases]
    references = [case.reference for case in cases]
    columns = tuple(measures.column(name, said) for name, said in replies.items())
    return Evaluation(
        style=task.style.name,
        title=task.style.display,
        voice=task.voice.reference,
        base=task.base.name,
        dataset=task.voice.manifest.dataset,
        train_examples=len(task.train),
        holdout_prompts=len(cases),
        holdout_clusters=len(set(clusters)),
        columns=columns,
        brand=measures.column("brand", Replies(references)),
        differences=tuple(_differences(columns, clusters, seed=task.seed)),
        movements=measures.habits.movements(replies["tuned"].texts, clusters=clusters),
        lexicon=tuple(compare_lexicon(replies["tuned"].texts, references)[:_LEXICON]),
        power=_power(columns, clusters),
        general=read.general,
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
        verbatim_brand=evaluation.brand.verbatim,
        personal_data=tuned.personal_data,
        general_rise=_rise(evaluation.general),
        detectable_gain=evaluation.power.detectable if evaluation.power else None,
    )


def _rise(general: General | None) -> float | None:
    """How much the loss on other conversations rose; not a number where it should have been measured and was not."""
    if general is None:
        return None
    return general.tuned - general.base if general.tuned is not None and general.base is not None else math.nan


class _Speaking:
    """Asks every column the holdout prompts, then reads what was said."""

    def __init__(self, task: EvaluationTask, cases: Sequence[Case], baselines: Baselines) -> None:
        self._task = task
        self._cases = cases
        self._baselines = baselines
        self._renderer = Renderer(load_tokenizer(task.base))

    def columns(self) -> tuple[dict[str, Replies], Read]:
        task = self._task
        wanted = [name for name in task.columns if name != "current" or task.current is not None]
        if not {"base", "tuned"} <= set(wanted):
            raise TrainingRefused('An evaluation compares at least the columns "base" and "tuned".')
        answered = {name: self._ask(name) for name in wanted}
        task.watch("reading the answers and the brand's replies")
        reader = Reader(self._renderer, Likelihood(task.base, task.machine))
        read = reader.read({name: asked for name, (asked, _) in answered.items()}, self._cases, task.general)
        return {name: self._replies(name, asked, seconds, read) for name, (asked, seconds) in answered.items()}, read

    def _ask(self, name: ColumnName) -> tuple[Asked, float]:
        """What a column answers, and the seconds it took for each reply."""
        self._task.watch(f"{name} answers {len(self._cases)} holdout prompts")
        prompts = [self._baselines.prompt(name, case) for case in self._cases]
        voice = {"tuned": self._task.voice, "current": self._task.current}.get(name)
        began = time.monotonic()
        texts = said(self._task.speak, prompts, voice)
        seconds = (time.monotonic() - began) / len(prompts)
        return Asked(prompts, voice.path if voice else None, texts), seconds

    def _replies(self, name: str, asked: Asked, seconds: float, read: Read) -> Replies:
        tokens = sum(len(self._renderer.prompt(prompt)) for prompt in asked.prompts) / len(asked.prompts)
        return Replies(asked.texts, tokens, seconds, read.brand[name], read.own[name])


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


def _measures(
    task: EvaluationTask,
    cases: Sequence[Case],
    classifier: StyleClassifier | None,
    *,
    base: Sequence[str],
    human: float,
) -> Measures:
    spoken = [m.content for messages in task.train for m in messages if m.role == "assistant"]
    return Measures(
        cases=cases,
        checks=(*style_checks(task.style), *task.extra_checks),
        lines=TrainingLines(spoken, fixed=[task.style.greeting, task.style.sign_off]),
        habits=Habits([case.reference for case in cases], base, language=task.style.language),
        content=Content(spoken, language=task.style.language),
        human=human,
        style_score=classifier.score if classifier else None,
        personal_data=task.personal_data,
    )


def _differences(columns: Sequence[Column], clusters: Sequence[str], *, seed: int) -> list[Difference]:
    """The tuned voice against every other column in every measure that both have."""
    tuned = next(column for column in columns if column.name == "tuned")
    found = []
    for column in columns:
        for measure in ("joint", "style", "content", "chrf"):
            ours, theirs = tuned.per_case.get(measure), column.per_case.get(measure)
            risen = (
                gain(ours, theirs, clusters=clusters, seed=seed) if ours and theirs and column is not tuned else None
            )
            if risen:
                found.append(Difference(measure, column.name, risen))
    return found


def _power(columns: Sequence[Column], clusters: Sequence[str]) -> Power | None:
    """The power of the joint score, tuned against the best of the others: a style score that is all 0 or 1 has none
    to speak of.
    """
    joint = {column.name: column.per_case.get("joint", ()) for column in columns}
    tuned = joint.pop("tuned")
    best = max(joint.values(), key=sum)
    differences = [a - b for a, b in zip(tuned, best, strict=True)]
    return power(differences, clusters=clusters[: len(differences)])


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
            {column.name: column.per_case["style"][i] for column in columns if "style" in column.per_case},
        )
        for i, case in enumerate(cases)
    ]
