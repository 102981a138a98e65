from dataclasses import replace

import pytest

from training.advice import advise, best_baseline
from training.bootstrap import Interval, Power
from training.evaluation import Difference, Evaluation
from training.movement import Movement


def with_gain(evaluation: Evaluation, gain: Interval, **changes: object) -> Evaluation:
    rival = best_baseline(evaluation)
    assert rival is not None
    return replace(evaluation, differences=(Difference("joint", rival.name, gain),), movements=(), **changes)


def test_a_voice_that_beats_every_prompt_pays(evaluation: Evaluation) -> None:
    said = advise(evaluation)
    assert said[0].startswith("Fine-tuning pays: it beats “Base + ")
    assert "fewer tokens for each reply" in said[0]
    assert not [sentence for sentence in said if "Too few" in sentence]


def test_a_prompt_that_does_as_well_is_named_with_its_tokens(evaluation: Evaluation) -> None:
    rival = best_baseline(evaluation)
    assert rival is not None
    more = rival.prompt_tokens - evaluation.column("tuned").prompt_tokens
    said = advise(with_gain(evaluation, Interval(0.0, -0.03, 0.03)))
    assert (
        said[0]
        == f"“{rival.title}” is as good, with {more:,.0f} more tokens for each reply: fine-tuning pays only by those."
    )


def test_a_prompt_that_is_better_is_said_to_be(evaluation: Evaluation) -> None:
    assert "beats the tuned voice by 0.20" in advise(with_gain(evaluation, Interval(-0.2, -0.3, -0.1)))[0]
    assert "too small to tell" in advise(with_gain(evaluation, Interval(-0.1, -0.3, 0.1)))[0]


def test_few_examples_are_asked_to_come_back_when_there_are_more(evaluation: Evaluation) -> None:
    unclear = with_gain(evaluation, Interval(0.0, -0.1, 0.1), train_examples=40)
    assert "Too few examples: 40, come back at 120." in advise(unclear)
    assert "Too few examples: 20, come back at 100." in advise(replace(unclear, train_examples=20))
    assert not [s for s in advise(replace(unclear, train_examples=100)) if "Too few" in s]


def test_without_a_baseline_the_question_stays_open(evaluation: Evaluation) -> None:
    bare = replace(evaluation, columns=evaluation.columns[:2], differences=evaluation.differences[:4])
    assert "is open" in advise(bare)[0]


def test_caricature_and_lack_of_power_are_told(evaluation: Evaluation) -> None:
    loud = Movement("emoji", "Emoji in a reply", base=0.0, tuned=3.0, brand=0.4, direction="overshot")
    weak = replace(evaluation, movements=(loud,), power=Power(0.2, 0.08, 150))
    assert "It overshoots the brand in: emoji in a reply." in advise(weak)
    assert any("needs about 150 holdout conversations" in sentence for sentence in advise(weak))


@pytest.mark.parametrize(
    ("gain", "said"),
    [
        (Interval(0.1, 0.04, 0.16), "It is better than the current voice by 0.10"),
        (Interval(-0.1, -0.16, -0.04), "It is worse than the current voice by 0.10"),
        (Interval(0.0, -0.01, 0.01), "It equals the current voice: +0.00"),
        (Interval(0.03, -0.04, 0.1), "Neither better nor worse than the current voice, as far as can be told: +0.03"),
    ],
)
def test_what_speaks_now_is_beaten_or_not_with_the_interval(evaluation: Evaluation, gain: Interval, said: str) -> None:
    other = tuple(d for d in evaluation.differences if (d.measure, d.than) != ("joint", "current"))
    measured = replace(evaluation, differences=(*other, Difference("joint", "current", gain)))
    told = f"{said} in the joint score (95 % interval {gain.low:+.2f} to {gain.high:+.2f})."
    assert told in advise(measured)
    assert not [sentence for sentence in advise(replace(evaluation, differences=other)) if "current voice" in sentence]
