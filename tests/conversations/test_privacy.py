"""What is found and hidden, what is left alone, and how long it takes at worst."""

from __future__ import annotations

import re
import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.privacy import KINDS, Redactor, find_private
from conversations.roster import Names, Roster
from conversations.secrets import find_secrets
from tests.conversations.look_alikes import look_alikes
from tests.conversations.planted import BRAND, NAMES, Planted, planted

ROSTER = Roster.of(NAMES, keep=BRAND)
PLANTED = planted()
LOOK_ALIKES = look_alikes()


def _is_found(case: Planted) -> bool:
    start = case.text.index(case.value)
    return any(
        finding.kind == case.kind and start <= finding.start and finding.end <= start + len(case.value)
        for finding in find_private(case.text, roster=ROSTER)
    )


def test_enough_is_planted_to_mean_something() -> None:
    assert len(PLANTED) >= 200
    assert len(LOOK_ALIKES) >= 100
    assert {case.kind for case in PLANTED} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_at_least_98_percent_of_the_planted_values_of_a_kind_are_found(kind: str) -> None:
    cases = [case for case in PLANTED if case.kind == kind]
    missed = [case.text for case in cases if not _is_found(case)]
    assert len(missed) <= 0.02 * len(cases), missed


def test_at_most_2_percent_of_the_look_alikes_are_flagged() -> None:
    flagged = {text: found for text in LOOK_ALIKES if (found := find_private(text, roster=ROSTER))}
    assert len(flagged) <= 0.02 * len(LOOK_ALIKES), flagged


@pytest.mark.parametrize("case", [c for c in PLANTED if c.kind not in {"KEY", "NAME"}], ids=lambda c: c.value)
def test_nothing_of_a_planted_value_is_left_and_nothing_else_is_taken(case: Planted) -> None:
    assert Redactor(ROSTER).redact(case.text).text == case.text.replace(case.value, f"<{case.kind}_1>")


def test_the_sentence_still_reads() -> None:
    text = "Hi, I'm Olivia Nakamura: mail olivia@example.com or call (415) 555-2671, not OLIVIA@example.com."
    hidden = Redactor(ROSTER).redact(text)
    assert hidden.text == "Hi, I'm <NAME_1>: mail <EMAIL_1> or call <PHONE_1>, not <EMAIL_1>."
    assert hidden.counts == {"NAME": 1, "EMAIL": 2, "PHONE": 1}


def test_a_value_keeps_its_placeholder_through_a_conversation() -> None:
    redactor = Redactor()
    assert redactor.redact("card 4242 4242 4242 4242").text == "card <CARD_1>"
    assert redactor.redact("not 5555-5555-5555-4444").text == "not <CARD_2>"
    assert redactor.redact("yes 4242424242424242").text == "yes <CARD_1>"


def test_numbers_that_the_conversation_uses_already_are_not_given_again() -> None:
    texts = ["my address is a@example.com", "you mean <EMAIL_1>?"]
    redactor = Redactor(texts=texts)
    assert [redactor.redact(text).text for text in texts] == ["my address is <EMAIL_2>", "you mean <EMAIL_1>?"]


def test_placeholders_that_are_there_stay_as_they_are() -> None:
    roster = Roster.of(["Email Phone", "Anna Key"])
    text = "<EMAIL_1>, [PHONE_2], password: <KEY_1> and https://u:<KEY_2>@host"
    assert Redactor(roster).redact(text).text == text


def test_of_a_password_only_the_password_is_hidden() -> None:
    assert Redactor().redact("The wifi password is BlueHorse77!").text == "The wifi password is <KEY_1>!"


def test_look_alike_characters_do_not_hide_a_value() -> None:
    for text in ("call ＋49 30 901820", "call +4\u200b9 30 90\u00ad1820", "call +49\u00a030\u00a0901820"):
        assert Redactor().redact(text).text == "call <PHONE_1>", text


def test_a_number_without_a_gap_is_a_telephone_number_only_by_the_word_before_it() -> None:
    assert [f.kind for f in find_private("call 2125550142")] == ["PHONE"]
    assert find_private("it was 2125550142") == ()
    assert find_private("order number 212 555 0142") == ()


def test_telephone_numbers_of_other_countries_are_known_once_the_region_is_given() -> None:
    text = "22 123 45 67 is mine"
    assert find_private(text, regions=("US",)) == ()
    assert [f.rule for f in find_private(text, regions=("PL",))] == ["phone PL"]


def test_a_finding_says_where_and_by_which_rule() -> None:
    (finding,) = find_private("write to a@example.com")
    assert (finding.kind, finding.span, finding.score, finding.rule) == ("EMAIL", (9, 22), 1.0, "address")


def test_the_work_that_an_account_does_is_no_name_of_a_person() -> None:
    roster = Roster.of(["Larkfield Desk", "Larkfield Care", "Nora Reception"])
    kept = "Your desk clock is at the reception, take care"
    assert Redactor(roster).redact(kept).text == kept
    assert Redactor(roster).redact("Ask Nora at Larkfield").text == "Ask <NAME_1> at <NAME_2>"


