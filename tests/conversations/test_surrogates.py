"""Made-up values: they read well, belong to nobody, and are the same wherever the same placeholder stood."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from conversations.privacy import KINDS, Redactor, find_private
from conversations.roster import Roster
from conversations.surrogates import Surrogates

RESERVED = {
    "EMAIL": r"[a-z]+\.[a-z]+\d\d@example\.(com|org|net)",
    "PHONE": r"\+1 \d{3}-555-01\d\d",
    "IP": r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}",
    "ID": r"987-65-432\d",
    "ADDRESS": r"\d{1,3} [A-Z][a-z]+ Street",
    "NAME": r"[A-Z][a-z]+ [A-Z][a-z]+",
    "CARD": r"(\d{4} ){3}\d{4}",
    "IBAN": r"GB\d\d TEST( \d{2,4})+",
}


def test_each_kind_comes_from_a_range_that_is_nobodys() -> None:
    for kind in set(KINDS) - {"KEY"}:
        made = Surrogates(b"key", "c1").dress(f"<{kind}_1>")
        assert re.fullmatch(RESERVED[kind], made), made
    assert Surrogates(b"key", "c1").dress("<KEY_1>") == "<KEY_1>"


def test_one_placeholder_is_one_value_in_a_conversation_and_another_elsewhere() -> None:
    here, again, there = Surrogates(b"key", "c1"), Surrogates(b"key", "c1"), Surrogates(b"key", "c2")
    text = "<NAME_1> and <NAME_2>, mail <EMAIL_1>; <NAME_1> again"
    dressed = here.dress(text)
    assert dressed == again.dress(text) != there.dress(text)
    first, second = here.dress("<NAME_1>"), here.dress("<NAME_2>")
    assert dressed.count(first) == 2
    assert first != second
    assert Surrogates(b"other key", "c1").dress(text) != dressed


def test_nobody_of_the_roster_is_made_up_again() -> None:
    everybody = {Surrogates(b"key", str(n)).dress("<NAME_1>") for n in range(40)}
    roster = Roster.of(everybody)
    again = {Surrogates(b"key", str(n), roster).dress("<NAME_1>") for n in range(40)}
    assert not {name for name in again if any(roster.find(name))}


def test_what_is_private_beside_the_surrogates_is_noticed() -> None:
    surrogates = Surrogates(b"key", "c1")
    dressed = surrogates.dress("mail <EMAIL_1> from <IP_1>, pay to <IBAN_1> or <CARD_1>, call <PHONE_1>")
    assert find_private(dressed)
    assert not surrogates.leaks(dressed)
    assert surrogates.leaks(f"{dressed} or anna.lind@shop.test")


@given(st.text(max_size=60), st.sampled_from(["<EMAIL_1>", "<PHONE_2>", "<NAME>", "<ID_1>"]))
def test_dressing_touches_nothing_but_placeholders(text: str, placeholder: str) -> None:
    redacted = Redactor().redact(text).text
    surrogates = Surrogates(b"key", "c1")
    value = surrogates.dress(placeholder)
    assert surrogates.dress(f"{redacted} {placeholder}") == f"{surrogates.dress(redacted)} {value}"
