import pytest

from styles.wording import emoji_in, folded, phrase, sentences, tokens, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ship it ⚡", ["⚡"]),
        ("love ❤️ and bare ❤", ["❤", "❤"]),
        ("family 👨‍👩‍👧 counts once", ["👨‍👩‍👧"]),
        ("thumbs 👍🏽 up", ["👍🏽"]),
        ("🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]),
        ("press 1️⃣", ["1⃣"]),
        ("a → b ✓ © 2024 ™ № 5", []),
        ("日本語 text", []),
    ],
)
def test_emoji_are_found_as_people_see_them(text: str, expected: list[str]) -> None:
    assert emoji_in(text) == expected


def test_tokens_keep_words_numbers_links_and_runs_of_one_mark_together() -> None:
    text = "Don't wait!!! Mail a.b@c.example or see https://x.example/y at 9:30 [EMAIL_1]\n\nok…"
    assert tokens(text) == [
        *("Don't", "wait", "!!!", "Mail", "a.b@c.example", "or", "see", "https://x.example/y"),
        *("at", "9:30", "[EMAIL_1]", "\n\n", "ok", "…"),
    ]


def test_a_hyphenated_word_is_one_word() -> None:
    assert words("two-day, re-order 3") == ["two-day", "re-order", "3"]


def test_sentences_end_at_marks_and_line_breaks() -> None:
    assert sentences("Yes. It costs 3.50 today! Ok?\nFair winds") == [
        "Yes.",
        "It costs 3.50 today!",
        "Ok?",
        "Fair winds",
    ]


def test_folding_removes_case_and_typography() -> None:
    assert folded("  IT’s —  FINE ") == "it's - fine"


def test_a_phrase_is_found_only_as_whole_words() -> None:
    assert phrase("as per").search(folded("AS  per your mail"))
    assert not phrase("dear").search(folded("endearing"))
