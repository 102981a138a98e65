"""Live talk and its events, over every database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from conversations.errors import NotFound
from conversations.messages import Feedback, Message
from conversations.store import Added, ConversationStore
from tests.conftest import Clock
from tests.conversations.samples import DESK, reply_in, talk


def test_the_same_place_is_the_same_conversation(store: ConversationStore) -> None:
    first = store.open_conversation("slack", "C1/17", style="harbor")
    assert store.open_conversation("slack", "C1/17", style="harbor") == first
    others = {
        store.open_conversation("slack", "C1/18", style="harbor"),
        store.open_conversation("discord", "C1/17", style="harbor"),
        store.open_conversation("slack", "C1/17", style="volt"),
    }
    assert len(others - {first}) == 3
    assert store.conversation(first).place == "slack:C1/17"


def test_live_talk_is_not_trainable_by_itself(store: ConversationStore) -> None:
    reply_in(store)
    (source,) = store.sources("harbor")
    assert (source.kind, source.basis, source.train_allowed) == ("slack", None, False)
    assert list(store.conversations("harbor", trainable_only=True)) == []


def test_what_is_known_of_a_platform_survives_the_next_conversation(store: ConversationStore) -> None:
    reply_in(store)
    (source,) = store.sources("harbor")
    store.add_source(replace(source, owner="ops"))
    reply_in(store, place="C2")
    assert [s.owner for s in store.sources("harbor")] == ["ops"]


def test_a_message_without_id_and_time_gets_both(store: ConversationStore, clock: Clock) -> None:
    opened = store.open_conversation("slack", "C1", style="harbor")
    kept = store.append(opened, Message("user", "Hello\0", author="anna"))
    assert kept == Message("user", "Hello\ufffd", author="anna", id=kept.id, sent_at=clock.time)
    assert kept.id
    assert store.message(kept.id) == (opened, kept)


def test_a_message_delivered_twice_is_stored_once(store: ConversationStore) -> None:
    opened = store.open_conversation("slack", "C1", style="harbor")
    first = store.append(opened, Message("user", "Hello", id="17.1"))
    assert store.append(opened, Message("user", "Hello again", id="17.1")) == first
    assert store.history(opened, 10) == (first,)


def test_what_a_person_says_is_kept_and_claimed_at_once_and_once(store: ConversationStore) -> None:
    said = Message("user", "Hello", author="anna", id="17.1")
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: store.accept("slack", "C1/17", style="harbor", message=said), range(4)))
    assert sorted(taken) == [False, False, False, True]
    conversation, kept = store.message("17.1")
    assert store.history(conversation, 9) == (kept,)
    assert not store.claim_event("slack", "message:17.1")
    assert store.delete_message("17.1")
    assert not store.accept("slack", "C1/17", style="harbor", message=said)  # what was taken back does not come again
    assert store.history(conversation, 9) == ()


def test_a_message_that_its_person_changed_keeps_its_place(store: ConversationStore) -> None:
    opened = store.open_conversation("slack", "C1", style="harbor")
    store.append(opened, Message("user", "Helo", author="anna", id="17.1"))
    store.append(opened, Message("assistant", "Hi.", id="r1"))
    assert store.edit_message("17.1", "Hello\0")
    assert [m.content for m in store.history(opened, 10)] == ["Hello\ufffd", "Hi."]
    assert not store.edit_message("17.2", "Hello")


def test_the_same_message_may_open_another_conversation(store: ConversationStore) -> None:
    channel = store.open_conversation("slack", "C1", style="harbor")
    thread = store.open_conversation("slack", "C1/17.1", style="harbor")
    for opened in (channel, thread):
        store.append(opened, Message("user", "Hello", id="17.1"))
    assert store.message("17.1")[0] == thread
    assert store.delete_message("17.1")
    assert store.history(channel, 10) == store.history(thread, 10) == ()


def test_history_is_the_last_messages_oldest_first(store: ConversationStore) -> None:
    opened = store.open_conversation("slack", "C1", style="harbor")
    for text in ("one", "two", "three", "four"):
        store.append(opened, Message("user", text))
    assert [m.content for m in store.history(opened, 3)] == ["two", "three", "four"]
    assert store.history("nowhere", 3) == ()


def test_history_goes_by_arrival_also_after_a_deletion(store: ConversationStore) -> None:
    opened = store.open_conversation("slack", "C1", style="harbor")
    for name in ("1", "2"):
        store.append(opened, Message("user", name, id=name))
    assert store.delete_message("2")
    store.append(opened, Message("user", "3"))
    assert [m.content for m in store.history(opened, 9)] == ["1", "3"]


def test_threads_that_append_to_one_conversation_lose_nothing(store: ConversationStore) -> None:
    opened = store.open_conversation("slack", "C1", style="harbor")

    def say(number: int) -> None:
        store.append(opened, Message("user", str(number), id=str(number // 2)))  # every id is delivered twice

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(say, range(40)))
    assert {m.id for m in store.history(opened, 100)} == {str(n) for n in range(20)}
    assert len(store.history(opened, 100)) == 20


def test_nothing_is_appended_to_an_unknown_conversation(store: ConversationStore) -> None:
    with pytest.raises(NotFound, match="no conversation 'nowhere'"):
        store.append("nowhere", Message("user", "Hello"))


def test_an_unknown_message_is_not_found_and_not_deleted(store: ConversationStore) -> None:
    with pytest.raises(NotFound, match="no message '17'"):
        store.message("17")
    assert not store.delete_message("17")


def test_a_deleted_reply_takes_its_feedback_with_it(store: ConversationStore) -> None:
    reply = reply_in(store)
    store.give_feedback(Feedback(reply, "ben", thumb="up"))
    assert store.delete_message(reply)
    assert store.feedback() == []


def test_an_event_is_claimed_once_by_eight_threads(store: ConversationStore) -> None:
    events = [f"Ev{n}" for n in range(5)] * 8
    with ThreadPoolExecutor(8) as threads:
        claims = list(threads.map(lambda event: store.claim_event("slack", event), events))
    assert sum(claims) == 5
    assert store.claim_event("discord", "Ev0")


def test_a_released_event_can_be_claimed_again(store: ConversationStore) -> None:
    assert store.claim_event("slack", "Ev1")
    store.release_event("slack", "Ev1")
    assert store.claim_event("slack", "Ev1")
    assert not store.claim_event("slack", "Ev1")


def test_threads_that_open_one_place_at_once_get_one_conversation(store: ConversationStore) -> None:
    with ThreadPoolExecutor(8) as threads:
        opened = set(threads.map(lambda _: store.open_conversation("slack", "C1", style="harbor"), range(16)))
    assert len(opened) == 1


def test_imports_at_once_of_the_same_conversations_come_in_once(store: ConversationStore) -> None:
    everything = [talk(f"{n:03}") for n in range(50)]

    def take_in(number: int) -> Added:
        return store.add_conversations(everything, source=replace(DESK, id=f"copy {number}"))

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(take_in, range(4)), Added()) == Added(added=50, unchanged=150)


def test_threads_that_give_feedback_at_once_are_all_heard(store: ConversationStore) -> None:
    reply = reply_in(store)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: store.give_feedback(Feedback(reply, f"person {n}", thumb="up")), range(40)))
    assert store.stats().feedback["up"] == 40
