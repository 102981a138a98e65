from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conversations.blind_votes import Between, BlindVotes, Proposal
from conversations.errors import NotFound
from conversations.messages import Conversation, Message
from conversations.sources import Source
from conversations.store import ConversationStore, open_store

BETWEEN = Between("harbor@3", "harbor@2")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def quick_store(tmp_path: Path) -> Iterator[ConversationStore]:
    with open_store(f"sqlite:///{tmp_path}/store.db", now=lambda: NOW) as opened:
        yield opened


@pytest.fixture
def votes(quick_store: ConversationStore) -> BlindVotes:
    quick_store.blind_votes.propose([proposal(n) for n in range(40)])
    return quick_store.blind_votes


def proposal(number: int, *, one: str = "", conversation: str | None = None) -> Proposal:
    prompt = (("user", f"question {number}"),)
    return Proposal("harbor", BETWEEN, prompt, one or f"one {number}", f"other {number}", conversation)


def test_a_pair_stands_the_same_way_whenever_a_viewer_sees_it_and_either_way_over_many(votes: BlindVotes) -> None:
    first, again = votes.next_pair("harbor", "ada"), votes.next_pair("harbor", "ada")
    assert first is not None
    assert first == again == votes.pair(first.id)
    straight = 0
    for number in range(40):
        shown = votes.next_pair("harbor", "bob")
        assert shown is not None
        straight += shown.left.startswith("one")
        assert votes.record(shown.id, person="bob", choice="left" if number % 2 else "right")
    assert votes.next_pair("harbor", "bob") is None
    assert 8 <= straight <= 32


def test_what_was_picked_is_kept_by_voice_whichever_side_it_stood_on(votes: BlindVotes) -> None:
    for person in ("ada", "bob", "cy", "dan", "eve", "fay"):
        shown = votes.next_pair("harbor", person)
        assert shown is not None
        votes.record(shown.id, person=person, choice="left" if shown.left.startswith("one") else "right")
    found = votes.votes("harbor", BETWEEN)
    assert [v.choice for v in found] == ["one"] * 6
    assert len({v.left for v in found}) == 2, "both orders were shown"
    assert len({v.pair for v in found}) == 6, "those with the fewest votes come first"


def test_a_person_votes_once_on_a_pair_and_hears_the_names_only_by_asking_for_them(votes: BlindVotes) -> None:
    shown = votes.next_pair("harbor", "C1")  # a channel is shown a pair, and people vote on it
    assert shown is not None
    assert "harbor@" not in repr(shown)
    assert votes.record(shown.id, person="ada", choice="tie")
    assert not votes.record(shown.id, person="ada", choice="left")
    assert votes.has_voted(shown.id, "ada")
    assert not votes.has_voted(shown.id, "bob")
    assert set(votes.names(shown.id)) == set(BETWEEN)
    following = votes.next_pair("harbor", "C1", skip=[shown.id])
    assert following is not None
    assert following.id[:-1] != shown.id[:-1]


@pytest.mark.parametrize("forged", ["", "x", "0123456789abcdef0123s", "'; drop table blind_pairs;--"])
def test_an_unknown_pair_is_refused(votes: BlindVotes, forged: str) -> None:
    with pytest.raises(NotFound, match="not up for a vote"):
        votes.record(forged, person="ada", choice="left")


def test_equal_or_empty_answers_are_not_put_up_and_none_twice(votes: BlindVotes) -> None:
    assert votes.propose([proposal(0), proposal(90, one=" "), proposal(91, one="other 91 ")]) == 0
    assert votes.contests("harbor")[0].pairs == 40
    assert votes.contests("volt") == []
    assert votes.next_pair("volt", "ada") is None


def test_whoever_is_erased_leaves_neither_votes_nor_pairs_with_their_question(quick_store: ConversationStore) -> None:
    source = Source("s", "harbor", "slack", "s", "consent", True, NOW, owner="us")
    said = Conversation("c1", (Message("user", "where is it?", author="ada", id="m1"), Message("assistant", "here")))
    quick_store.add_conversations([said], source=source)
    votes = quick_store.blind_votes
    votes.propose([proposal(1, conversation="c1"), proposal(2, conversation="c2")])
    for person in ("ada", "bob"):
        shown = votes.next_pair("harbor", person)
        assert shown is not None
        votes.record(shown.id, person=person, choice="left")
    quick_store.forget("ada")
    assert [c.pairs for c in votes.contests("harbor")] == [1]
    assert {v.person for v in votes.votes("harbor", BETWEEN)} <= {"bob"}
