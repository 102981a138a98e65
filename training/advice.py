"""Advice: what an evaluation means for whoever has to decide, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from training.bootstrap import Interval
from training.columns import Column
from training.evaluation import Evaluation

ENOUGH_EXAMPLES = 100  # below this a style set is small (100 to 500 are usual)
AS_GOOD = 0.02  # joint scores nearer than this are alike
_PROMPT_ONLY = ("prompted", "few-shot", "retrieval")


def advise(evaluation: Evaluation) -> tuple[str, ...]:
    """What to do with the voice: whether fine-tuning pays, what would do as well, and what is missing."""
    return tuple(_sentences(evaluation))


def best_baseline(evaluation: Evaluation) -> Column | None:
    """The way without fine-tuning that has the highest joint score."""
    rivals = [column for column in evaluation.columns if column.name in _PROMPT_ONLY and column.joint]
    return max(rivals, key=lambda column: column.joint.mean if column.joint else 0.0, default=None)


def _sentences(evaluation: Evaluation) -> Iterator[str]:
    rival = best_baseline(evaluation)
    risen = evaluation.difference("joint", than=rival.name) if rival else None
    if rival is None or risen is None:
        yield "Whether a good prompt would do as well is open: no baseline with a prompt was measured."
    else:
        yield _against(rival, risen, evaluation)
    yield from _against_current(evaluation)
    if evaluation.train_examples < ENOUGH_EXAMPLES and not (risen and risen.low > 0):
        wanted = max(ENOUGH_EXAMPLES, 3 * evaluation.train_examples)
        yield f"Too few examples: {evaluation.train_examples}, come back at {wanted}."
    overshot = [
        movement.label[0].lower() + movement.label[1:]
        for movement in evaluation.movements
        if movement.direction == "overshot"
    ]
    if overshot:
        yield f"It overshoots the brand in: {', '.join(overshot)}."
    yield from _underpowered(evaluation)


def _against(rival: Column, risen: Interval, evaluation: Evaluation) -> str:
    """The tuned voice against the best way without fine-tuning."""
    tokens = rival.prompt_tokens - evaluation.column("tuned").prompt_tokens
    name = f"“{rival.title}”"
    if risen.low > 0:
        return (
            f"Fine-tuning pays: it beats {name} by {risen.mean:.2f} in the joint score (surely by {risen.low:.2f}) "
            f"and reads {tokens:,.0f} fewer tokens for each reply."
        )
    if risen.high < 0:
        return (
            f"{name} beats the tuned voice by {-risen.mean:.2f} in the joint score: prompt, or train on more examples."
        )
    if risen.mean >= -AS_GOOD:
        return f"{name} is as good, with {tokens:,.0f} more tokens for each reply: fine-tuning pays only by those."
    return f"{name} looks better by {-risen.mean:.2f} in the joint score, but this holdout is too small to tell."


def _against_current(evaluation: Evaluation) -> Iterator[str]:
    """The tuned voice against the one that speaks now, where that was measured."""
    risen = evaluation.difference("joint", than="current")
    if risen is None:
        return
    measured = f"in the joint score (95 % interval {risen.low:+.2f} to {risen.high:+.2f})"
    if risen.low > 0:
        yield f"It is better than the current voice by {risen.mean:.2f} {measured}."
    elif risen.high < 0:
        yield f"It is worse than the current voice by {-risen.mean:.2f} {measured}."
    elif max(-risen.low, risen.high) <= AS_GOOD:
        yield f"It equals the current voice: {risen.mean:+.2f} {measured}."
    else:
        yield f"Neither better nor worse than the current voice, as far as can be told: {risen.mean:+.2f} {measured}."


def _underpowered(evaluation: Evaluation) -> Iterator[str]:
    power = evaluation.power
    if power and evaluation.holdout_clusters < power.prompts_needed:
        yield (
            f"A gain of {power.worthwhile:.2f} needs about {power.prompts_needed} holdout conversations to be found "
            f"nine times in ten; there are {evaluation.holdout_clusters}, which find {power.detectable:.2f} or more."
        )