def test_names_count_as_whole_words_and_common_words_only_in_full_names() -> None:
    roster = Roster.of(["Mark Green", "Tom Ng", "Anna Schmidt"])
    hidden = {
        "mark it green": "mark it green",
        "Mark Green said": "<NAME_1> said",
        "@mark and @tom": "@<NAME_1> and @<NAME_2>",
        "tom": "tom",
        "Annabel and Hannah": "Annabel and Hannah",
        "ANNA_schmidt, anna.schmidt": "<NAME_1>, <NAME_1>",
        "Anna's parcel": "<NAME_1>'s parcel",
    }
    assert {text: Redactor(roster).redact(text).text for text in hidden} == hidden


def test_one_person_has_one_placeholder_by_whatever_name() -> None:
    people = [("U1", ["Anna Schmidt", "aschmidt"]), ("U2", ["Anna Berglund"]), ("U3", ["Tomas Ortega"])]
    redactor = Redactor(Roster.of_people(people))
    assert redactor.redact("Thanks Anna!").text == "Thanks <NAME_1>!"  # either of the two
    assert redactor.redact("Anna Schmidt here, cc Tomas").text == "<NAME_1> here, cc <NAME_2>"
    assert redactor.redact("@aschmidt and Anna Berglund").text == "@<NAME_1> and <NAME_3>"
    assert redactor.redact("tomas.ortega wrote").text == "<NAME_2> wrote"


def test_a_model_of_a_plugin_finds_names_that_no_roster_has() -> None:
    def capitals(text: str) -> list[tuple[int, int]]:
        return [match.span() for match in re.finditer(r"(?<=\bDr )[A-Z]\w+", text)]

    names = Names(Roster.of(["Anna Schmidt"]), (capitals,))
    assert (
        Redactor(names).redact("Dr Wilkes asked Anna, said Dr Wilkes").text
        == "Dr <NAME_1> asked <NAME_2>, said Dr <NAME_1>"
    )
    with pytest.raises(ValueError, match="gave back 0 to 99"):
        find_private("short", roster=Names(Roster.of([]), (lambda text: [(0, 99)],)))


def test_roles_numbers_and_the_brands_own_name_are_nobodys_names() -> None:
    roster = Roster.of(["Harbor Support", "Customer_1", "12345678", "Harbor"], keep=["Harbor"])
    for text in ("Harbor Support is here", "customer 1 wrote", "12345678", "@harbor"):
        assert find_private(text, roster=roster) == (), text


def test_names_in_scripts_without_spaces_are_found_inside_a_sentence() -> None:
    assert Redactor(Roster.of(["田中太郎"])).redact("はい、田中太郎さんです").text == "はい、<NAME_1>さんです"


def test_an_empty_roster_finds_nobody() -> None:
    assert find_private("Anna and @Tom", roster=Roster.of([])) == ()


def test_secrets_are_named_after_whoever_issued_them() -> None:
    names = Counter(secret.name for case in PLANTED if case.kind == "KEY" for secret in find_secrets(case.text))
    assert {"GitHub token", "Slack token", "AWS access key", "private key", "password", "Stripe key"} <= names.keys()


def test_a_private_key_is_hidden_to_its_end_even_without_an_end() -> None:
    whole = "-----BEGIN RSA " + "PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----"
    assert Redactor().redact(f"here {whole} thanks").text == "here <KEY_1> thanks"
    assert Redactor().redact("here " + whole[:40]).text == "here <KEY_1>"


PIECES = st.one_of(st.sampled_from([case.text for case in PLANTED] + LOOK_ALIKES), st.text(max_size=20))


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=4), st.sampled_from(["", " ", "\n", ", "]))
def test_redacting_twice_changes_nothing_more(pieces: list[str], joint: str) -> None:
    once = Redactor(ROSTER).redact(joint.join(pieces))
    again = Redactor(ROSTER).redact(once.text)
    assert again.text == once.text
    assert again.counts == {}
    assert find_private(once.text, roster=ROSTER) == ()


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=4).map(" ".join))
def test_findings_are_in_order_inside_the_text_and_apart(text: str) -> None:
    findings = find_private(text, roster=ROSTER)
    ends = [0, *(finding.end for finding in findings)]
    assert all(end <= finding.start < finding.end for end, finding in zip(ends, findings, strict=False))
    assert ends[-1] <= len(text)


HOSTILE = (
    *("a", "a.", "a@", "a@a.", "1 ", "1-", "(1", "12:", "1.1.1.1 ", "AB12 ", "::", "@anna ", "\u200b", "ﬁ"),
    *(
        "eyJa.",
        "sk-",
        "://a:",
        "xoxb-1-",
        "password is ",
        "-----BEGIN PRIVATE KEY-----",
        "a at b dot ",
        "order number ",
    ),
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_makes_the_search_slow(piece: str) -> None:
    find_private("warm up: password: Hunter22, +49 30 901820", roster=ROSTER)
    text = (piece * 10_000)[:10_000]
    began = time.process_time()
    find_private(text, roster=ROSTER)
    assert time.process_time() - began < 4
