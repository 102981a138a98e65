import time

import pytest

from styles.checks import Check, Finding, style_checks, summarise
from styles.style import EmojiRule, LengthRule, Style

HARBOR = Style(
    name="harbor",
    about="A calm voice by the sea, for tests.",
    preferred=("crew", "→"),
    banned=("unfortunately", "sorry for the inconvenience"),
    greeting="Ahoy",
    sign_off="Fair winds, the Harbor crew",
    emoji=EmojiRule(allowed=("⚓", "☕️"), at_most=1),
    length=LengthRule(words_at_least=4, words_at_most=12),
)
GOOD = "Ahoy there, the crew sends it today. ⚓\nFair winds, the Harbor crew"


def check(name: str, style: Style = HARBOR) -> Check:
    return next(check for check in style_checks(style) if check.name == name)


def test_a_reply_in_the_style_keeps_every_rule() -> None:
    assert {c.name: c(GOOD) for c in style_checks(HARBOR)} == {c.name: Finding(1.0) for c in style_checks(HARBOR)}
    assert len(style_checks(HARBOR)) == 7


def test_rules_that_a_style_leaves_out_are_not_checked() -> None:
    bare = Style(name="bare", about="Nothing but an about text.")
    assert [c.name for c in style_checks(bare)] == ["length", "script"]


@pytest.mark.parametrize(
    ("name", "reply", "score", "evidence"),
    [
        ("banned words", "UNFORTUNATELY, no.", 0.0, "says “unfortunately”"),
        ("banned words", "Sorry for  the\ninconvenience.", 0.0, "says “sorry for the inconvenience”"),
        ("greeting", "Hello. Ahoy!", 0.0, "no greeting"),
        ("greeting", "Ahoyx there", 0.0, "no greeting"),
        ("sign-off", "Ahoy, all set.", 0.0, "no sign-off"),
        ("sign-off", GOOD + " And one more thing.", 0.5, "words after the sign-off"),
        ("sign-off", "unFair winds, the Harbor crew", 0.0, "no sign-off"),
        ("emoji", "Ahoy 🎉⚓", 0.0, "uses 🎉"),
        ("emoji", "Ahoy ⚓☕", 0.5, "2 emoji"),
        ("length", "Ahoy", 0.25, "1 word"),
        ("length", "word " * 24, 0.5, "24 words"),
        ("preferred words", "Ahoy, the crews", 0.0, "no preferred word"),
        ("script", "Добрый день", 0.0, "letters that are not Latin"),
        ("script", "⚓ 123", 0.0, "no letters"),
    ],
)
def test_a_broken_rule_is_found_with_its_evidence(name: str, reply: str, score: float, evidence: str) -> None:
    assert check(name)(reply) == Finding(score, evidence)


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("greeting", "⚓ ahoy, all fine"),
        ("sign-off", "All set.\n\nFAIR WINDS,  the Harbor crew! ⚓"),
        ("preferred words", "account → orders"),
        ("emoji", "☕"),
        ("script", "Ahoy, das Café heißt Яр"),
        ("banned words", "fortunately"),
    ],
)
def test_what_only_looks_different_is_let_pass(name: str, reply: str) -> None:
    assert check(name)(reply).score == 1.0


def test_no_emoji_at_all_is_a_rule_of_its_own() -> None:
    plain = Style(name="plain", about="A voice without any emoji.", emoji=EmojiRule(at_most=0))
    assert check("emoji", plain)("fine 🙂") == Finding(0.0, "1 emoji")


def test_a_russian_style_wants_cyrillic() -> None:
    russian = Style(name="ru", about="A voice that speaks Russian.", language="ru")
    assert check("script", russian)("Добрый день").score == 1.0
    assert check("script", russian)("Good day").score == 0.0


def test_summaries_say_how_often_a_rule_is_broken() -> None:
    replies = [GOOD] * 33 + ["Ahoy, the crew is on it."] * 7
    assert summarise(check("sign-off"), replies).sentence == "no sign-off in 7 of 40 replies"
    mixed = summarise(check("emoji"), [GOOD, "🎉", "🎉", "☕☕"])
    assert (mixed.failed, mixed.total, mixed.mean) == (3, 4, pytest.approx(0.375))
    assert mixed.sentence == "emoji: 3 of 4 replies (uses 🎉 (2), 2 emoji)"
    assert summarise(check("emoji"), [GOOD]).sentence == "emoji: as it should be in every reply"


def test_all_rules_together_take_less_than_five_milliseconds_a_reply() -> None:
    checks, reply = style_checks(HARBOR), "Ahoy, this is a long answer for you. ⚓ " * 12
    began = time.process_time()
    for _ in range(20):
        for one in checks:
            one(reply)
    assert (time.process_time() - began) / 20 < 0.005


def test_checks_survive_whatever_a_model_says() -> None:
    for reply in ("", " \n", "\ud83d", "\u202e\u0000", "🇩", "a" * 20_000, "[" * 500):
        assert all(0.0 <= one(reply).score <= 1.0 for one in style_checks(HARBOR))
