import pytest

from training.bootstrap import Interval
from training.movement import Direction, Habits, direction


@pytest.mark.parametrize(
    ("moved", "left", "start", "expected"),
    [
        ((-8, -9, -7), (0.1, -1, 1), 8.1, "arrived"),
        ((-4, -5, -3), (4, 3, 5), 8, "moved toward"),
        ((0.1, -1, 1), (8, 7, 9), 8, "unchanged"),
        ((-12, -13, -11), (-4, -5, -3), 8, "overshot"),
        ((4, 3, 5), (12, 11, 13), 8, "moved away"),
        ((3, 2, 4), (3, 2, 4), 0, "overshot"),
    ],
)
def test_where_a_habit_went(
    moved: tuple[float, float, float], left: tuple[float, float, float], start: float, expected: Direction
) -> None:
    assert direction(Interval(*moved), Interval(*left), start=start, near=0.5) == expected


BRAND = ["yep, done. see you ⚡", "oof, no. try monday", "yep, two left. grab one ⚡", "nope. not today, sorry"] * 5
BASE = ["I understand that you would like to know more about it. We will review your request soon!"] * 20


def test_a_voice_like_the_brand_is_near_and_one_like_the_base_is_far() -> None:
    habits = Habits(BRAND, BASE, language="en")
    assert habits.distance(BRAND) == 0.0
    assert habits.distance(BASE) > 0.8


def test_a_caricature_overshoots() -> None:
    habits = Habits(BRAND, BASE, language="en")
    loud = [f"{reply} ⚡⚡⚡⚡" for reply in BRAND]
    found = {m.habit: m.direction for m in habits.movements(loud, clusters=range(20))}
    assert found["emoji"] == "overshot"
    assert found["capitals"] == "arrived"


def test_a_voice_that_did_not_learn_is_unchanged() -> None:
    found = {m.habit: m.direction for m in Habits(BRAND, BASE, language="en").movements(BASE, clusters=range(20))}
    assert set(found.values()) <= {"unchanged", "arrived"}
    assert found["words"] == "unchanged"


def test_english_habits_are_not_measured_in_other_languages() -> None:
    found = {m.habit for m in Habits(BRAND, BASE, language="de").movements(BASE, clusters=range(20))}
    assert not found & {"contractions", "i", "we", "you", "ease"}
