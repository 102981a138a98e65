"""Files of facts are cut into passages that know where they come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from conversations.errors import ImportRefused
from styles.facts import Passage, read_passages


def passages(folder: Path, name: str, text: str) -> list[Passage]:
    (folder / name).write_text(text, encoding="utf-8")
    return read_passages(folder / name, name)


def test_markdown_is_cut_at_its_headings(tmp_path: Path) -> None:
    text = "# Returns\n\nWithin *30* days.\n\n## Costs\n\n- Free in the EU\n- 5 € elsewhere\n\n# Hours\n\n9 to 5"
    assert passages(tmp_path, "faq.md", text) == [
        Passage("faq.md", "Returns", "Within 30 days."),
        Passage("faq.md", "Returns › Costs", "Free in the EU\n5 € elsewhere"),
        Passage("faq.md", "Hours", "9 to 5"),
    ]


def test_a_table_keeps_its_rows_together(tmp_path: Path) -> None:
    [passage] = passages(tmp_path, "prices.md", "| Size | Price |\n|---|---|\n| Small | 4 € |\n| Large | 9 € |")
    assert passage.text == "Size | Price\nSmall | 4 €\nLarge | 9 €"


def test_of_a_page_only_what_people_read_is_kept(tmp_path: Path) -> None:
    page = """<html><head><title>x</title><script>steal()</script></head><body><nav>Home</nav><!-- hidden -->
    <h2>Shipping</h2><p>We ship   <b>every</b>
    day.</p><details><summary>How long?</summary>Two days.<br>Three at most.</details></body></html>"""
    assert passages(tmp_path, "page.html", page) == [
        Passage("page.html", "Shipping", "We ship every day."),
        Passage("page.html", "Shipping › How long?", "Two days.\nThree at most."),
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("faq.txt", "Q: Are you open?\nA: Nine to five.\n\nQ: And on Sunday?\nA: No."),
        ("faq.csv", 'Question,Answer\nAre you open?,Nine to five.\n"And on Sunday?",No.\n'),
        (
            "faq.jsonl",
            (
                '{"question": "Are you open?", "answer": "Nine to five."}\n\n'
                '{"question": "And on Sunday?", "answer": "No."}\n'
            ),
        ),
    ],
)
def test_questions_with_answers_in_three_forms(tmp_path: Path, name: str, text: str) -> None:
    assert passages(tmp_path, name, text) == [
        Passage(name, "Are you open?", "Nine to five."),
        Passage(name, "And on Sunday?", "No."),
    ]


def test_long_text_is_cut_between_sentences_and_nothing_is_lost(tmp_path: Path) -> None:
    text = " ".join(f"Sentence number {n} says nothing." for n in range(200))
    cut = passages(tmp_path, "long.txt", text)
    assert len(cut) > 5
    assert all(len(passage.text) <= 900 for passage in cut)
    assert " ".join(passage.text for passage in cut) == text
    assert passages(tmp_path, "one.txt", "x" * 3000)[0].text


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.md", b"\xff\xfe", "not UTF-8"),
        ("a.csv", b"one,two\n1,2", '"question" and "answer"'),
        ("a.jsonl", b"{nonsense", "cannot be read"),
        ("a.jsonl", b"[1]", "cannot be read"),
        ("a.txt", b"x" * (4 * 2**20 + 1), "larger than 4 MiB"),
    ],
)
def test_a_broken_file_is_refused_with_its_fault(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ImportRefused, match=said):
        read_passages(tmp_path / name, name)


@pytest.mark.parametrize("text", ["", "\n\n", "# Only a heading", "<script>x</script>"])
def test_nothing_to_say_is_no_passage(tmp_path: Path, text: str) -> None:
    assert passages(tmp_path, "empty.md", text) == []
