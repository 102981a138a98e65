"""Conversations taken in from sources, over every database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations import archive
from conversations.errors import NotFound
from conversations.messages import Conversation, Message
from conversations.store import Added, ConversationStore, Holding
from conversations.tables import storable
from tests.conversations.samples import DESK, handed_in, reply_in, talk


def test_what_goes_in_comes_out(store: ConversationStore) -> None:
    said = talk("a")
    assert store.add_conversations([said], source=DESK) == Added(added=1)
    assert store.conversation("a") == said
    assert store.sources() == store.sources("harbor") == store.sources_of("a") == [DESK]
    assert store.sources("other") == []


def test_an_unknown_conversation_is_not_found(store: ConversationStore) -> None:
    with pytest.raises(NotFound, match="no conversation 'b'"):
        store.conversation("b")


def test_the_same_import_again_changes_nothing(store: ConversationStore) -> None:
    everything = [talk("a"), talk("b")]
    store.add_conversations(everything, source=DESK)
    assert store.add_conversations(everything, source=DESK) == Added(unchanged=2)
    assert list(store.conversations("harbor")) == everything


def test_changed_content_replaces_the_messages_in_place(store: ConversationStore) -> None:
    store.add_conversations([talk("a", "One", "Two", "Three"), talk("b")], source=DESK)
    changed = talk("a", "One", "Zwei")
    assert store.add_conversations([changed, talk("b")], source=DESK) == Added(updated=1, unchanged=1)
    assert store.conversation("a") == changed


def test_the_same_words_in_another_file_are_known_already_and_stand_there_now(store: ConversationStore) -> None:
    store.add_conversations([talk("a", "One", "Two")], source=DESK)
    moved = replace(talk("a", "One", "Two"), place="newer.json:7")
    assert store.add_conversations([moved], source=DESK) == Added(unchanged=1)
    assert store.conversation("a").place == "newer.json:7"


def test_the_same_id_twice_in_one_import_ends_as_the_later_one(store: ConversationStore) -> None:
    later = talk("a", "Two")
    assert store.add_conversations([talk("a", "One"), talk("a", "One"), later], source=DESK) == Added(
        added=1, updated=1, unchanged=1
    )
    assert list(store.conversations("harbor")) == [later]


def test_an_import_larger_than_a_batch_and_a_page_comes_out_whole_and_by_id(
    store: ConversationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "BATCH", 4)
    monkeypatch.setattr(archive, "PAGE", 3)
    everything = [talk(f"{n:02}") for n in range(12)]
    assert store.add_conversations(reversed(everything), source=DESK) == Added(added=12)
    assert list(store.conversations("harbor")) == everything


def test_ids_come_by_code_point_in_every_database(store: ConversationStore) -> None:
    store.add_conversations([talk(name) for name in "bÄaB_"], source=DESK)
    assert [c.id for c in store.conversations("harbor")] == ["B", "_", "a", "b", "Ä"]


def test_batches_before_a_broken_one_stay(store: ConversationStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaking() -> Iterator[Conversation]:
        yield from (talk("a"), talk("b"), talk("c"))
        raise RuntimeError

    monkeypatch.setattr(archive, "BATCH", 2)
    with pytest.raises(RuntimeError):
        store.add_conversations(breaking(), source=DESK)
    assert [c.id for c in store.conversations("harbor")] == ["a", "b"]


def test_the_store_can_be_written_while_it_is_read(store: ConversationStore) -> None:
    store.add_conversations([talk("a"), talk("b")], source=DESK)
    for conversation in store.conversations("harbor"):
        store.add_conversations([replace(conversation, place="elsewhere")], source=DESK)
    assert {c.place for c in store.conversations("harbor")} == {"elsewhere"}


def test_a_conversation_imported_for_two_styles_belongs_to_both(store: ConversationStore) -> None:
    other = replace(DESK, id="volt-desk", style="volt")
    store.add_conversations([talk("a")], source=DESK)
    assert store.add_conversations([talk("a")], source=other) == Added(added=1)
    assert [c.source for style in ("harbor", "volt") for c in store.conversations(style)] == ["desk", "volt-desk"]
    assert {source.id for source in store.sources_of("a")} == {"desk", "volt-desk"}
    assert (store.count(), store.count("volt"), len(list(store.conversations(None)))) == (1, 1, 1)


def test_a_second_file_of_the_same_style_brings_nothing_new(store: ConversationStore) -> None:
    store.add_conversations([talk("a")], source=DESK)
    assert store.add_conversations([talk("a")], source=replace(DESK, id="copy")) == Added(unchanged=1)


@pytest.mark.parametrize("change", [{"basis": None}, {"train_allowed": False}])
def test_a_source_without_basis_or_leave_is_not_trainable(store: ConversationStore, change: dict[str, None]) -> None:
    barred = replace(DESK, id="barred", **change)
    store.add_conversations([talk("a")], source=barred)
    store.add_conversations([talk("b")], source=DESK)
    assert [c.id for c in store.conversations("harbor", trainable_only=True)] == ["b"]
    assert [c.id for c in store.conversations("harbor")] == ["a", "b"]


def test_leave_to_train_can_be_taken_back_later(store: ConversationStore) -> None:
    store.add_conversations([talk("a")], source=DESK)
    store.add_source(replace(DESK, train_allowed=False))
    assert list(store.conversations("harbor", trainable_only=True)) == []
    assert store.sources() == [replace(DESK, train_allowed=False)]


def test_a_trainable_conversation_names_the_source_that_lets_it_in(store: ConversationStore) -> None:
    store.add_conversations([talk("a")], source=replace(DESK, id="a barred one", basis=None))
    store.add_conversations([talk("a")], source=DESK)
    assert [c.source for c in store.conversations("harbor", trainable_only=True)] == ["desk"]


@pytest.mark.parametrize("name", ["another", "zebra"])
def test_a_denied_source_keeps_out_what_another_brings_as_well(store: ConversationStore, name: str) -> None:
    for source in (DESK, replace(DESK, id=name, train_allowed=False)):
        store.add_conversations([talk("a")], source=source)
    assert list(store.conversations("harbor", trainable_only=True)) == []
    assert [c.source for c in store.conversations("harbor")] == [name]


@pytest.mark.parametrize("name", ["another", "zebra"])
def test_what_was_seen_live_may_come_in_by_a_file(store: ConversationStore, name: str) -> None:
    for source in (DESK, replace(DESK, id=name, train_allowed=False, live=True, basis=None)):
        store.add_conversations([talk("a")], source=source)
    assert [c.source for c in store.conversations("harbor", trainable_only=True)] == ["desk"]
    assert [c.source for c in store.conversations("harbor")] == ["desk"]


def test_times_come_back_in_utc(store: ConversationStore) -> None:
    tokyo = timezone(timedelta(hours=9))
    times = (datetime(2026, 1, 1, 8, tzinfo=tokyo), datetime(2026, 1, 1, 8), None)  # noqa: DTZ001 - one without a zone
    messages = tuple(Message("user", "Hi", sent_at=time) for time in times)
    store.add_conversations([Conversation("a", messages)], source=DESK)
    found = [m.sent_at for m in store.conversation("a").messages]
    assert found == [datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2026, 1, 1, 8, tzinfo=UTC), None]
    assert [time.tzinfo for time in found if time] == [UTC, UTC]


def test_stats_count_by_style_and_kind(store: ConversationStore) -> None:
    store.add_conversations([talk("a", "1", "2", "3", "4"), talk("b", "1", "2", "3")], source=DESK)
    store.add_conversations([talk("c")], source=replace(DESK, id="volt", style="volt", kind="slack"))
    store.submit(handed_in("s1"))
    reply_in(store)
    stats = store.stats("harbor")
    assert stats.holdings == (Holding("harbor", "csv", 2, 7, 3), Holding("harbor", "slack", 1, 2, 1))
    assert stats.feedback == {"up": 0, "down": 0, "comment": 0, "better_answer": 0}
    assert stats.submissions == {"waiting": 1}
    assert [holding.style for holding in store.stats().holdings] == ["harbor", "harbor", "volt"]
    assert store.stats("volt").submissions == {}


def test_stats_say_what_each_source_brought(store: ConversationStore) -> None:
    store.add_conversations([talk("a"), talk("b")], source=DESK)
    store.add_conversations([talk("b")], source=replace(DESK, id="again", name="again.csv", basis=None))
    store.add_source(replace(DESK, id="none", name="none.csv", style="volt"))
    found = {(s.style, s.source): (s.kind, s.conversations, s.train) for s in store.stats().sources}
    assert found[("harbor", "again.csv")] == ("csv", 1, False)
    assert found[("volt", "none.csv")] == ("csv", 0, True)
    assert sorted(held for _, held, _ in found.values()) == [0, 1, 2]
    assert [s.source for s in store.stats("volt").sources] == ["none.csv"]


def test_an_empty_conversation_is_counted_and_comes_out(store: ConversationStore) -> None:
    store.add_conversations([Conversation("a", ())], source=DESK)
    assert store.stats().holdings == (Holding("harbor", "csv", 1, 0, 0),)
    assert store.conversation("a") == Conversation("a", (), source="desk")


anything = st.text(st.characters(exclude_categories=()), max_size=30)
whoever = st.none() | anything
messages = st.builds(
    Message,
    role=st.sampled_from(["system", "user", "assistant"]),
    content=anything,
    author=whoever,
    sent_at=st.none() | st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    id=whoever,
    voice=whoever,
    trainable=st.booleans(),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=anything, place=anything, said=st.lists(messages, max_size=4))
def test_any_text_comes_back_but_for_nul_and_lone_surrogates(
    store: ConversationStore, name: str, place: str, said: list[Message]
) -> None:
    store.add_conversations([Conversation(name, tuple(said), place)], source=DESK)
    found = store.conversation(name)
    assert (found.id, found.place, found.source) == (storable(name), storable(place), "desk")
    assert [m.content for m in found.messages] == [storable(m.content) for m in said]
    assert [(m.role, m.sent_at, m.trainable) for m in found.messages] == [
        (m.role, m.sent_at, m.trainable) for m in said
    ]
    for column in ("author", "id", "voice"):
        given_texts = [getattr(m, column) for m in said]
        assert [getattr(m, column) for m in found.messages] == [t if t is None else storable(t) for t in given_texts]
    assert store.add_conversations([Conversation(name, tuple(said), place)], source=DESK) == Added(unchanged=1)


@given(anything)
def test_storable_text_is_utf8_without_nul_and_changes_nothing_else(text: str) -> None:
    kept = storable(text)
    assert "\0" not in kept.encode().decode()
    assert storable(kept) == kept
    if "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text):
        assert kept == text


def test_storable_says_what_it_replaces() -> None:
    assert storable("a\0b\ud83dc\ude00") == "a\ufffdb\ufffdc\ufffd"
    assert storable("\ud83d\ude00") == "😀"
