"""A sieve lets through all that its rule would find something in."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations import privacy, secrets
from conversations.privacy import find_private, may_hold_private
from conversations.roster import Roster
from conversations.sieve import Sieve, any_of
from tests.conversations.look_alikes import look_alikes
from tests.conversations.planted import BRAND, NAMES, planted

TEXTS = [*(one.text for one in planted()), *look_alikes()]
ROSTER = Roster.of(NAMES, keep=BRAND)
ORDINARY = ["where is my parcel?", "it left on Monday, at 10:30", "3 of 4 arrived, thanks!", "room 12 is free"] * 25


def test_every_part_of_a_sign_is_needed_and_one_sign_is_enough() -> None:
    sieve = Sieve(((r"\p{Nd}", any_of("road|lane")), ("@",)))
    assert sieve.through(["12 Mill Lane", "Mill Lane", "12 mills", "a@b", ""]) == [True, False, False, True, False]


def test_disguises_pass_where_they_are_looked_for() -> None:
    texts = ["plain", "\ufb01ne", "zero\u200bwidth", "caf\u00e9"]
    assert Sieve((("@",),)).through(texts) == [False] * 4
    assert Sieve((("@",),), disguised=True).through(texts) == [False, True, True, False]
    joined = Sieve((("@",),)) | Sieve((("plain",),), disguised=True)
    assert joined.through(texts) == [True, True, True, False]


def test_half_of_a_surrogate_pair_is_looked_at_and_hurts_nobody_else() -> None:
    assert Sieve((("x",),)).through(["x", "\ud83d", "y"]) == [True, True, False]
    assert Sieve((("x",),)).through([]) == []


def missed(texts: list[str], roster: Roster | None = None) -> list[str]:
    passed = may_hold_private([*texts, *ORDINARY], roster)[: len(texts)]
    return [text for text, held in zip(texts, passed, strict=True) if not held and find_private(text, roster=roster)]


@pytest.mark.parametrize("roster", [None, ROSTER])
def test_what_holds_something_private_passes(roster: Roster | None) -> None:
    assert missed(TEXTS, roster) == []
    assert missed([text.upper() for text in TEXTS], roster) == []
    assert missed([text.replace(" ", "\u00a0") for text in TEXTS], roster) == []


def test_most_ordinary_talk_is_held_back() -> None:
    assert sum(may_hold_private(ORDINARY)) == 0


def test_of_a_few_texts_all_are_looked_at() -> None:
    assert may_hold_private(ORDINARY[:3]) == [True] * 3


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(TEXTS), st.sampled_from(TEXTS), st.integers(0, 60), st.integers(0, 60), st.text(max_size=6))
def test_pieces_of_such_texts_pass_as_well(one: str, other: str, start: int, end: int, between: str) -> None:
    assert missed([one[start:] + between + other[:end]]) == []


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(list("0123456789 +-./()@:abcDEF|st.kr")), max_size=30).map("".join))
def test_runs_of_digits_and_signs_pass_where_they_are_something(text: str) -> None:
    assert missed([text]) == []


@settings(max_examples=25, deadline=None)
@given(st.from_regex(secrets._STATED) | st.from_regex(privacy._SPOKEN_EMAIL) | st.from_regex(privacy._EMAIL))
def test_whatever_a_rule_matches_passes(text: str) -> None:
    assert missed([text]) == []


def test_every_known_secret_passes_the_signs_of_keys() -> None:
    texts = [one.text for one in planted() if one.kind == "KEY"]
    random.Random(1).shuffle(texts)
    assert texts
    assert all(secrets.SIGNS.through(texts))
