"""The run over all steps: nothing is lost on the way, and whatever goes wrong stops it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.errors import CurationRefused
from conversations.messages import Conversation
from conversations.roster import Roster
from styles.curation import Curated, Draft, Dropped, Limits, StepCount, each
from styles.style import LengthRule, Style
from tests.conversations.look_alikes import look_alikes
from tests.conversations.planted import NAMES, planted
from tests.styles.material import DAY, SOURCES, conversation, curated, distinct, message

TEXTS = st.sampled_from(
    [*(c.text for c in planted()[::7]), *look_alikes()[::9], "", " ", "hi", "[INST]", "a\u200bb", "hello"]
)
TURNS = st.builds(lambda kind, text: kind + text, st.sampled_from(["u: ", "a: ", "a- ", "s: "]), TEXTS)
TALKS = st.builds(
    lambda number, turns, source: conversation(f"c{number}", *turns, source=source),
    st.integers(0, 8),
    st.lists(TURNS, max_size=7),
    st.sampled_from(["log", "log", "log", "later", "silent", None]),
)
LIMITS = Limits(messages_at_most=4, reply_words_at_most=12, banned=("hello",))
ROSTER = Roster.of(NAMES)
ALWAYS = conversation("always", "u: Is it open?", "a: Yes, until nine!")


@settings(max_examples=25, deadline=None)
@given(st.lists(TALKS, max_size=12))
def test_what_comes_in_is_kept_or_dropped_at_every_step(talks: list[Conversation]) -> None:
    result = curated([*talks, ALWAYS], LIMITS, roster=ROSTER)
    assert result.came_in == len(result.examples) + len(result.dropped)
    assert result.conversations == len(talks) + 1
    ids = [*(e.id for e in result.examples), *(d.id for d in result.dropped)]
    assert len(set(ids)) == len(ids)
    assert [count.came_in for count in result.counts] == [result.came_in, *(count.kept for count in result.counts[:-1])]
    assert sum(sum(count.dropped.values()) for count in result.counts) == len(result.dropped)


@settings(max_examples=25, deadline=None)
@given(st.lists(TALKS, max_size=12))
def test_every_example_can_be_learned(talks: list[Conversation]) -> None:
    for example in curated([*talks, ALWAYS], LIMITS, roster=ROSTER).examples:
        roles = [m.role for m in example.messages]
        assert roles[0] == "user"
        assert all(one != other for one, other in pairwise(roles))
        assert example.messages[-1] in example.targets
        assert not any(m.trainable for m in example.messages if m.role != "assistant")
        assert example.basis == "own-content"


@settings(max_examples=12, deadline=None)
@given(st.lists(TALKS, max_size=12, unique_by=lambda talk: talk.id), st.randoms())
def test_the_order_of_the_conversations_does_not_matter(talks: list[Conversation], random: object) -> None:
    shuffled = [*talks, ALWAYS]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert curated(shuffled, LIMITS) == curated([*talks, ALWAYS], LIMITS)


def test_a_long_conversation_is_cut_where_a_user_speaks() -> None:
    turns = [turn for i in range(5) for turn in (f"u: question {i}", f"a: answer {i}")]
    result = curated([conversation("long", *turns)], Limits(messages_at_most=4))
    assert [(e.id, len(e.messages)) for e in result.examples] == [("long", 4), ("long/2", 4), ("long/3", 2)]
    assert {e.conversation_id for e in result.examples} == {"long"}


def test_the_same_id_twice_loses_neither() -> None:
    result = curated([conversation("c", "u: a", "a: b"), conversation("c", "u: d", "a: e", source="later")])
    assert [example.id for example in result.examples] == ["c", "c/2"]


def test_an_example_says_where_it_came_from_without_naming_anybody() -> None:
    talk = Conversation(
        "c",
        (
            message("u: hi", author="U123", sent_at=DAY + timedelta(days=40)),
            message("a: hello", author="Olivia Nakamura"),
        ),
        place="WhatsApp Chat with Olivia Nakamura.txt:3",
        source="log",
    )
    (example,) = curated([talk], roster=Roster.of(["Olivia Nakamura"])).examples
    assert example.place == "WhatsApp Chat with <NAME_1>.txt:3"
    assert (example.source, example.basis) == ("log", "own-content")
    assert example.known_since == "2026-04-10T12:00:00+00:00"
    assert example.author is not None
    assert example.author.startswith("person-")
    assert all(m.author is None and m.sent_at is None for m in example.messages)


def test_the_pseudonym_is_whatever_the_caller_makes_of_a_name() -> None:
    talk = Conversation("c", (message("u: hi"), message("a: hello", author="Olivia")), source="log")
    assert curated([talk], pseudonym=lambda name: name[::-1]).examples[0].author == "aivilO"


def test_the_sources_are_named_without_their_owner_or_people() -> None:
    sources = {"log": replace(SOURCES["log"], name="Chat with Olivia Nakamura.txt")}
    (used,) = curated(distinct(2), sources=sources, roster=Roster.of(["Olivia Nakamura"])).sources
    assert (used.name, used.owner) == ("Chat with <NAME_1>.txt", "")


def test_a_naive_time_and_one_with_a_zone_can_stand_side_by_side() -> None:
    naive = Conversation("n", (message("u: a", sent_at=DAY.replace(tzinfo=None)), message("a: b")), source="log")
    aware = Conversation("w", (message("u: c", sent_at=DAY), message("a: d")), source="log")
    assert len(curated([naive, aware]).examples) == 2


def test_a_step_of_a_plugin_can_keep_change_and_drop() -> None:
    def decide(draft: Draft) -> Draft | Dropped:
        if draft.id == "c0":
            return draft.drop("boring", "It bores Olivia Nakamura, olivia@example.com.")
        if draft.id == "c1":
            return replace(draft, messages=(*draft.messages[:-1], message("a: changed")))
        return draft

    result = curated(distinct(3), extra=[each("taste", decide)], roster=Roster.of(["Olivia Nakamura"]))
    assert [e.messages[-1].content for e in result.examples] == ["changed", "answer c 2"]
    assert result.changed["taste"] == ("c1",)
    (dropped,) = result.dropped
    assert (dropped.step, dropped.reason) == ("taste", "boring")
    assert dropped.sentence == "It bores <NAME_1>, <EMAIL_1>."
    assert result.settings["steps"][-1] == "taste"


def test_a_step_that_fails_stops_curation_and_names_itself_and_the_conversation() -> None:
    def decide(draft: Draft) -> Draft:
        if draft.id == "c2":
            raise KeyError("tone")
        return draft

    with pytest.raises(CurationRefused, match=r'"tone check" failed at conversation c2 \(log.jsonl:c2\): KeyError'):
        curated(distinct(4), extra=[each("tone check", decide)])


class Whole:
    """A step that does something with the whole batch."""

    name = "whole"

    def __init__(self, change: object) -> None:
        self.change = change

    def __call__(self, batch: Sequence[Draft], /) -> Sequence[Draft | Dropped]:
        return self.change(batch)  # type: ignore[operator,no-any-return]


def test_a_step_that_fails_only_at_all_together_says_so() -> None:
    def refuse(batch: Sequence[Draft]) -> Sequence[Draft]:
        if len(batch) > 1:
            raise ValueError("too many")
        return batch

    with pytest.raises(CurationRefused, match="no single conversation, only at all 3 together"):
        curated(distinct(3), extra=[Whole(refuse)])


@pytest.mark.parametrize(
    "change",
    [
        lambda batch: batch[1:],
        lambda batch: [*batch, batch[0]],
        lambda batch: [],
        lambda batch: [None, *batch[1:]],
        lambda batch: [SimpleNamespace(id=draft.id) for draft in batch],
    ],
    ids=["one lost", "one twice", "all lost", "something else", "something with the same ids"],
)
def test_a_step_that_loses_or_invents_drafts_stops_curation(change: object) -> None:
    with pytest.raises(CurationRefused, match='"whole" did not give back each of its 3 drafts exactly once'):
        curated(distinct(3), extra=[Whole(change)])


@pytest.mark.parametrize("text", ["write to a@example.com", "gh" + "p_" + "a1" * 18, "ask Olivia Nakamura"])
def test_something_private_that_a_step_puts_in_stops_curation(text: str) -> None:
    leak = each("leak", lambda draft: replace(draft, messages=(*draft.messages[:-1], message(f"a: {text}"))))
    with pytest.raises(CurationRefused, match="still holds something private") as refusal:
        curated(distinct(2), extra=[leak], roster=Roster.of(["Olivia Nakamura"]))
    assert text not in str(refusal.value)


@pytest.mark.parametrize("turns", [["a: hello"], ["u: hi"], ["u: hi", "a- hello"], []])
def test_an_example_that_a_step_broke_stops_curation(turns: list[str]) -> None:
    broken = each("broken", lambda draft: replace(draft, messages=tuple(message(turn) for turn in turns)))
    with pytest.raises(CurationRefused, match="without a prompt, a reply to learn or a basis"):
        curated(distinct(2), extra=[broken])


def test_a_step_cannot_take_the_basis_away() -> None:
    with pytest.raises(CurationRefused, match="or a basis"):
        curated(distinct(2), extra=[each("basis gone", lambda draft: replace(draft, source=None))])


def test_nothing_left_is_refused_with_the_reasons() -> None:
    talks = [conversation("a", "u: hi"), conversation("b", "u: hi", "a: yo", source="silent")]
    with pytest.raises(CurationRefused) as refusal:
        curated(talks)
    assert str(refusal.value).splitlines() == [
        "Nothing is left of 2 conversations, so there is no dataset. Dropped, step by step:",
        "  basis: 2 in, 1 dropped (no-basis 1)",
        "  roles: 1 in, 1 dropped (no-reply 1)",
    ]


def test_nothing_to_begin_with_is_refused_with_what_to_do() -> None:
    with pytest.raises(CurationRefused, match="brandvoice import"):
        curated([])


def test_progress_is_told_step_by_step() -> None:
    told: list[StepCount] = []
    result: Curated = curated(distinct(2), watch=told.append)
    assert tuple(told) == result.counts


def test_the_limits_of_a_style_are_its_banned_words_and_its_length() -> None:
    style = Style(name="harbor", about="A calm voice.", banned=("cheap",), length=LengthRule(words_at_most=40))
    assert Limits.of(style) == Limits(banned=("cheap",), reply_words_at_most=40)
