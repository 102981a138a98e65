"""Privacy on values that it was not written for: made by Faker, by countries and issuers, beside look-alikes."""

from __future__ import annotations

import pytest

from benchmarks.privacy import Row, measure

STRUCTURED = ("EMAIL", "CARD", "IBAN", "IP", "ID", "KEY", "NAME")


@pytest.fixture(scope="module")
def table() -> dict[str, Row]:
    rows, _ = measure(seed=11, count=1_000)
    return rows


def test_more_than_a_thousand_values_are_planted(table: dict[str, Row]) -> None:
    assert sum(row.planted for row in table.values()) >= 1_000
    assert all(row.planted >= 80 for row in table.values())


@pytest.mark.parametrize("kind", STRUCTURED)
def test_of_a_structured_kind_99_percent_are_hidden(table: dict[str, Row], kind: str) -> None:
    assert table[kind].recall >= 0.99, table[kind].missed


def test_telephone_numbers_are_hidden_where_a_word_names_them_and_mostly_elsewhere(table: dict[str, Row]) -> None:
    assert table["PHONE"].recall >= 0.98, table["PHONE"].missed
    assert table["PHONE, no word before it"].recall >= 0.92


def test_a_part_of_a_name_is_hidden_unless_it_is_short_or_a_common_word(table: dict[str, Row]) -> None:
    assert table["NAME, one word of it"].recall >= 0.8, table["NAME, one word of it"].missed


def test_streets_are_hidden_unless_they_have_no_house_number_and_the_card_says_so(table: dict[str, Row]) -> None:
    from styles.dataset_card import NOT_COVERED

    assert table["ADDRESS"].recall >= 0.95, table["ADDRESS"].missed
    assert all(not any(map(str.isdigit, text)) for text in table["ADDRESS"].missed)
    assert any("house number" in line for line in NOT_COVERED)


@pytest.mark.parametrize("kind", [*STRUCTURED, "PHONE", "ADDRESS"])
def test_what_is_hidden_is_private_in_95_of_100_cases(table: dict[str, Row], kind: str) -> None:
    assert table[kind].precision >= 0.95
