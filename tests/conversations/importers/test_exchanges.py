"""Which messages become one conversation. Small letters are people, capitals are the brand."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from conversations.importers import Skipped
from conversations.importers.exchanges import (
    AMBIGUOUS,
    ELSEWHERE,
    UNANSWERED,
    UNASKED,
    Exchange,
    find_exchanges,
)
from conversations.importers.said import Said
from tests.conversations.importers.reading import patient

NOON = datetime(2020, 9, 13, 12, tzinfo=UTC)
BRAND = {"X", "Y"}
HALF_AN_HOUR = timedelta(minutes=30)


def said(author, minute, *, to=None, thread=None):
    return Said(
        id=f"{minute:03}",
        sent_at=NOON + timedelta(minutes=minute),
        author=author,
        text=f"{author}{minute}",
        place=f"{author}{minute}",
        brand=author in BRAND,
        thread=None if thread is None else f"{thread:03}",
        to=to,
    )


def exchanges(*messages):
    """The exchanges as the texts in them, and why the rest was left out."""
    found = list(find_exchanges(messages, gap=HALF_AN_HOUR, brand=BRAND))
    taken = [" ".join(one.text for one in exchange.said) for exchange in found if isinstance(exchange, Exchange)]
    return taken, {skipped.place: skipped.reason for skipped in found if isinstance(skipped, Skipped)}


def test_two_people_in_turns_are_one_exchange():
    assert exchanges(said("a", 0), said("X", 1), said("a", 2), said("a", 3), said("X", 4)) == (["a0 X1 a2 a3 X4"], {})


def test_a_silence_longer_than_the_gap_ends_an_exchange_and_one_as_long_does_not():
    assert exchanges(said("a", 0), said("X", 30), said("a", 61), said("X", 62)) == (["a0 X30", "a61 X62"], {})


def test_what_the_brand_says_first_and_what_nobody_answers_is_left_out():
    taken, left_out = exchanges(said("X", 0), said("a", 1), said("X", 2), said("a", 3))
    assert taken == ["a1 X2"]
    assert left_out == {"X0": UNASKED, "a3": UNANSWERED}


def test_an_answer_after_the_gap_is_no_answer():
    assert exchanges(said("a", 0), said("X", 40)) == ([], {"a0": UNANSWERED, "X40": UNASKED})


def test_several_brand_speakers_are_one_side():
    assert exchanges(said("a", 0), said("X", 1), said("Y", 2), said("a", 3), said("Y", 4)) == (["a0 X1 Y2 a3 Y4"], {})


def test_an_answer_after_several_people_is_not_taken():
    taken, left_out = exchanges(said("a", 0), said("b", 1), said("X", 2))
    assert taken == []
    assert left_out == dict.fromkeys(("a0", "b1", "X2"), AMBIGUOUS)


def test_an_answer_after_several_people_goes_to_whom_it_names():
    taken, left_out = exchanges(said("a", 0), said("b", 1), said("a", 2), said("X", 3, to="a"))
    assert taken == ["a0 a2 X3"]
    assert left_out == {"b1": UNANSWERED}


def test_people_who_ask_one_after_the_other_have_an_exchange_each():
    messages = [said("a", 0), said("X", 1), said("b", 2), said("X", 3), said("a", 4), said("X", 5)]
    assert exchanges(*messages) == (["a0 X1", "b2 X3", "a4 X5"], {})


def test_a_question_to_somebody_else_is_not_the_brands_to_answer():
    assert exchanges(said("a", 0, to="b"), said("X", 1)) == ([], {"a0": ELSEWHERE, "X1": ELSEWHERE})
    assert exchanges(said("a", 0, to="Y"), said("X", 1)) == (["a0 X1"], {})


def test_an_answer_to_somebody_who_has_not_spoken_is_left_out():
    assert exchanges(said("a", 0), said("X", 1, to="b")) == ([], {"a0": ELSEWHERE, "X1": ELSEWHERE})


def test_an_answer_ends_where_the_brand_turns_to_somebody_else():
    taken, left_out = exchanges(said("a", 0), said("X", 1), said("X", 2, to="Y"), said("Y", 3))
    assert taken == ["a0 X1"]
    assert left_out == {"X2": ELSEWHERE, "Y3": ELSEWHERE}


def test_a_thread_is_one_exchange_whatever_its_length_and_stands_apart_from_the_channel():
    messages = [
        said("a", 0, thread=0),
        said("b", 1),
        said("X", 2, thread=0),
        said("c", 500, thread=0),
        said("X", 900, thread=0),
        said("X", 3),
    ]
    assert exchanges(*messages) == (["a0 X2 c500 X900", "b1 X3"], {})


def test_a_first_message_that_does_not_know_of_its_thread_belongs_to_it():
    assert exchanges(said("a", 0), said("X", 50, thread=0)) == (["a0 X50"], {})


def test_a_first_message_whose_replies_are_gone_is_a_message_of_the_channel():
    assert exchanges(said("a", 0, thread=0), said("X", 1)) == (["a0 X1"], {})


def test_a_thread_whose_first_message_is_missing_begins_with_its_first_question():
    taken, left_out = exchanges(said("X", 10, thread=0), said("a", 11, thread=0), said("X", 12, thread=0))
    assert taken == ["a11 X12"]
    assert left_out == {"X10": UNASKED}


def test_the_key_of_a_thread_is_its_first_message_even_where_that_is_missing():
    (exchange,) = find_exchanges([said("a", 5, thread=1), said("X", 6, thread=1)], gap=HALF_AN_HOUR, brand=BRAND)
    assert isinstance(exchange, Exchange)
    assert exchange.key == "001"


def test_a_thread_without_an_answer_is_left_out_as_a_whole():
    assert exchanges(said("a", 0, thread=0), said("b", 1, thread=0)) == ([], {"a0": UNANSWERED, "b1": UNANSWERED})


messages = st.lists(
    st.builds(
        said,
        st.sampled_from("abcXY"),
        st.integers(0, 200),
        to=st.sampled_from([None, None, "a", "b", "X", "z"]),
        thread=st.sampled_from([None, None, 0, 7, 300]),
    ),
    max_size=14,
    unique_by=lambda one: one.id,
)


@patient
@given(messages, st.randoms())
def test_every_message_comes_out_once_and_every_exchange_asks_and_answers(said_there, random):
    found = list(find_exchanges(said_there, gap=HALF_AN_HOUR, brand=BRAND))
    taken = [one.place for exchange in found if isinstance(exchange, Exchange) for one in exchange.said]
    left_out = [skipped.place for skipped in found if isinstance(skipped, Skipped)]
    assert sorted(taken + left_out) == sorted(one.place for one in said_there)
    for exchange in found:
        if isinstance(exchange, Exchange):
            assert not exchange.said[0].brand
            assert exchange.said[-1].brand
            assert list(exchange.said) == sorted(exchange.said, key=lambda one: one.sent_at)
            in_thread = {one.thread or one.id for one in exchange.said} == {exchange.key}
            assert in_thread or len({one.author for one in exchange.said if not one.brand}) == 1
    shuffled = random.sample(said_there, len(said_there))
    assert list(find_exchanges(shuffled, gap=HALF_AN_HOUR, brand=BRAND)) == found
