import random

import pytest

from conversations.errors import TrainingRefused
from tests.training.made_up import ScriptedVoices, conversations
from training.baselines import Case, make_cases
from training.grading import calibration, fit_grader


def told(count: int) -> tuple[list[Case], list[str]]:
    talks = conversations(count)
    cases = make_cases(talks, clusters=[str(i) for i in range(count)])
    return cases, ScriptedVoices()([case.prompt for case in cases], None)


def test_nobody_is_graded_by_a_classifier_that_saw_the_same_prompt() -> None:
    cases, base = told(40)
    grader = fit_grader(cases, base, language="en")
    assert len(grader.folds) == 5
    sizes = [judge.samples for judge in grader.folds]
    assert sizes == [64] * 5
    assert grader.whole.samples == 80
    assert {grader.fold_of[case.cluster] for case in cases} == set(range(5))


def test_conversations_of_one_cluster_share_their_fold() -> None:
    cases = make_cases(conversations(40), clusters=[str(i // 4) for i in range(40)])
    base = ScriptedVoices()([case.prompt for case in cases], None)
    grader = fit_grader(cases, base, language="en")
    assert set(grader.fold_of) == {str(i) for i in range(10)}
    assert grader.facts.may_gate


def test_brand_and_base_that_write_alike_may_not_gate() -> None:
    cases, _ = told(60)
    shuffled = [case.reference for case in random.Random(1).sample(cases, len(cases))]
    facts = fit_grader(cases, shuffled, language="en").facts
    assert not facts.may_gate
    assert facts.auc < 0.75


def test_scores_of_told_apart_sides_are_calibrated() -> None:
    cases, base = told(60)
    facts = fit_grader(cases, base, language="en").facts
    assert facts.holdout_auc == pytest.approx(1.0, abs=0.01)
    assert facts.calibration is not None
    assert facts.calibration < 0.1


def test_calibration_counts_how_far_shares_are_from_scores() -> None:
    assert calibration([0.9] * 10, [True] * 9 + [False]) == pytest.approx(0.0)
    assert calibration([0.9] * 10, [True, False] * 5) == pytest.approx(0.4)
    assert calibration([], []) is None


def test_a_handful_of_conversations_is_too_few() -> None:
    cases, base = told(3)
    with pytest.raises(TrainingRefused, match="a holdout of 5 conversations"):
        fit_grader(cases, base, language="en")
