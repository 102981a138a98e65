import math

import pytest

from conversations.messages import Message
from training.baselines import Case
from training.joint import Content, fact_agreement, fluency

CASE = Case((Message("user", "Order 4711 is late"),), "Order 4711 ships on 3 May. See https://x.example/t", "c")


@pytest.mark.parametrize(
    ("reply", "agreement"),
    [
        ("Ships on 3 May: https://x.example/t, order 4711.", 1.0),
        ("It ships on 3 May.", 0.5),
        ("It ships on 9 June.", 0.0),
        ("It ships soon.", 0.0),
    ],
)
def test_facts_are_compared_with_the_reference(reply: str, agreement: float) -> None:
    assert fact_agreement(reply, CASE.reference, prompt="Order 4711 is late") == pytest.approx(agreement)


def test_facts_of_the_prompt_may_come_back_and_invented_ones_may_not() -> None:
    assert fact_agreement("Order 4711 is on it.", "We look.", prompt="Order 4711 is late") == 1.0
    assert fact_agreement("It takes 12 days.", "We look.", prompt="Order 4711 is late") == 0.0
    assert fact_agreement("Mail [EMAIL_1].", "Mail [EMAIL_1] please.", prompt="") == 1.0


def test_content_counts_topic_words_and_not_manner() -> None:
    content = Content(["parcel ships today", "parcel returned", "lamp is broken", "lamp works"], language="en")
    case = Case((Message("user", "lamp?"),), "The lamp is broken, sorry.", "c")
    right, wrong = (
        content.score("oof, so this lamp broke? broken indeed", case),
        content.score("The parcel is here, sorry.", case),
    )
    assert right > 0.8
    assert wrong == pytest.approx(0.5)  # no facts to miss, but nothing of the topic
    assert content.score(case.reference, case) == pytest.approx(1.0)


def test_a_reply_as_likely_as_peoples_is_fluent_and_a_stranger_one_less() -> None:
    assert fluency("all is well today", loss=2.0, human=4.0) == 1.0
    assert fluency("all is well today", loss=5.0, human=4.0) == pytest.approx(math.exp(-1))


def test_loops_and_silence_are_not_fluent() -> None:
    assert fluency("", loss=0.1, human=4.0) == 0.0
    assert fluency("no no no no", loss=0.1, human=4.0) == 0.0
    assert fluency("we will see you. we will see you.", loss=1.0, human=4.0) == pytest.approx(4 / 6)
    assert fluency("fine words", loss=math.nan, human=4.0) == 0.0
