"""Street addresses in chat of twenty countries, in lower case, with typos, as postal blocks; and what only looks so."""

from __future__ import annotations

import pytest

from conversations.privacy import Redactor, find_private, may_hold_private
from tests.conversations.marked import Marked, flagged, lines, recall
from tests.conversations.street_chat import LOOK_ALIKE, WRITTEN


def test_98_of_100_addresses_in_chat_are_hidden_whole() -> None:
    share, missed = recall(WRITTEN, "ADDRESS")
    assert share >= 0.98, missed


def test_at_most_2_of_100_look_alikes_are_taken_for_an_address() -> None:
    false = flagged(LOOK_ALIKE, "ADDRESS")
    assert len(false) <= 0.02 * len(lines(LOOK_ALIKE)), false


def test_the_sieve_lets_through_whatever_an_address_is_found_in() -> None:
    texts = [Marked.of(line).text for line in lines(WRITTEN) + lines(LOOK_ALIKE)]
    held = [text for text, passed in zip(texts, may_hold_private(texts), strict=True) if not passed]
    assert [text for text in held if find_private(text)] == []


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("ship to 12 Harbour Road, Bristol BS1 4RN please", "ship to <ADDRESS_1> please"),
        ("Anna Schmidt\nUnter den Eichen 12\n12203 Berlin\nDanke", "Anna Schmidt\n<ADDRESS_1>\nDanke"),
        ("we live at Flat 3, 22 Park Row, come over", "we live at <ADDRESS_1>, come over"),
        ("It is on 5813 Cottle Road. Come soon.", "It is on <ADDRESS_1>. Come soon."),
        ("la sede è in Via Roma snc, grazie", "la sede è in <ADDRESS_1>, grazie"),
        ("Street: Foxglove 12\nTown: Totnes", "Street: <ADDRESS_1>\nTown: Totnes"),
        ("it was 15 - 17 Market Street", "it was <ADDRESS_1>"),
        ("woon nu Oude Gracht 88-bis", "woon nu <ADDRESS_1>"),
        ("ik woon op Keizersgracht 174, Amsterdam", "ik woon op <ADDRESS_1>, Amsterdam"),
    ],
)
def test_flat_postcode_and_town_go_with_the_street(text: str, hidden: str) -> None:
    assert Redactor().redact(text).text == hidden


@pytest.mark.parametrize("name", ["1402 Rosewood", "Unter den Eichen 12", "12 rosewood"])
def test_a_street_without_a_word_for_street_needs_an_announcement(name: str) -> None:
    assert Redactor().redact(f"please deliver to {name}, thanks").text == "please deliver to <ADDRESS_1>, thanks"
    assert find_private(f"they said {name.lower()} and left") == ()


@pytest.mark.parametrize(
    "text", ["Via Roma snc", "Rose Cottage, Main Street, Barna H91X4Y2", "N6241 Lakeview Drive", "De Wieken 27"]
)
def test_the_sieve_knows_addresses_without_a_number_of_their_own(text: str) -> None:
    assert may_hold_private([text] * 60) == [True] * 60
    assert [found.kind for found in find_private(text)] == ["ADDRESS"]
    assert find_private("the meaning of s/n is serial number, and snc a kind of company") == ()
