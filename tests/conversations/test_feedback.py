"""What people thought of replies, over every database."""

from __future__ import annotations

import pytest

from conversations.errors import StoreError
from conversations.messages import Feedback, Message
from conversations.store import ConversationStore
from tests.conftest import Clock
from tests.conversations.samples import reply_in


def test_feedback_names_the_voice_that_replied(store: ConversationStore, clock: Clock) -> None:
    reply = reply_in(store)
    store.give_feedback(Feedback(reply, "ben", thumb="up", voice="harbor@99"))
    assert store.feedback() == [Feedback(reply, "ben", thumb="up", voice="harbor@3", given_at=clock.time)]


def test_what_a_person_says_bit_by_bit_is_put_together(store: ConversationStore) -> None:
    reply = reply_in(store)
    store.give_feedback(Feedback(reply, "ben", thumb="down", reason="wrong tone"))
    store.give_feedback(Feedback(reply, "ben", comment="Too stiff"))
    store.give_feedback(Feedback(reply, "ben", better_answer="Ahoy, Anna!"))
    store.give_feedback(Feedback(reply, "ben", thumb="up"))
    (kept,) = store.feedback()
    assert (kept.thumb, kept.reason, kept.comment, kept.better_answer) == (
        "up",
        "wrong tone",
        "Too stiff",
        "Ahoy, Anna!",
    )


def test_two_people_have_an_opinion_each(store: ConversationStore) -> None:
    reply = reply_in(store)
    for person in ("ben", "cleo"):
        store.give_feedback(Feedback(reply, person, thumb="up"))
    assert [f.person for f in store.feedback(reply=reply)] == ["ben", "cleo"]
    assert store.stats().feedback["up"] == 2


def test_feedback_is_listed_by_style_and_by_reply(store: ConversationStore) -> None:
    harbor, volt = reply_in(store), reply_in(store, style="volt")
    for reply in (harbor, volt):
        store.give_feedback(Feedback(reply, "ben", thumb="down"))
    assert [f.reply for f in store.feedback("volt")] == [volt]
    assert [f.reply for f in store.feedback(reply=harbor)] == [harbor]
    assert store.feedback("volt", reply=harbor) == []
    assert store.stats("volt").feedback["down"] == 1


def test_feedback_taken_back_is_gone(store: ConversationStore) -> None:
    reply = reply_in(store)
    store.give_feedback(Feedback(reply, "ben", thumb="up"))
    assert store.take_back_feedback(reply, "ben")
    assert not store.take_back_feedback(reply, "ben")
    assert store.feedback() == []


def test_feedback_on_an_unknown_reply_is_refused(store: ConversationStore) -> None:
    with pytest.raises(StoreError, match="no reply 'nothing'"):
        store.give_feedback(Feedback("nothing", "ben", thumb="up"))


def test_feedback_on_what_a_person_said_is_refused(store: ConversationStore) -> None:
    opened = store.open_conversation("slack", "C1", style="harbor")
    store.append(opened, Message("user", "Hello", id="17"))
    with pytest.raises(StoreError, match="said by the user"):
        store.give_feedback(Feedback("17", "ben", thumb="up"))
