"""Why a row is in one dataset version and not in another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from conversations.messages import Conversation
from styles.curation import Limits
from styles.dataset import DatasetVersion, save_dataset
from styles.dataset_diff import GONE, NEW, explain_diff
from tests.styles.material import DAY, SOURCES, conversation, curated, distinct

KEPT = [
    conversation("edited", "u: Is the blue kettle back?", "a: It is, hooray!"),
    conversation("moves", "u: May I bring my parrot aboard?", "a: Parrots are most welcome."),
    conversation("closing", "u: How late do you open on Fridays?", "a: Until nine, come by!", source="later"),
    conversation("leaves", "u: Which rope holds an anchor?", "a: The thick one in aisle four."),
]


def save(folder: Path, conversations: Sequence[Conversation], **more: object) -> DatasetVersion:
    sources = more.pop("sources", SOURCES)
    result = curated([*distinct(12), *conversations], Limits(**more), sources=sources)  # type: ignore[arg-type]
    return save_dataset(result, style="harbor", data_dir=folder, now=DAY)


def test_every_difference_has_its_reason(tmp_path: Path) -> None:
    new = conversation("new", "u: Do you mend sails as well?", "a: We do, bring them in.")
    edited = conversation("edited", "u: Is the blue kettle back?", "a: It is, and the red one too!")
    closed = {**SOURCES, "later": replace(SOURCES["later"], train_allowed=False)}
    before = save(tmp_path, KEPT)
    after = save(tmp_path, [edited, KEPT[1], KEPT[2], new], sources=closed, same_reply_at_most=7)
    explained = explain_diff(before, after)
    why = {row.id: (row.change, row.why) for row in explained.rows if row.change != "moved"}
    assert why["new"] == ("in", NEW)
    assert why["leaves"] == ("out", GONE)
    assert why["edited"] == ("changed", "its text is another: edited, or imported again")
    assert why["closing"][1].startswith("not-allowed (basis): Its source is not allowed for training.")
    assert explained.settings == {"limits.same_reply_at_most": (3, 7)}
    assert explained.counts["in"] == 1


def test_what_comes_back_says_why_it_was_out(tmp_path: Path) -> None:
    closed = {**SOURCES, "later": replace(SOURCES["later"], train_allowed=False)}
    explained = explain_diff(save(tmp_path, KEPT, sources=closed), save(tmp_path, KEPT))
    (row,) = [row for row in explained.rows if row.change == "in"]
    assert (row.id, row.why) == ("closing", "it was left out before: not-allowed (basis)")
    assert explained.reasons["in: it was left out before: not-allowed (basis)"] == 1


def test_people_read_reasons_first_and_a_few_rows_of_each(tmp_path: Path) -> None:
    explained = explain_diff(save(tmp_path, []), save(tmp_path, KEPT))
    rows = [replace(row, change="in", why=NEW, begins="a\nb " * 40) for row in explained.rows][:1] * 5
    lines = list(replace(explained, rows=tuple(rows), settings={"limits.x": (1, 2)}).lines())
    assert lines[:2] == ["5 in, 0 out, 0 changed, 0 moved", f"\n5 in: {NEW}"]
    assert [len(line) <= 80 and "\n" not in line for line in lines[2:5]] == [True] * 3
    assert lines[5:] == ["  … and 2 more (--json lists them all)", "\nsetting limits.x: 1 → 2"]


ASKED = (
    "Could you mend the torn sail of my little wooden boat before the summer races in July begin?",
    "Which of your anchors would hold a narrow canal barge against a strong spring current near a weir?",
)
SAID = ("Gladly! Bring it by, it takes us about a week.", "Take the heavy one from aisle four, madam.")


def test_rows_that_repeat_different_ones_are_one_group_and_each_names_its_own(tmp_path: Path) -> None:
    pairs = list(zip(ASKED, SAID, strict=True))
    first = [conversation(f"x{i}", f"u: {asked}", f"a: {said}") for i, (asked, said) in enumerate(pairs)]
    longer = [conversation(f"y{i}", f"u: Hello! {asked}", f"a: {said} Bye!") for i, (asked, said) in enumerate(pairs)]
    explained = explain_diff(save(tmp_path, first), save(tmp_path, [*first, *longer]))
    assert explained.reasons["out: near-copy (near copies)"] == 2
    lines = [line.strip() for line in explained.lines()]
    assert "2 out: near-copy (near copies)" in lines
    assert {"It says nearly the same as y0.", "It says nearly the same as y1."} <= set(lines)


def test_what_changed_in_a_row_is_named(tmp_path: Path) -> None:
    before = save(tmp_path, KEPT)
    longer = conversation("edited", "u: Is the blue kettle back?", "a: It is, hooray!", "u: Great", "a: See you soon!")
    hidden = conversation("moves", "u: May I bring my parrot aboard? I am olivia@example.com", "a: Most welcome.")
    after = save(tmp_path, [longer, hidden, *KEPT[2:]])
    why = {row.id: row.why for row in explain_diff(before, after).rows if row.change == "changed"}
    assert why["edited"].startswith("it is longer or shorter")
    assert why["moves"] == "other things are hidden in it"


def test_of_an_erased_version_the_numbers_are_compared(tmp_path: Path) -> None:
    before, after = save(tmp_path, KEPT), save(tmp_path, KEPT[:2], same_reply_at_most=7)
    before.erase(now=DAY)
    explained = explain_diff(before, after)
    assert explained.rows == ()
    first, setting = explained.lines()
    assert f"{before.reference}: {before.train_count} to train on, {before.holdout_count} held out" in first
    assert f"{after.reference}: {after.train_count} to train on, {after.holdout_count} held out" in first
    assert setting == "\nsetting limits.same_reply_at_most: 3 → 7"
