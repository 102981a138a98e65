"""What a model writes, cut for Discord: nothing lost, code blocks whole, links honest."""

from __future__ import annotations

import pytest

from bots.discord.markup import MOST, escaped, harmless, parts


@pytest.mark.parametrize(
    "text",
    [
        "short",
        "word " * 2_000,
        "x" * 10_000,
        "a paragraph of some words\n\n" * 400,
        "line\n" * 3_000,
        "é😀" * 3_000,
        "```\n" + "code\n" * 2_000 + "```",
        "```" + "y" * 5_000,
    ],
)
def test_parts_fit_and_lose_nothing(text: str) -> None:
    cut = parts(text)
    assert all(0 < len(part) <= MOST for part in cut)
    assert all(part.count("```") % 2 == 0 for part in cut)
    kept = "".join("".join(cut).replace("```", "").split())
    assert kept == "".join(text.replace("```", "").split())


@pytest.mark.parametrize("text", ["", " ", "\n\n"])
def test_nothing_has_no_parts(text: str) -> None:
    assert parts(text) == []


def test_a_code_block_that_is_cut_opens_again_in_its_language() -> None:
    first, second = parts("before\n```python\n" + "x = 1\n" * 400 + "```\nafter")[:2]
    assert first.endswith("\n```")
    assert second.startswith("```python\nx = 1")


def test_a_growing_text_keeps_its_first_parts() -> None:
    text = "".join(f"Sentence {number} of this text. " for number in range(400))
    first = parts(text)[0]
    assert all(parts(text[:end])[0] == first for end in range(2_000, len(text), 500))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[bank](https://evil.example/x)", "bank (https://evil.example/x)"),
        ("![pixel](https://evil.example/?q=1)", "pixel (https://evil.example/?q=1)"),
        ("[x](<https://evil.example>)", "x (https://evil.example)"),
        ("[https://a.example](https://a.example)", "https://a.example"),
        ('[t](https://a.example "title")', "t (https://a.example)"),
        ("a [note] (in brackets)", "a [note] (in brackets)"),
    ],
)
def test_links_show_where_they_lead(written: str, shown: str) -> None:
    assert harmless(written) == shown


def test_text_of_people_is_shown_as_it_is() -> None:
    assert escaped("**@everyone** <@1> [x](y)") == "\\*\\*@\u200beveryone\\*\\* <@\u200b1\\> \\[x\\](y)"
