"""What an import covers, compared with what the store knows, over every database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from conversations.coverage import Coverage, Doubt
from conversations.covered import Covered
from conversations.messages import Conversation, Message
from conversations.store import Added, ConversationStore
from tests.conversations.samples import DESK

NOON = datetime(2024, 3, 5, 12, tzinfo=UTC)


def talk(name: str, *ids: str, hour: float = 0) -> Conversation:
    """Messages with odd ids ask, those with even ids answer."""
    said = (
        Message(
            "user" if int(one[-1]) % 2 else "assistant", f"This is {one}", id=one, sent_at=NOON + timedelta(hours=hour)
        )
        for one in ids
    )
    return Conversation(name, tuple(said), source="desk")


def covering(
    store: ConversationStore, *there: str, hours: tuple[float, float] = (-9, 9), newest: float = 9
) -> Coverage:
    coverage = Coverage(store.database)
    after, before, last = (NOON + timedelta(hours=hour) for hour in (*hours, newest))

    def holds(ids: Sequence[str]) -> set[str]:
        return {one for one in ids if one in there}

    coverage.take(Covered("slack:C1/", after, before, last, holds))
    return coverage


def take(store: ConversationStore, coverage: Coverage, *conversations: Conversation) -> tuple[Added, int]:
    added = store.add_conversations(conversations, source=DESK, coverage=coverage)
    return added, coverage.withdraw(DESK, now=NOON)


def names(store: ConversationStore) -> list[str]:
    return [conversation.id for conversation in store.conversations("harbor")]


def test_what_is_missing_goes_and_its_neighbours_of_other_channels_stay(store: ConversationStore) -> None:
    ids = {"a": "slack:C1/1", "b": "slack:C1/2", "other": "slack:C10/1", "above": "slack:C/1", "below": "slack:C1/5/1"}
    for name, message in ids.items():
        store.add_conversations([talk(name, message, f"{message}0")], source=DESK)
    coverage = covering(store, "1", "10")
    assert coverage.stale == 1
    assert take(store, coverage) == (Added(), 1)
    assert names(store) == ["a", "above", "below", "other"]
    assert [decision.subject for decision in store.audit("b")] == ["b"]


def test_an_older_import_leaves_out_what_was_deleted_and_keeps_the_newer_wording(store: ConversationStore) -> None:
    first, second = talk("a", "slack:C1/1", "slack:C1/2"), talk("b", "slack:C1/3", "slack:C1/4", hour=1)
    store.add_conversations([first, second], source=DESK)
    assert take(store, covering(store, "1", "2"), first) == (Added(unchanged=1), 1)
    longer = talk("a", "slack:C1/1", "slack:C1/2", "slack:C1/9")
    older = covering(store, "1", "2", "3", "4", newest=2)
    assert take(store, older, longer, second) == (Added(unchanged=1, deleted=1), 0)
    assert store.conversation("a") == first


def test_a_newer_import_that_holds_it_again_brings_it_back(store: ConversationStore) -> None:
    both = talk("a", "slack:C1/1", "slack:C1/2")
    store.add_conversations([both], source=DESK)
    assert take(store, covering(store)) == (Added(), 1)
    assert take(store, covering(store, "1", "2", newest=10), both) == (Added(added=1), 0)
    assert take(store, covering(store, "1", "2", newest=8), both) == (Added(unchanged=1), 0)


def test_of_two_imports_at_the_same_time_the_newer_one_is_remembered(store: ConversationStore) -> None:
    both = talk("a", "slack:C1/1", "slack:C1/2")
    newer, older = covering(store, "1", "2", newest=9), covering(store, "1", "2", newest=2)
    take(store, newer, both)
    take(store, older, both)
    assert covering(store, newest=5).stale == 0
    assert covering(store, newest=10).stale == 1


def test_an_import_that_covers_nothing_takes_nothing_from_a_conversation(store: ConversationStore) -> None:
    store.add_conversations([talk("a", "slack:C1/1", "slack:C1/2")], source=DESK)
    coverage = covering(store, hours=(0, 0))
    assert take(store, coverage, talk("a", "slack:C1/2")) == (Added(unchanged=1), 0)
    longer = talk("a", "slack:C1/2", "slack:C1/3")
    assert take(store, covering(store, hours=(0, 0)), longer) == (Added(updated=1), 0)
    assert [message.id for message in store.conversation("a").messages] == ["slack:C1/1", "slack:C1/2", "slack:C1/3"]


def test_a_great_gap_is_doubted_and_a_small_one_believed(store: ConversationStore) -> None:
    store.add_conversations([talk(f"t{n:02}", f"slack:C1/{n}") for n in range(41)], source=DESK)
    there = [str(n) for n in range(20)]
    doubting = covering(store, *there)
    assert (doubting.doubts, doubting.stale) == ([Doubt("slack:C1/", 21, 41)], 0)
    assert take(store, covering(store, *there, "20")) == (Added(), 20)


def test_more_messages_than_a_page_are_compared(store: ConversationStore) -> None:
    store.add_conversations([talk(f"t{n:04}", f"slack:C1/{n}") for n in range(1201)], source=DESK)
    coverage = covering(store, *(str(n) for n in range(1201) if n % 3))
    assert coverage.stale == 401
    assert take(store, coverage) == (Added(), 401)
    assert store.count() == 800
