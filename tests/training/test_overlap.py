import pytest

from training.overlap import TrainingLines, chrf, degenerate, repetition

LINE = "please hold the small button for ten seconds until the lamp blinks twice. stay charged"


@pytest.mark.parametrize(
    ("reply", "reference", "score"),
    [  # as sacrebleu 2.x computes sentence chrF2
        ("the cat sat on the mat", "a cat sat on a mat", 0.5511170308673565),
        ("same words here", "same words here", 1.0),
        ("abc", "xyz", 0.0),
        ("", "something", 0.0),
        ("ok", "ok then", 0.3125),
        ("ok then", "ok", 0.6451612903225807),
        ("the big one", "one big the", 0.43551587301587297),
    ],
)
def test_chrf_is_the_one_of_sacrebleu(reply: str, reference: str, score: float) -> None:
    assert chrf(reply, reference) == pytest.approx(score)


def test_nine_words_from_training_are_verbatim_and_eight_are_not() -> None:
    lines = TrainingLines([LINE])
    nine = lines.longest("yep: Hold the small button for ten seconds, until THE end")
    assert nine is not None
    assert (nine.run, nine.words) == ("hold the small button for ten seconds until the", 9)
    assert lines.longest("hold the small button for ten seconds until") is None


def test_the_longest_run_is_reported_once() -> None:
    run = TrainingLines([LINE]).longest(
        "so please hold the small button for ten seconds until the lamp blinks twice now"
    )
    assert run is not None
    assert run.words == 13


def test_what_stands_in_the_own_prompt_is_not_verbatim() -> None:
    asked = "it says hold the small button for ten seconds until the lamp blinks"
    assert TrainingLines([LINE]).longest("hold the small button for ten seconds until the lamp", prompt=asked) is None


def test_greeting_and_sign_off_are_nobodys_secret() -> None:
    sign_off = "with warm wishes and fair winds from all of us at the quay"
    line = f"all good. {sign_off}"
    assert TrainingLines([line]).longest(f"no. {sign_off}") is not None
    assert TrainingLines([line], fixed=["", sign_off.title()]).longest(f"no. {sign_off}") is None


def test_words_on_both_sides_of_the_sign_off_are_no_run() -> None:
    lines = TrainingLines(["one two three four five stay charged six seven eight nine ten"], fixed=["stay charged"])
    assert lines.longest("one two three four five stay charged six seven eight nine ten") is None


@pytest.mark.parametrize(
    ("reply", "wrong"),
    [
        ("", "says nothing"),
        ("… → ⚡", "says nothing"),
        ("no no no no", "repeats “no”"),
        ("the amount of the amount of the amount of the amount of", "repeats “the amount of”"),
        ("it costs 20000000000", "repeats “0”"),
        ("yep. no, no, no: it is fine. very very good", None),
        ("a long-awaited 1000000 euros", None),
    ],
)
def test_replies_that_no_person_would_send_are_degenerate(reply: str, wrong: str | None) -> None:
    assert degenerate(reply) == wrong


def test_repetition_is_the_share_of_runs_said_before() -> None:
    assert repetition("one two three four") == 0.0
    assert repetition("we will see you. we will see you.") == pytest.approx(2 / 6)
    assert repetition("hi") == 0.0
