"""What is held back waits for a reviewer, who is nobody that took part in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from conversations.errors import NotFound, StoreError
from conversations.messages import Conversation, Message
from conversations.sources import Source
from conversations.store import ConversationStore, open_store

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SOURCE = Source("log", "harbor", "openai", "log.jsonl", "own-content", True, NOW, owner="Olivia")


@dataclass(frozen=True)
class Held:
    id: str = "c1"
    conversation_id: str = "c1"
    content: str = "abc"
    place: str = "log.jsonl:1"
    step: str = "instructions"
    reason: str = "instruction"
    sentence: str = "There are instructions to a model in it."
    evidence: tuple[str, ...] = ("ignore all",)


@pytest.fixture
def store() -> Iterator[ConversationStore]:
    with open_store("sqlite://", now=lambda: NOW) as opened:
        talk = Conversation("c1", (Message("user", "hi", author="U1"), Message("assistant", "ho")), source="log")
        opened.add_conversations([talk], source=SOURCE)
        opened.quarantine.put("harbor", [Held()])
        yield opened


def test_a_row_waits_with_its_evidence_until_it_is_released(store: ConversationStore) -> None:
    (row,) = store.quarantine.listed("harbor")
    assert (row.state, row.evidence, row.reason) == ("quarantined", ["ignore all"], "instruction")
    assert store.quarantine.released("harbor") == {}
    store.quarantine.decide("harbor", "c", state="released", reviewer="kim", note="harmless")
    assert store.quarantine.released("harbor") == {"c1": {"abc"}}
    assert store.audit("c1")[-1].who == "kim"


def test_whoever_wrote_in_it_cannot_let_it_go(store: ConversationStore) -> None:
    with pytest.raises(StoreError, match="somebody else"):
        store.quarantine.decide("harbor", "c1", state="released", reviewer="U1")


def test_a_release_survives_the_next_curation_and_ends_when_the_row_changes(store: ConversationStore) -> None:
    store.quarantine.decide("harbor", "c1", state="released", reviewer="kim")
    store.quarantine.put("harbor", [])
    assert store.quarantine.released("harbor")
    store.quarantine.put("harbor", [Held(content="other")])
    assert not store.quarantine.released("harbor")
    assert [row.state for row in store.quarantine.listed("harbor")] == ["quarantined"]


def test_what_is_no_longer_held_back_goes_and_a_forgotten_person_too(store: ConversationStore) -> None:
    store.quarantine.put("harbor", [])
    assert store.quarantine.listed("harbor") == []
    store.quarantine.put("harbor", [Held()])
    store.forget("U1")
    assert store.quarantine.listed("harbor") == []


def test_a_rejection_survives_the_next_curation(store: ConversationStore) -> None:
    store.quarantine.decide("harbor", "c1", state="rejected", reviewer="kim")
    store.quarantine.put("harbor", [])
    assert store.quarantine.rejected("harbor") == {"c1": {"abc"}}
    assert store.quarantine.released("harbor") == {}


def test_what_was_erased_while_curation_ran_is_not_kept(store: ConversationStore) -> None:
    store.forget("U1")
    store.quarantine.put("harbor", [Held(), Held(id="c2", conversation_id="c2")])
    assert [row.id for row in store.quarantine.listed("harbor")] == ["c2"]


def test_a_row_that_is_not_there_is_said_so(store: ConversationStore) -> None:
    with pytest.raises(NotFound, match="brandvoice quarantine list"):
        store.quarantine.one("harbor", "zzz")


def test_of_two_who_look_at_one_row_the_second_has_to_look_again(store: ConversationStore) -> None:
    (shown,) = store.quarantine.listed("harbor")
    store.reviews.release(shown, "reject", reviewer="kim", reason="planted")
    with pytest.raises(StoreError, match="c1 is rejected by now"):
        store.reviews.release(shown, "approve", reviewer="lee")
    assert store.quarantine.released("harbor") == {}
    assert [(v.reviewer, v.verdict) for v in store.reviews.listed("harbor")] == [("kim", "reject")]


def test_nobody_lets_go_what_they_have_not_seen(store: ConversationStore) -> None:
    (shown,) = store.quarantine.listed("harbor")
    store.quarantine.put("harbor", [Held(content="other")])
    with pytest.raises(StoreError, match="c1 says something else by now"):
        store.reviews.release(shown, "approve", reviewer="lee")
    store.quarantine.put("harbor", [])
    with pytest.raises(StoreError, match="not in quarantine any more"):
        store.reviews.release(shown, "approve", reviewer="lee")
    assert store.reviews.listed("harbor") == []


def test_undoing_holds_a_row_back_again_unless_it_says_something_else_by_now(store: ConversationStore) -> None:
    (shown,) = store.quarantine.listed("harbor")
    store.reviews.release(shown, "approve", reviewer="kim")
    store.reviews.undo("harbor", reviewer="kim")
    assert store.quarantine.one("harbor", "c1").state == "quarantined"
    store.reviews.release(shown, "approve", reviewer="kim")
    store.quarantine.put("harbor", [Held(content="other")])
    store.reviews.release(store.quarantine.one("harbor", "c1"), "reject", reviewer="lee", reason="planted")
    store.reviews.undo("harbor", reviewer="kim")
    assert store.quarantine.one("harbor", "c1").state == "rejected"
