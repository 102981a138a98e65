from styles.classifier import Sample, fit_classifier
from styles.learned import LearnedStyle, ProfileDistance
from styles.profile import measure_profile
from tests.training.made_up import BLAND, BRAND, THINGS

OURS = [text.format(thing) for text in BRAND for thing in THINGS]
THEIRS = [text.format(thing) for text in BLAND for thing in THINGS]


def learned() -> LearnedStyle:
    ours = [Sample(text, f"{i % 8}", brand=True) for i, text in enumerate(OURS)]
    theirs = [Sample(text, f"{i % 8}", brand=False) for i, text in enumerate(THEIRS)]
    return LearnedStyle(fit_classifier([*ours, *theirs]))


def test_a_reply_like_the_brands_passes_and_one_like_the_base_models_says_what_gave_it_away() -> None:
    check = learned()
    assert check("yep, the lantern is on its way. stay bright").score == 1.0
    found = check("Thank you for contacting us about the lamp. Could you please provide your order number?")
    assert found.score < 0.5
    assert found.evidence is not None
    assert "reads like the base model" in found.evidence
    assert check("").score == 0.0


def test_habits_that_stray_far_from_the_brands_are_named() -> None:
    check = ProfileDistance(measure_profile(OURS))
    assert check(OURS[3]).score == 1.0
    found = check("WELL!!! " * 40)
    assert found.score < 0.9
    assert found.evidence is not None
    assert found.evidence.startswith("unusual: ")


def test_a_profile_of_nothing_holds_nothing_against_anybody() -> None:
    assert ProfileDistance(measure_profile([])).__call__("hello").score == 1.0
