import pytest

from styles.lexicon import compare_lexicon
from styles.profile import habits, measure_profile

REPLIES = [
    "Ahoy there, we'll see to it. The crew is on its way ⚓\nFair winds, the crew",
    "Ahoy there, your cup is ready!\nFair winds, the crew",
    "Ahoy, you can come by today. We open at 9.\nFair winds, the crew",
    "Ahoy, no, not today. Shall we call you?\nFair winds, the crew",
]


def test_habits_are_counted_as_a_person_would() -> None:
    found = habits("We can't do it, sorry! Do you want 2 cups? ☕")
    assert found["words"] == 10
    assert found["sentence"] == 5
    assert found["exclamation"] == found["question"] == found["comma"] == found["we"] == pytest.approx(10)
    assert found["contractions"] == found["you"] == pytest.approx(10)
    assert found["capitals"] == 100
    assert found["emoji"] == 1
    assert found["lines"] == 0


def test_an_empty_reply_has_no_habits_and_no_error() -> None:
    assert set(habits("").values()) == {0.0}
    assert measure_profile([]).replies == 0


def test_short_words_read_more_easily_than_long_ones() -> None:
    assert habits("The cat sat on the mat.")["ease"] > 100
    assert habits("Unfortunately, organisational considerations necessitate postponement.")["ease"] < 10


def test_greetings_and_sign_offs_are_found() -> None:
    profile = measure_profile(REPLIES)
    assert [(p.text, p.share) for p in profile.openings] == [("ahoy", 1.0), ("ahoy there", 0.5)]
    assert [(p.text, p.share) for p in profile.closings] == [("fair winds the crew", 1.0)]
    assert [(p.text, p.share) for p in profile.emoji] == [("⚓", 0.25)]


def test_the_profile_can_be_read() -> None:
    lines = measure_profile(REPLIES).lines()
    assert any(line.startswith("Words in a reply") for line in lines)
    assert any("fair winds the crew (100%)" in line for line in lines)


def test_a_german_profile_leaves_english_habits_out() -> None:
    names = {habit.name for habit in measure_profile(["Moin, das wird."] * 3, language="de").habits}
    assert "words" in names
    assert not names & {"ease", "contractions", "i", "we", "you"}


def test_the_lexicon_names_words_that_one_side_overuses() -> None:
    ours = ["yep, all fine ⚡"] * 15 + ["yep, no"] * 15
    theirs = ["I understand, all fine"] * 15 + ["Please wait, no"] * 15
    found = {use.word: use for use in compare_lexicon(ours, theirs)}
    assert found["yep"].log_odds > 0 > found["understand"].log_odds
    assert found["yep"].low > 0
    assert (found["yep"].ours, found["yep"].theirs) == (1.0, 0.0)
    assert "fine" not in found
    assert "no" not in found


def test_chance_and_single_uses_are_not_in_the_lexicon() -> None:
    assert compare_lexicon(["one two"] * 4 + ["rare"], ["one two"] * 5) == []
    assert compare_lexicon([], ["one"]) == []


def test_a_word_in_every_reply_of_both_sides_is_no_difference() -> None:
    assert compare_lexicon(["stay bright"] * 30, ["stay bright"] * 30) == []
