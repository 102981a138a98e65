"""What was held out stays so, whatever comes in or goes later, and nothing trained on repeats it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from styles.examples import Example
from styles.holdout import digest, settle
from styles.split import Part, Split, bucket, leaks, replies_of, split_examples
from tests.styles.test_split import distinct, example

SPLIT = Split(share=0.3, at_least=3)


def known(sides: Mapping[str, Part]) -> dict[str, Part]:
    return {digest(name): side for name, side in sides.items()}


REPLIES = st.lists(st.integers(0, 79), min_size=1, max_size=3)
LATER = st.lists(REPLIES, max_size=25).map(
    lambda rows: [
        example(f"n{n}", *(f"reply {reply}" for reply in said), since="2026-02-01") for n, said in enumerate(rows)
    ]
)


@settings(max_examples=60, deadline=None)
@given(LATER, st.sets(st.integers(0, 39), max_size=30))
def test_sides_are_kept_and_no_trained_row_repeats_a_held_out_one(later: list[Example], gone: set[int]) -> None:
    before = split_examples(distinct(40), SPLIT)
    examples = [*(e for e in distinct(40) if int(e.id[1:]) not in gone), *later]
    sides = settle(examples, SPLIT, known(before))
    moved = {name for name, side in sides.items() if name in before and side != before[name]}
    held = [name for name, side in sides.items() if side == "holdout"]
    assert all(sides[name] == "holdout" for name in moved), "nothing held out is ever trained on"
    assert not moved or len(held) <= SPLIT.at_least, "only where too few would be held out"
    out = leaks(examples, sides)
    left = [e for e in examples if e.id not in out]
    told = {side: {reply for e in left if sides[e.id] == side for reply in replies_of(e)} for side in sides.values()}
    assert not told.get("train", set()) & told.get("holdout", set())


@given(LATER)
def test_where_nothing_was_elsewhere_before_sides_are_those_of_the_hash_alone(later: list[Example]) -> None:
    examples = [*distinct(40), *later]
    fresh = split_examples(examples, SPLIT)
    assert settle(examples, SPLIT, known(fresh)) == settle(examples, SPLIT, {}) == fresh


def test_what_came_in_since_stands_where_its_author_does_although_it_repeats_somebody_else() -> None:
    by = {n: f"person-{int(bucket(str(n)) * 40)}" for n in range(400)}
    old = [replace(example(f"c{n:03}", f"reply {n}", since=f"2026-01-01T{n:06}"), author=by[n]) for n in range(400)]
    before = split_examples(old, SPLIT)
    late = list(range(200, 400))
    held = next(n for n in late if before[f"c{n:03}"] == "holdout")
    trained = next(n for n in late if before[f"c{n:03}"] == "train")
    new = replace(example("new", f"reply {trained}", since="2026-02-01"), author=by[held])
    sides = settle([*old, new], SPLIT, known(before))
    assert {name: side for name, side in sides.items() if name != "new"} == before
    assert sides["new"] == "holdout"
    assert leaks([*old, new], sides) == {f"c{trained:03}": "new"}
