from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from conversations.messages import Feedback, Thumb
from styles.voting import Count, VotingRules, count_votes

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
RULES = VotingRules()


def vote(reply: str, person: str, thumb: Thumb = "up", *, hours: float = 0.0, reason: str | None = None) -> Feedback:
    return Feedback(reply, person, thumb=thumb, reason=reason, given_at=NOON + timedelta(hours=hours))


def spread(people: int, *, thumb: Thumb, prefix: str, each: int = 1) -> list[Feedback]:
    """Votes of several people on replies of their own, hours apart."""
    return [
        vote(f"{prefix}{p}-{n}", f"{prefix}person{p}", thumb, hours=5 * (p * each + n))
        for p in range(people)
        for n in range(each)
    ]


BOTH = [*spread(4, thumb="up", prefix="u"), *spread(4, thumb="down", prefix="d")]


def labels(count: Count) -> dict[str, bool]:
    return {ballot.reply: ballot.label for ballot in count.ballots}


def test_thumbs_of_enough_people_become_labels() -> None:
    counted = count_votes(BOTH, RULES)
    assert labels(counted) == {v.reply: v.thumb == "up" for v in BOTH}
    assert {ballot.weight for ballot in counted.ballots} == {0.5}


def test_a_person_counts_once_per_reply_and_the_newest_vote_counts() -> None:
    changed = vote("u0-0", "uperson0", "down", hours=90)
    counted = count_votes([*BOTH, changed, replace(changed, thumb="down")], RULES)
    assert labels(counted)["u0-0"] is False
    assert next(b for b in counted.ballots if b.reply == "u0-0").down == 1


def test_agreement_of_several_people_weighs_more_than_one_voice() -> None:
    counted = count_votes([*BOTH, vote("u0-0", "x", hours=50), vote("u0-0", "y", hours=60)], RULES)
    weights = {ballot.reply: ballot.weight for ballot in counted.ballots}
    assert weights["u0-0"] == 0.75 > weights["u1-0"]


def test_a_reply_on_which_people_disagree_is_left_out() -> None:
    counted = count_votes([*BOTH, vote("u0-0", "x", "down", hours=50)], RULES)
    assert "u0-0" not in labels(counted)
    assert counted.left_out == {"disputed": 2}


def test_blame_alone_never_teaches() -> None:
    counted = count_votes(spread(9, thumb="down", prefix="d", each=3), RULES)
    assert counted.ballots == ()
    assert counted.left_out == {"only-thumbs-down": 27}


@pytest.mark.parametrize(("happy", "unhappy"), [(2, 5), (5, 2)])
def test_too_few_people_on_either_side_are_no_claim(happy: int, unhappy: int) -> None:
    given = [*spread(happy, thumb="up", prefix="u"), *spread(unhappy, thumb="down", prefix="d")]
    counted = count_votes(given, RULES)
    assert counted.ballots == ()
    assert counted.left_out == {"too-few-people": 7}
    assert count_votes(given, replace(RULES, people_per_side=2, person_share=0.5)).ballots


def test_nobody_gives_more_than_a_share_of_a_side() -> None:
    loud = spread(1, thumb="up", prefix="loud", each=30)
    counted = count_votes([*BOTH, *loud], RULES)
    by_loud = [b for b in counted.ballots if "loudperson0" in b.people]
    ups = [b for b in counted.ballots if b.label]
    assert 0 < len(by_loud) <= 0.35 * len(ups)
    assert {b.reply for b in by_loud} <= {f"loud0-{n}" for n in range(28, 30)}
    assert counted.left_out == {"person-cap": 30 - len(by_loud)}


def test_wrong_facts_are_no_matter_of_style_but_are_counted_for_the_report() -> None:
    wrong = vote("w", "x", "down", hours=70, reason="The facts are wrong")
    tone = vote("t", "y", "down", hours=80, reason="It does not sound like us")
    counted = count_votes([*BOTH, wrong, tone], RULES)
    assert "w" not in labels(counted)
    assert labels(counted)["t"] is False
    assert counted.left_out == {"not-about-style": 1}
    assert counted.reasons == {"The facts are wrong": 1, "It does not sound like us": 1}


def test_where_unhappy_people_vote_more_their_votes_count_less() -> None:
    angry = spread(6, thumb="down", prefix="angry")
    counted = count_votes(
        [*BOTH, *angry, vote("u0-0", "x", "up", hours=70), vote("u0-0", "y", "down", hours=71)], RULES
    )
    assert counted.unhappy_weight == 0.5
    assert labels(counted)["u0-0"] is True  # two against one that counts half


def crowd(people: int, votes: int, *, at: float) -> list[Feedback]:
    return [vote(f"hit{n}", f"crowd{n % people}", "down", hours=at + n / 600) for n in range(votes)]


def test_a_crowd_of_new_people_is_quarantined_with_evidence() -> None:
    counted = count_votes([*BOTH, *crowd(10, 12, at=100)], RULES)
    assert not [name for name in labels(counted) if name.startswith("hit")]
    (found,) = counted.quarantined
    assert (found.votes, found.people, found.newcomers) == (12, 10, 10)
    assert "12 thumbs down by 10 people (10 of them new) within 2 minutes from 2026-03-05 16:00" in found.sentence
    assert counted.left_out == {"burst": 12}
    assert labels(counted) == labels(count_votes(BOTH, RULES))


def test_a_burst_of_few_people_is_quarantined_even_if_they_are_known() -> None:
    before = [vote(f"old{n}", f"crowd{n}", "up", hours=n) for n in range(2)]
    counted = count_votes([*BOTH, *before, *crowd(2, 9, at=100)], RULES)
    assert counted.left_out["burst"] == 9


def test_a_busy_hour_of_many_known_people_is_no_crowd() -> None:
    known = [vote(f"k{n}", f"crowd{n}", "up", hours=n) for n in range(10)]
    assert count_votes([*BOTH, *known, *crowd(10, 10, at=100)], RULES).quarantined == ()


def test_accounts_that_always_vote_alike_count_as_one() -> None:
    puppets = [vote(f"u{n}-0", f"puppet{p}", "up", hours=50 + p) for n in range(4) for p in range(3)]
    more = [vote(f"p{n}", f"puppet{p}", "up", hours=60 + 7 * n) for n in range(4) for p in range(3)]
    counted = count_votes([*BOTH, *puppets, *more], RULES)
    assert counted.left_out["voted-together"] == 16
    assert max(ballot.up for ballot in counted.ballots) == 2
