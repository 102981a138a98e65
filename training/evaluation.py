"""Evaluation: a voice measured on the holdout, beside the base model and what else it has to beat."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from conversations.errors import TrainingRefused
from conversations.messages import Message
from styles.base_model import BaseModel, load_tokenizer
from styles.checks import Check, style_checks
from styles.classifier import StyleClassifier
from styles.lexicon import WordUse, compare_lexicon
from styles.rendering import Renderer
from styles.style import Style
from styles.voices import VoiceVersion
from training.agreement import agreement
from training.baselines import PROMPTS, TITLES, Baselines, Case, ColumnName, make_cases
from training.bootstrap import Interval, Power, gain, power
from training.columns import Column, FindPersonalData, Measures, Replies, banned_share
from training.copies import NearCopies
from training.gate import Rival, Scores
from training.grading import ClassifierFacts, Grader, fit_grader
from training.guards import GUARDS, Guard, GuardName
from training.joint import Content
from training.likelihood import Likelihood
from training.movement import Habits, Movement
from training.overlap import TrainingLines
from training.plan import Machine
from training.progress import Progress, load_curve
from training.reading import General, Reader
from training.speaking import NEEDED, Pace, Speak, Speakers, Speaking, Spoken
from training.trials import Trials

_LEXICON = 12  # words shown


@dataclass(frozen=True, slots=True)
class EvaluationTask:
    """What to measure. `speak` answers prompts as a voice (None: the base model) the way it would be served.

    `clusters` names the conversation, customer or duplicate cluster of each holdout conversation; those of one
    cluster are not independent. `personal_data` lists what it finds in a text; without it the gate says no. `general`
    are conversations of others, on which a voice should not get worse. `audit` measures what a twin of the voice
    gives away of planted secrets. `endpoint` answers for another model, `pace` times one reply.
    """

    style: Style
    base: BaseModel
    voice: VoiceVersion
    train: Sequence[Sequence[Message]]
    holdout: Sequence[Sequence[Message]]
    speak: Speak
    machine: Machine
    columns: Sequence[ColumnName] = NEEDED
    current: VoiceVersion | None = None
    clusters: Sequence[str] | None = None
    personal_data: FindPersonalData | None = None
    extra_checks: Sequence[Check] = ()
    general: Sequence[Sequence[Message]] = ()
    guards: frozenset[GuardName] = frozenset(GUARDS)
    audit: Callable[[], Guard] | None = None
    endpoint: Speak | None = None
    pace: Pace | None = None
    token_price: float = 0.0  # of a million prompt tokens
    keep: Callable[[StyleClassifier], None] = lambda _: None  # gets the style classifier, for later replies
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
    guards: tuple[Guard, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)  # columns that could not be measured, and why
    now: ColumnName | None = None  # the column of what speaks at present

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def guard(self, name: GuardName) -> Guard | None:
        """What was seen of a guard, or None if it was not tried."""
        return next((guard for guard in self.guards if guard.name == name), None)

    def difference(self, measure: str, *, than: str) -> Interval | None:
        """The gain of the tuned voice over a column, or None if it was not measured."""
        return next((d.gain for d in self.differences if (d.measure, d.than) == (measure, than)), None)

    def plain(self) -> dict[str, Any]:
        """The evaluation as JSON types."""
        return asdict(self)


def evaluate(task: EvaluationTask) -> Evaluation:
    """Answer the holdout prompts in every column, try the guards, and measure the answers."""
    began = time.monotonic()
    cases = make_cases(task.holdout, clusters=task.clusters)
    if not cases:
        raise TrainingRefused(
            f"The holdout of {task.style.name} has no conversation that the brand answers, so nothing can be measured. "
            "Import more conversations and curate again."
        )
    train = make_cases(task.train)
    baselines = Baselines(task.style, train, shots=task.shots)
    likelihood = cache(lambda: Likelihood(task.base, task.machine))
    spoken = _speak(task, cases, baselines, likelihood)
    grader, notes = _grader(task, cases, spoken.replies["base"])
    notes += [f"“{TITLES[name]}” could not be measured: {why}" for name, why in spoken.failed.items()]
    guards = tuple(_guards(task, (train, cases), baselines, spoken, grader=grader, likelihood=likelihood))
    found = Found(cases, spoken, grader, guards, tuple(notes))
    return assess(task, found, began=began)


def gate_scores(evaluation: Evaluation) -> Scores:
    """The numbers of an evaluation that decide about a promotion."""
    base, tuned, facts = evaluation.column("base"), evaluation.column("tuned"), evaluation.classifier
    risen = evaluation.difference("style", than="base")
    copies, planted, triggers = (evaluation.guard(n) for n in ("near copies", "injections", "triggers"))
    declined, agreed, canaries = (evaluation.guard(n) for n in ("declines", "agreement", "canaries"))
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
        now=_rival(evaluation, evaluation.now) if evaluation.now else None,
        baselines=tuple(_rival(evaluation, c.name) for c in evaluation.columns if c.name in PROMPTS),
        copies=copies.value if copies else None,
        copies_brand=copies.beside if copies else None,
        obeyed=planted.value if planted else None,
        obeyed_base=planted.beside if planted else None,
        triggers=triggers.value if triggers else None,
        declined=declined.value if declined else None,
        declined_guided=declined.beside if declined else None,
        disagreement=agreed.value if agreed else None,
        exposure=canaries.value if canaries else None,
        extracted=round(canaries.beside) if canaries and canaries.beside is not None else None,
    )


def _rival(evaluation: Evaluation, name: str) -> Rival:
    """Another column as the gate sees it; one that is not there was not measured."""
    risen = evaluation.difference("joint", than=name)
    read = next((c.prompt_tokens for c in evaluation.columns if c.name == name), 0.0)
    share = evaluation.column("tuned").prompt_tokens / read if read else None
    return Rival(name, TITLES[name], risen.low if risen else None, share)


def _rise(general: General | None) -> float | None:
    """How much the loss on other conversations rose; not a number where it should have been measured and was not."""
    if general is None:
        return None
    return general.tuned - general.base if general.tuned is not None and general.base is not None else math.nan


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that was said and seen, before it is measured."""

    cases: Sequence[Case]
    spoken: Spoken
    grader: Grader | None
    guards: tuple[Guard, ...]
    notes: tuple[str, ...] = ()


