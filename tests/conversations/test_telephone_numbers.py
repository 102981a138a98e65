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
        ("(0117) 496 0388 ext. 12 please", "<PHONE_1> please"),
        ("the phone # is 01223324033", "the phone # is <PHONE_1>"),
        ("请打13812345678", "请打<PHONE_1>"),
        ("Cheers, Jo\n9876543210", "Cheers, Jo\n<PHONE_1>"),
    ],
)
def test_a_number_is_hidden_to_its_end_and_no_further(text: str, hidden: str) -> None:
    assert Redactor().redact(text).text == hidden


@pytest.mark.parametrize("number", ["0171 2345678", "601 234 567", "+49 30 901820"])
def test_an_order_or_a_ticket_is_nobodys_telephone(number: str) -> None:
    assert find_private(f"ticket number {number}") == ()
    assert [found.kind for found in find_private(f"evenings: {number}")] == ["PHONE"]


def test_digits_without_a_gap_are_a_telephone_where_a_message_says_nothing_else() -> None:
    assert Redactor().redact("601234098 Ania").text == "<PHONE_1> Ania"
    assert Redactor().redact("my neighbour: 2065550177").text == "my neighbour: <PHONE_1>"
    assert [find_private(text) for text in ("1718712345", "20240311", "9876543210", "it says 601234098")] == [()] * 4


@pytest.mark.parametrize("text", ["text me when order 12345678 ships", "S/N 0098 1123 4456", "1Z 999 AA1 01 2345 6784"])
def test_the_nearest_word_says_what_a_number_is(text: str) -> None:
    assert find_private(text) == ()
