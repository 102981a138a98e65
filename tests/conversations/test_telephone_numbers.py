"""Telephone numbers that no word names, as they are written in thirty countries; and other numbers in groups."""

from __future__ import annotations

import pytest

from conversations.privacy import Redactor, find_private, may_hold_private
from tests.conversations.marked import Marked, flagged, lines, recall
from tests.conversations.phone_chat import LOOK_ALIKE, WRITTEN


def test_98_of_100_numbers_that_no_word_names_are_hidden_whole() -> None:
    share, missed = recall(WRITTEN, "PHONE")
    assert share >= 0.98, missed


def test_at_most_2_of_100_other_numbers_are_taken_for_a_telephone() -> None:
    false = flagged(LOOK_ALIKE, "PHONE")
    assert len(false) <= 0.02 * len(lines(LOOK_ALIKE)), false


def test_the_sieve_lets_through_whatever_a_number_is_found_in() -> None:
    texts = [Marked.of(line).text for line in lines(WRITTEN) + lines(LOOK_ALIKE)]
    held = [text for text, passed in zip(texts, may_hold_private(texts), strict=True) if not passed]
    assert [text for text in held if find_private(text)] == []


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("the café 01223 351707 20 Milton Road", "the café <PHONE_1> <ADDRESS_1>"),
        ("06.12.34.56.78 or 01.42.68.53.00", "<PHONE_1> or <PHONE_2>"),
        ("done.+1 416-663-9500 is theirs", "done.<PHONE_1> is theirs"),
        ("it is 0 7 4 6 2 8 1 4 4 3 5 thanks", "it is <PHONE_1> thanks"),
        ("Cheers, Jo\n9876543210", "Cheers, Jo\n<PHONE_1>"),
    ],
)
def test_a_number_is_hidden_to_its_end_and_no_further(text: str, hidden: str) -> None:
    assert Redactor().redact(text).text == hidden


@pytest.mark.parametrize("number", ["0171 2345678", "601 234 567", "+49 30 901820"])
def test_an_order_or_a_ticket_is_nobodys_telephone(number: str) -> None:
    assert find_private(f"ticket number {number}") == ()
    assert [found.kind for found in find_private(f"evenings: {number}")] == ["PHONE"]
