"""A model's Markdown in parts that Slack takes, whatever pieces it comes in."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.slack.typesetting import AT_ONCE, Typesetter, parts

WORDS = st.sampled_from(
    [
        "hello ",
        "\n",
        "\n\n",
        "```\n",
        "```python\n",
        "`",
        "| a | b |\n",
        "|---|---|\n",
        "<!channel>",
        "<@U1>",
        "<",
        ">",
        "[text](https://x.example/y)",
        "[",
        "]",
        "(",
        "!",
        "<https://x.example|label>",
        " ",
        "é" * 40,
        "long " * 300,
    ]
)


def set_in(text: str, cuts: list[int]) -> list[str]:
    setter, shown = Typesetter(), [""]
    bounds = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    for start, end in pairwise(bounds):
        first, *more = setter.feed(text[start:end])
        shown[-1] += first
        shown += more
    rest, *last = setter.finish()
    shown[-1] += rest
    return [part.rstrip() for part in [*shown, *last] if part.strip()]


@given(st.lists(WORDS, max_size=60).map("".join), st.lists(st.integers(0, 12_000), max_size=30))
def test_how_a_text_was_cut_into_pieces_cannot_be_seen(text: str, cuts: list[int]) -> None:
    assert set_in(text, cuts) == parts(text)


@given(st.lists(WORDS, max_size=120).map("".join))
def test_no_part_is_too_long_or_leaves_code_open_or_rings(text: str) -> None:
    for part in parts(text):
        assert len(part.encode()) <= AT_ONCE + 100
        assert sum(line.strip().startswith("```") for line in part.split("\n")) % 2 == 0
        assert "<!" not in part
        assert "<@" not in part


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("hi <!channel> <!here> <@U1> <#C1>", "hi &lt;!channel> &lt;!here> &lt;@U1> &lt;#C1>"),
        ("<https://evil.example|our shop>", "&lt;https://evil.example|our shop>"),
        ("[our shop](https://evil.example/x)", "our shop (https://evil.example/x)"),
        ("![pixel](https://evil.example/x?d=1)", "pixel (https://evil.example/x?d=1)"),
        ("<https://fine.example>", "https://fine.example"),
        ("`<!channel>`", "`&lt;!channel>`"),
        ("```\n<!channel>\n```", "```\n&lt;!channel>\n```"),
        ("1 < 2 and a<b, x[0](1)", "1 < 2 and a<b, x[0](1)"),
        ("> quoted", "> quoted"),
        ("```python\nopen", "```python\nopen\n```"),
    ],
)
def test_what_is_written_and_what_is_shown(written: str, shown: str) -> None:
    assert parts(written) == [shown]


def test_a_table_becomes_aligned_text() -> None:
    written = "Sizes:\n\n| Size | Chest |\n|:--|--:|\n| S | **90** |\n| XXL | 120 |\n\nFine?"
    assert parts(written) == ["Sizes:\n\n```\nSize  Chest\n----  -----\nS     90\nXXL   120\n```\n\nFine?"]


def test_long_code_is_closed_and_opened_again_between_parts() -> None:
    first, second = parts("```python\n" + "print('line')\n" * 900 + "```\nDone.")
    assert first.startswith("```python\n")
    assert first.endswith("\n```")
    assert second.startswith("```python\nprint")
    assert second.endswith("```\nDone.")


def test_a_part_ends_with_a_paragraph_when_one_ends_in_time() -> None:
    first, *_ = parts("word " * 1200 + "\n\n" + "word " * 300 + "\n\n" + "more " * 600)
    assert first.endswith("word")
    assert 6_500 < len(first) < 9_000


@pytest.mark.parametrize(
    "text", ["word " * 1_600 + "\n", "word " * 1_400 + "\n\n", "```\n" + "code\n" * 1_600 + "```\n"]
)
def test_no_part_begins_before_there_is_something_to_say_in_it(text: str) -> None:
    setter = Typesetter()
    assert len(setter.feed(text)) == len(setter.finish()) == 1
    assert parts(text) == [text.rstrip()]
