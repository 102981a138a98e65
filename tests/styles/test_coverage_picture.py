"""The picture of coverage is an SVG that holds together, whatever people ask about."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styles.coverage_picture import picture
from styles.topics import Topic

SVG = "{http://www.w3.org/2000/svg}"


def texts(topics: list[Topic]) -> list[str]:
    return [found.text or "" for found in ET.fromstring(picture(topics)).iter(f"{SVG}text")]


TOPICS = st.lists(
    st.builds(Topic, st.text(st.characters(exclude_categories=("Cs", "Cc"))), st.floats(0, 1), st.floats(0, 1)),
    max_size=60,
)


@given(TOPICS)
def test_every_matter_has_two_bars_inside_the_picture(topics: list[Topic]) -> None:
    root = ET.fromstring(picture(topics))
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    paper, *bars = root.iter(f"{SVG}rect")
    assert (float(paper.attrib["width"]), float(paper.attrib["height"])) == (width, height)
    assert len(bars) == 2 * len(topics)
    for bar in bars:
        assert float(bar.attrib["x"]) + float(bar.attrib["width"]) <= width - 200, "the note has to fit behind it"
        assert float(bar.attrib["y"]) + float(bar.attrib["height"]) <= height


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("kettle, refund", "kettle, refund"),
        ("Lieferverzögerung, Rücksendeetikett, Kundendienst", "Lieferverzögerung, Rücksendeetikett…"),
        ("返品方法を教えてください, 配送状況の確認について", "返品方法を教えてください, 配送状況の…"),
        ("<script>", "<script>"),
    ],
)
def test_a_long_label_is_cut_and_told_whole_to_whoever_points_at_it(words: str, shown: str) -> None:
    topics = [Topic(words, 0.5, 0.1)]
    assert texts(topics)[2] == shown
    (title,) = ET.fromstring(picture(topics)).iter(f"{SVG}title")
    assert title.text == f"{words}: 50% → 10% (under-represented)"


def test_small_shares_are_told_apart() -> None:
    assert texts([Topic("book", 0.014, 0.006)])[3] == "1.4% → 0.6% (under-represented)"


def test_a_dataset_of_which_too_little_is_known_says_so() -> None:
    assert texts([])[-1] == "Too little is known to tell."
