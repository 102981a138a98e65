"""Who is held out, and that it stays so."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.errors import CurationRefused
from conversations.messages import Message
from styles.examples import Example
from styles.split import Split, bucket, leaks, split_examples

SHARE_ONLY = Split(share=0.3, at_least=1)


def example(name: str, *replies: str, since: str = "2026-01-01", conversation: str = "") -> Example:
    messages = [m for reply in replies for m in (Message("user", "?", trainable=False), Message("assistant", reply))]
    return Example(name, conversation or name, tuple(messages), known_since=since)


def distinct(count: int) -> list[Example]:
    return [example(f"c{i}", f"reply {i}") for i in range(count)]


def held_out(examples: list[Example], split: Split) -> set[str]:
    return {name for name, part in split_examples(examples, split).items() if part == "holdout"}


def test_about_the_share_is_held_out() -> None:
    assert 0.13 < len(held_out(distinct(3000), Split())) / 3000 < 0.17


@pytest.mark.parametrize(("count", "least"), [(4, 1), (8, 2), (12, 3), (20, 5), (30, 5)])
def test_of_small_sets_at_least_five_but_a_quarter_are_held_out(count: int, least: int) -> None:
    for salt in range(20):
        examples = [example(f"{salt}-{i}", f"reply {i}") for i in range(count)]
        assert len(held_out(examples, Split())) >= least
        assert len(held_out(examples, Split(share=0.0))) == least


def test_all_parts_of_a_conversation_are_on_one_side() -> None:
    parts = [example(f"c{i}/{part}", f"reply {i} {part}", conversation=f"c{i}") for i in range(50) for part in (1, 2)]
    assert len(split_examples(parts, Split())) == 50


def test_conversations_with_the_same_reply_are_on_one_side() -> None:
    examples = [example(f"c{i}", f"Reply  {i % 40}!" if i % 2 else f"reply {i % 40}!") for i in range(400)]
    sides = split_examples(examples, Split())
    for reply in range(40):
        assert len({sides[e.id] for e in examples if int(e.id[1:]) % 40 == reply}) == 1
    assert set(sides.values()) == {"train", "holdout"}


def test_a_reply_with_another_full_stop_is_the_same_reply() -> None:
    examples = [example(f"c{i}", f"Your ride, {i % 40}, is booked" + ("." if i % 2 else "!")) for i in range(400)]
    sides = split_examples(examples, Split())
    assert leaks(examples, sides) == {}
    for reply in range(40):
        assert len({sides[e.id] for e in examples if int(e.id[1:]) % 40 == reply}) == 1


def test_what_is_trained_on_and_repeats_what_is_held_out_is_a_leak() -> None:
    long = "we would be glad to send you another one of these as soon as the next ship comes in"
    examples = [example("a", "Yes!"), example("b", "yes."), example("c", f"{long} again"), example("d", f"{long} then")]
    held = example("e", "👍"), example("f", "👍"), example("g", "👎")
    sides = {"a": "holdout", "b": "train", "c": "holdout", "d": "train", "e": "train", "f": "holdout", "g": "train"}
    assert leaks([*examples, *held], sides) == {"b": "a", "d": "c", "e": "f"}  # type: ignore[arg-type]


def test_replies_that_are_context_only_tie_nothing() -> None:
    def with_context(name: str) -> Example:
        muted = Message("assistant", "hello", trainable=False)
        return Example(name, name, (Message("user", "?"), muted, Message("user", "?"), Message("assistant", name)))

    assert split_examples([with_context(f"c{i}") for i in range(100)], SHARE_ONLY) == split_examples(
        [example(f"c{i}", f"reply {i}") for i in range(100)], SHARE_ONLY
    )


def test_a_younger_conversation_follows_the_one_whose_reply_it_shares() -> None:
    before = held_out(distinct(60), SHARE_ONLY)
    followers = [example(f"new{i}", f"reply {i}", since="2026-02-01") for i in range(60)]
    after = held_out([*distinct(60), *followers], SHARE_ONLY)
    assert after == before | {f"new{name[1:]}" for name in before}


def test_a_younger_conversation_that_ties_both_sides_is_trained_on_with_all_of_them() -> None:
    before = held_out(distinct(60), SHARE_ONLY)
    one, other = min(before), min({f"c{i}" for i in range(60)} - before)
    tying = example("new", f"reply {one[1:]}", f"reply {other[1:]}", since="2026-02-01")
    assert held_out([*distinct(60), tying], SHARE_ONLY) == before - {one}


EXAMPLES = st.lists(
    st.tuples(st.integers(0, 10_000), st.lists(st.integers(0, 60), min_size=1, max_size=3)),
    max_size=60,
    unique_by=lambda row: row[0],
).map(lambda rows: [example(f"x{name}", *(f"shared {r}" for r in replies)) for name, replies in rows])


@settings(max_examples=100, deadline=None)
@given(EXAMPLES, st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=3), max_size=30))
def test_younger_conversations_never_move_one_from_training_to_holdout(
    old: list[Example], replies: list[list[int]]
) -> None:
    base = [*distinct(40), *old]
    young = [example(f"y{i}", *(f"shared {r}" for r in said), since="2026-02-01") for i, said in enumerate(replies)]
    before, after = split_examples(base, SHARE_ONLY), split_examples([*base, *young], SHARE_ONLY)
    assert all(after[name] == "train" for name, part in before.items() if part == "train")
    tied = {m.content for e in young for m in e.targets}
    untied = [e.id for e in base if not any(m.content in tied for m in e.targets)]
    moved = Counter(before[name] == after[name] for name in untied if name.startswith("c"))
    assert moved[False] == 0


@settings(max_examples=50, deadline=None)
@given(EXAMPLES, st.randoms())
def test_the_order_of_the_examples_does_not_matter(old: list[Example], random: object) -> None:
    examples = [*distinct(40), *old]
    shuffled = list(examples)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert split_examples(shuffled, Split()) == split_examples(examples, Split())


@pytest.mark.parametrize("examples", [distinct(1), [example(f"c{i}", "the same") for i in range(30)]])
def test_without_anything_to_hold_out_there_is_no_split(examples: list[Example]) -> None:
    with pytest.raises(CurationRefused, match="Import more conversations"):
        split_examples(examples, Split())


def test_once_twenty_authors_are_known_none_of_them_writes_on_both_sides() -> None:
    authors = [f"person-{int(bucket(str(n)) * 60)}" for n in range(1200)]
    examples = [
        replace(example(f"c{n:04}", f"reply {n}", since=f"2026-01-01T{n:06}"), author=author)
        for n, author in enumerate(authors)
    ]
    sides = split_examples(examples, Split())
    known = next(n for n in range(1200) if len(set(authors[: n + 1])) == 20)
    written = {(author, sides[f"c{n:04}"]) for n, author in enumerate(authors) if n >= known}
    assert len(written) == len(set(authors))
    assert {side for _, side in written} == {"train", "holdout"}
