"""Submissions and the decisions about them, over every database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conversations.errors import NotFound, StoreError
from conversations.messages import Message
from conversations.store import ConversationStore
from conversations.submissions import content_hash
from tests.conftest import Clock
from tests.conversations.samples import handed_in


def test_a_submission_comes_back_as_it_was_handed_in(store: ConversationStore, clock: Clock) -> None:
    kept = store.submit(handed_in("s1", replaces="r1"))
    assert kept == replace(handed_in("s1", replaces="r1"), submitted_at=clock.time)
    assert store.submission("s1") == kept


def test_the_same_submission_again_changes_nothing(store: ConversationStore) -> None:
    first = store.submit(handed_in("s1"))
    assert store.submit(replace(handed_in("s1"), messages=(Message("user", "Other"),))) == first
    assert store.submissions() == [first]


def test_nobody_hands_in_something_already_approved(store: ConversationStore) -> None:
    assert store.submit(replace(handed_in("s1"), state="approved", reviewer="ben")).state == "waiting"
    assert store.submission("s1").reviewer is None


def test_submissions_are_listed_by_style_state_and_person(store: ConversationStore) -> None:
    store.submit(handed_in("s1"))
    store.submit(handed_in("s2", person="cleo"))
    store.submit(replace(handed_in("s3"), style="volt"))
    store.decide("s2", state="approved", reviewer="dora")
    assert [s.id for s in store.submissions()] == ["s1", "s2", "s3"]
    assert [s.id for s in store.submissions("harbor", state="waiting")] == ["s1"]
    assert [s.id for s in store.submissions(person="ben")] == ["s1", "s3"]
    assert store.stats().submissions == {"approved": 1, "waiting": 2}


def test_the_beginning_of_an_id_is_enough_when_only_one_begins_so(store: ConversationStore) -> None:
    for name in ("abc1", "abd2", "ab"):
        store.submit(handed_in(name))
    assert store.submission("abc").id == "abc1"
    assert store.submission("ab").id == "ab"
    with pytest.raises(NotFound, match="Several submissions begin with 'a'"):
        store.submission("a")
    for unknown in ("", "x", "%"):
        with pytest.raises(NotFound, match="no submission"):
            store.submission(unknown)


def test_somebody_else_approves_and_the_audit_says_so(store: ConversationStore, clock: Clock) -> None:
    store.submit(handed_in("s1"))
    decided = store.decide("s1", state="approved", reviewer="dora", note="Lovely")
    assert (decided.state, decided.reviewer, decided.note) == ("approved", "dora", "Lovely")
    handed_in_line, entry = store.audit("s1")
    assert (handed_in_line.who, handed_in_line.what) == ("ben", "submitted")
    assert (entry.who, entry.what, entry.subject, entry.at) == ("dora", "approved", "s1", clock.time)
    same = {entry.details.pop("before"), entry.details.pop("after")}
    assert entry.details == {"from": "waiting", "to": "approved", "note": "Lovely", "edited": False}
    assert same == {content_hash(decided.messages)}


@pytest.mark.parametrize("person", ["ben", "b\0en"])
def test_nobody_approves_their_own(store: ConversationStore, person: str) -> None:
    store.submit(handed_in("s1", person=person))
    with pytest.raises(StoreError, match="somebody else must approve"):
        store.decide("s1", state="approved", reviewer=person)
    assert store.submission("s1").state == "waiting"
    assert [entry.what for entry in store.audit()] == ["submitted"]


def test_the_local_person_at_the_terminal_may_approve_their_own(store: ConversationStore) -> None:
    store.submit(handed_in("s1", person="terminal"))
    assert store.decide("s1", state="approved", reviewer="terminal").state == "approved"


def test_a_decision_without_a_reviewer_is_refused(store: ConversationStore) -> None:
    store.submit(handed_in("s1"))
    with pytest.raises(StoreError, match="say who decides"):
        store.decide("s1", state="approved", reviewer="")


def test_a_withdrawn_submission_stays_withdrawn(store: ConversationStore) -> None:
    store.submit(handed_in("s1"))
    store.decide("s1", state="withdrawn", reviewer="ben")
    with pytest.raises(StoreError, match="was withdrawn"):
        store.decide("s1", state="approved", reviewer="dora")


def test_what_was_withdrawn_may_be_handed_in_anew_by_its_person_alone(store: ConversationStore) -> None:
    store.submit(handed_in("s1"), consent="I agree.")
    store.decide("s1", state="approved", reviewer="dora")
    store.decide("s1", state="withdrawn", reviewer="ben")
    assert store.submit(handed_in("s1", person="mallory")).state == "withdrawn"
    again = store.submit(handed_in("s1"), consent="I agree, again.")
    assert (again.state, again.reviewer, again.person) == ("waiting", None, "ben")
    lines = [(entry.what, entry.details.get("consent")) for entry in store.audit("s1")]
    assert lines == [
        ("submitted", "I agree."),
        ("approved", None),
        ("withdrawn", None),
        ("submitted", "I agree, again."),
    ]


def test_an_edit_replaces_the_messages_and_is_told_apart_in_the_audit(store: ConversationStore) -> None:
    store.submit(handed_in("s1"))
    better = (Message("user", "Do you ship?"), Message("assistant", "Aye, in two days!"))
    store.decide("s1", state="waiting", reviewer="dora", messages=better)
    decided = store.decide("s1", state="approved", reviewer="dora", note="Mine now")
    assert decided.messages == better
    assert [entry.what for entry in store.audit("s1")] == ["submitted", "edited", "approved"]


def test_a_decision_about_nothing_is_not_found(store: ConversationStore) -> None:
    with pytest.raises(NotFound):
        store.decide("s1", state="approved", reviewer="dora")
