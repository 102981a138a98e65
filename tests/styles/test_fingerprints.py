"""Fingerprints: the same for the same work in every process, and another one for other work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial

import pytest

from conversations.roster import Names, Roster
from styles.curation import Limits
from styles.drafts import Draft, Outcome, each
from styles.fingerprints import fingerprint
from styles.steps import builtin_steps

PEOPLE = [("a", ("Jonas Weber", "jo")), ("b", ("Jonas Weber",)), ("c", ("Jonas",))]
TOLD = """
from tests.styles.test_fingerprints import PEOPLE, built
print(built())
"""


def built() -> str:
    return fingerprint(builtin_steps(Limits(banned=("cheap",)), Names(Roster.of_people(PEOPLE))))


def keep(draft: Draft, word: str = "") -> Outcome:
    return draft


def closing_over(word: object) -> Callable[[Draft], Outcome]:
    return lambda draft: draft.drop("word", f"{word}") if draft.place else draft


def calling_itself(times: int) -> Callable[[int], int]:
    def inner(number: int) -> int:
        return inner(number - 1) if number > times else number

    return inner


def test_no_process_sees_another_one() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", TOLD],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for seed in ("1", "2", "3")
    }
    assert told == {built()}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, "1"),
        (1, True),
        (None, ""),
        (("a", "b"), ("ab",)),
        (["a", "b"], ["b", "a"]),
        (("a",), ["a"]),
        ({"a": 1}, {"a": 2}),
        ({1: {2}}, {2: {1}}),
        (frozenset("ab"), frozenset("a")),
        (frozenset("ab"), ("a", "b")),
        (re.compile("a"), re.compile("a", re.IGNORECASE)),
        (re.compile("a" * 300 + "b"), re.compile("a" * 300 + "c")),
        (partial(keep, word="a"), partial(keep, word="b")),
        (each("a", partial(keep, word="a")), each("a", partial(keep, word="b"))),
        (closing_over("a"), closing_over("b")),
        (closing_over({"a": ["b"]}), closing_over({"a": ["c"]})),
        (calling_itself(1), calling_itself(2)),
        (Roster.of_people(PEOPLE), Roster.of_people(PEOPLE[:2])),
        ("\ud800", "\ud801"),
    ],
)
def test_other_work_has_another_one(one: object, other: object) -> None:
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint(one) == fingerprint(one)


def test_equal_work_has_the_same_in_whatever_order_it_came() -> None:
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint(closing_over({"x", "y"})) == fingerprint(closing_over({"y", "x"}))


def test_what_cannot_be_told_apart_is_never_the_same() -> None:
    assert fingerprint(closing_over(sys.stdout)) != fingerprint(closing_over(sys.stderr))
