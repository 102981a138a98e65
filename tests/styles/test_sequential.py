import math
import random
from datetime import UTC, datetime, timedelta

import pytest

from conversations.blind_votes import Between, Picked, Side, Vote
from styles.sequential import (
    Arm,
    Limits,
    always_valid,
    evidence,
    evidence_below,
    judge_canary,
    vote_result,
)

BETWEEN = Between("harbor@3", "harbor@2")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def run(candidate: float, current: float, *, share: float, people: int, seed: int, limits: Limits) -> str:
    """One canary, looked at after every fifth person, who hears the candidate with a chance of `share`."""
    chance = random.Random(seed)
    counts = {True: [0, 0], False: [0, 0]}
    for number in range(people):
        heard = chance.random() < share
        counts[heard][chance.random() >= (candidate if heard else current)] += 1
        if number % 5 == 4:
            standing = judge_canary(Arm(*counts[True]), Arm(*counts[False]), limits=limits)
            if standing.action != "wait":
                return standing.action
    return "wait"


def test_a_candidate_that_is_as_good_is_hardly_ever_decided_however_often_one_looks() -> None:
    limits = Limits(alpha=0.2)  # a looser promise than the default, so that few runs show whether it is kept
    ended = [run(0.7, 0.7, share=0.3, people=300, seed=seed, limits=limits) for seed in range(40)]
    assert ended.count("promote") <= 0.2 * 40
    assert ended.count("take back") <= 0.2 * 40


def test_one_that_is_clearly_better_or_worse_is_found_out() -> None:
    limits = Limits()
    better = [run(0.9, 0.6, share=0.5, people=400, seed=seed, limits=limits) for seed in range(6)]
    worse = [run(0.4, 0.8, share=0.2, people=600, seed=seed, limits=limits) for seed in range(6)]
    assert better == ["promote"] * 6
    assert worse == ["take back"] * 6


def test_evidence_is_an_e_value_it_is_one_on_average_where_its_hypothesis_holds() -> None:
    """Over all results of 6 and 6 people at equal rates, the mean e-value is at most 1."""
    for rate in (0.2, 0.5, 0.8):
        total = 0.0
        for ours in range(7):
            for theirs in range(7):
                chance = math.comb(6, ours) * math.comb(6, theirs) * rate ** (ours + theirs)
                chance *= (1 - rate) ** (12 - ours - theirs)
                total += chance * math.exp(evidence("better", Arm(ours, 6 - ours), Arm(theirs, 6 - theirs)))
        assert total <= 1.0


def test_with_a_margin_being_as_good_is_enough() -> None:
    as_good = Arm(800, 200), Arm(800, 200)
    assert judge_canary(*as_good).action == "wait"
    assert judge_canary(*as_good, limits=Limits(margin=0.1)).action == "promote"


def test_a_candidate_that_hardly_anybody_likes_goes_even_if_the_current_voice_is_no_better() -> None:
    standing = judge_canary(Arm(2, 40), Arm(2, 40))
    assert standing.action == "take back"
    assert "fewer than 30%" in standing.why
    assert judge_canary(Arm(2, 40), Arm(2, 40), limits=Limits(floor=0.0)).action == "wait"


def test_two_people_who_call_it_unsafe_are_enough() -> None:
    assert judge_canary(Arm(50, 0), Arm(20, 30), unsafe=1).action == "promote"
    assert judge_canary(Arm(50, 0), Arm(20, 30), unsafe=2).action == "take back"


def test_nothing_is_promoted_on_few_people() -> None:
    assert judge_canary(Arm(19, 0), Arm(10, 90)).action == "wait"
    assert judge_canary(Arm(20, 0), Arm(10, 90)).action == "promote"


@pytest.mark.parametrize("arm", [Arm(0, 0), Arm(5, 0), Arm(0, 5), Arm(100_000, 1)])
def test_empty_and_one_sided_arms_are_numbers_too(arm: Arm) -> None:
    for other in (Arm(0, 0), Arm(3, 4), arm):
        assert math.isfinite(evidence("better", arm, other, margin=0.1))
        assert math.isfinite(evidence("worse", arm, other))
    assert math.isfinite(evidence_below(arm, 0.3))
    assert judge_canary(Arm(0, 0), Arm(0, 0)).action == "wait"


def vote(pair: int, choice: Picked, *, left: Side = "one", person: str = "ada") -> Vote:
    return Vote(f"p{pair}", person, choice, left, NOW + timedelta(minutes=pair))


def test_a_blind_vote_counts_each_pair_once_by_its_first_decision() -> None:
    votes = [vote(1, "one"), vote(1, "other", person="bob"), vote(2, "tie"), vote(2, "other", person="bob")]
    found = vote_result(BETWEEN, votes)
    assert (found.won, found.lost, found.ties, found.votes, found.people, found.pairs) == (1, 1, 1, 4, 2, 2)
    assert "Not decided: harbor@3 was picked in 1 of 2 decided pairs" in found.words


def test_a_clear_preference_is_said_with_its_interval_and_p() -> None:
    found = vote_result(BETWEEN, [vote(n, "other", left="one" if n % 2 else "other") for n in range(30)])
    assert found.words.startswith("harbor@2 is liked better: harbor@3 was picked in 0 of 30 decided pairs (0%")
    assert found.p < 0.001
    assert found.bias == ""


def test_a_preference_for_the_first_answer_is_reported_and_decides_nothing() -> None:
    sides: list[Side] = ["one", "other"]
    found = vote_result(BETWEEN, [vote(n, sides[n % 2], left=sides[n % 2]) for n in range(40)])
    assert found.won == found.lost
    assert found.p > 0.5
    assert "stood first was picked 100% of the time" in found.bias


def test_a_vote_that_nobody_has_cast_says_so() -> None:
    found = vote_result(BETWEEN, [vote(1, "tie")])
    assert found.words == "Nobody has picked between harbor@3 and harbor@2 yet."
    assert (found.low, found.high, found.p) == (0.0, 1.0, 1.0)


def test_the_interval_holds_at_all_moments_of_a_run_together() -> None:
    missed = 0
    for seed in range(60):
        chance, won = random.Random(seed), 0
        for total in range(1, 121):
            won += chance.random() < 0.6
            if total % 4 == 0:
                low, high = always_valid(won, total - won)
                if not low <= 0.6 <= high:
                    missed += 1
                    break
    assert missed <= 3