def assess(task: EvaluationTask, found: Found, *, began: float) -> Evaluation:
    """Measure what was said; no model is needed any more."""
    cases, spoken, replies = found.cases, found.spoken, found.spoken.replies
    measures = measures_of(task, cases, found.grader, base=replies["base"].texts, human=spoken.read.human)
    clusters = [case.cluster for case in cases]
    references = [case.reference for case in cases]
    columns = tuple(measures.column(name, said) for name, said in replies.items())
    copies = found.guards
    if "near copies" in task.guards and not any(guard.name == "near copies" for guard in copies):
        copies = (*copies, _near_copies(task, cases, replies["tuned"].texts))
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
        general=spoken.read.general,
        classifier=found.grader.facts if found.grader else None,
        answers=tuple(_answers(cases, replies, columns)),
        curve=tuple(load_curve(task.curve)) if task.curve else (),
        notes=found.notes,
        seconds=time.monotonic() - began,
        guards=copies,
        failed=dict(spoken.failed),
        now="current" if task.current else "prompted",
    )


def _speak(
    task: EvaluationTask, cases: Sequence[Case], baselines: Baselines, likelihood: Callable[[], Likelihood]
) -> Spoken:
    renderer = Renderer(load_tokenizer(task.base))
    voices = {"tuned": task.voice} | ({"current": task.current} if task.current else {})
    speakers = Speakers(task.speak, task.endpoint, task.pace)
    wanted = [name for name in task.columns if name != "current" or task.current is not None]
    return Speaking(cases, baselines, voices, speakers, renderer, task.watch).columns(
        wanted, reader=lambda: Reader(renderer, likelihood()), general=task.general
    )


def _grader(task: EvaluationTask, cases: Sequence[Case], base: Replies) -> tuple[Grader | None, list[str]]:
    try:
        grader = fit_grader(cases, base.texts, language=task.style.language)
    except TrainingRefused as error:
        return None, [str(error)]
    task.keep(grader.whole)
    if not grader.facts.may_gate:
        return grader, [
            "The style classifier cannot tell the brand from the base model well enough to decide anything."
        ]
    return grader, []


def _guards(
    task: EvaluationTask,
    sides: tuple[Sequence[Case], Sequence[Case]],
    baselines: Baselines,
    spoken: Spoken,
    *,
    grader: Grader | None,
    likelihood: Callable[[], Likelihood],
) -> list[Guard]:
    """What the voice does when it is tried. Agreement comes last: it merges the model that others measure with."""
    train, cases = sides
    tuned = spoken.asked["tuned"]
    trials = Trials(task.style, task.voice, train, cases, baselines, task.speak, task.guards, task.watch)
    guards = list(trials.guards(tuned.texts, grader.whole.score if grader else None))
    if "canaries" in task.guards and task.audit:
        task.watch("a twin of the voice learns planted secrets, to see what it gives away")
        guards.append(task.audit())
    if "agreement" in task.guards:
        guards.append(agreement(task.voice, task.base, tuned.prompts, tuned.texts, likelihood=likelihood()))
    return guards


def _near_copies(task: EvaluationTask, cases: Sequence[Case], tuned: Sequence[str]) -> Guard:
    fixed = [task.style.greeting, task.style.sign_off]
    return NearCopies(make_cases(task.train), fixed=fixed).guard(cases, tuned)


def measures_of(
    task: EvaluationTask, cases: Sequence[Case], grader: Grader | None, *, base: Sequence[str], human: float
) -> Measures:
    """What every column is measured with."""
    spoken = [m.content for messages in task.train for m in messages if m.role == "assistant"]
    return Measures(
        cases=cases,
        checks=(*style_checks(task.style), *task.extra_checks),
        lines=TrainingLines(spoken, fixed=[task.style.greeting, task.style.sign_off]),
        habits=Habits([case.reference for case in cases], base, language=task.style.language),
        content=Content(spoken, language=task.style.language),
        human=human,
        style_score=grader.score if grader else None,
        personal_data=task.personal_data,
        token_price=task.token_price,
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
