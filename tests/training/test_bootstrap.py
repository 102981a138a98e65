import random

import pytest

from training.bootstrap import gain, interval, power


def test_the_interval_holds_the_mean_and_is_the_same_every_time() -> None:
    choice = random.Random(1)
    values = [choice.gauss(0.1, 0.3) for _ in range(100)]
    found = interval(values, clusters=range(100))
    assert found is not None
    assert found.low < found.mean < found.high
    assert found.mean == pytest.approx(sum(values) / 100)
    assert found.high - found.low == pytest.approx(4 * 0.3 / 10, rel=0.25)
    assert found == interval(values, clusters=range(100))


def test_values_of_one_conversation_count_as_one() -> None:
    choice = random.Random(2)
    once = [choice.gauss(0, 1) for _ in range(40)]
    apart = interval(once, clusters=range(40))
    together = interval([v for v in once for _ in range(5)], clusters=[i for i in range(40) for _ in range(5)])
    assert apart is not None
    assert together is not None
    assert together.high - together.low == pytest.approx(apart.high - apart.low, rel=0.1)


def test_paired_differences_find_a_small_but_steady_gain() -> None:
    choice = random.Random(3)
    theirs = [choice.random() for _ in range(60)]
    ours = [value + 0.05 + choice.gauss(0, 0.02) for value in theirs]
    found = gain(ours, theirs, clusters=range(60))
    assert found is not None
    assert found.low > 0.03


def test_nothing_measured_has_no_interval() -> None:
    assert interval([], clusters=[]) is None


def test_false_gains_are_as_rare_as_the_interval_says() -> None:
    choice = random.Random(4)
    false = 0
    for seed in range(100):
        found = interval([choice.gauss(0, 1) for _ in range(60)], clusters=range(60), seed=seed)
        assert found is not None
        false += found.low > 0
    assert false <= 8  # 2.5 % of 100 are 2 or 3


def test_power_says_which_gain_a_holdout_finds_nine_times_in_ten() -> None:
    choice = random.Random(6)
    found = power([choice.gauss(0.1, 0.35) for _ in range(2000)], clusters=range(2000))
    assert found is not None
    assert found.prompts_needed == pytest.approx(201, rel=0.08)
    assert found.detectable == pytest.approx(0.0254, rel=0.05)
    hits = 0
    for seed in range(60):
        drawn = interval(
            [choice.gauss(0.08, 0.35) for _ in range(found.prompts_needed)],
            clusters=range(found.prompts_needed),
            seed=seed,
        )
        assert drawn is not None
        hits += drawn.low > 0
    assert hits >= 46  # 54 are expected


def test_one_conversation_has_no_power() -> None:
    assert power([0.1, 0.2], clusters=["same", "same"]) is None
