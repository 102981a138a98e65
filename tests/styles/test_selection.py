"""Which examples are chosen where there are more than wanted, and what is said of the others."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.messages import Message
from styles.drafts import Draft, Dropped
from styles.selection import LEFT_OUT, Quota, study_usefulness
from styles.topics import topics_of

MATTERS = (
    "refund for the broken kettle please", "parcel is late again today", "opening hours on sunday",
    "login password forgotten twice", "invoice shows a wrong amount", "anchor rope for my little boat",
)  # fmt: skip


def draft(number: int, *, speaker: str | None, matter: str = "", turns: int = 1, reviewer: str | None = None) -> Draft:
    said = [
        m
        for turn in range(turns)
        for m in (
            Message("user", f"{matter} {number} {turn}", trainable=False),
            Message("assistant", "We see to it right away, thank you.", author=speaker),
        )
    ]
    return Draft(f"d{number}", f"d{number}", tuple(said), reviewer=reviewer)


def outcome(drafts: list[Draft], quota: Quota) -> tuple[list[Draft], list[Dropped]]:
    decided = study_usefulness([drafts[:50], drafts[50:]], quota=quota)(drafts)
    assert len(decided) == len(drafts)
    return [d for d in decided if isinstance(d, Draft)], [d for d in decided if isinstance(d, Dropped)]


def speaker_of(one: Draft) -> str:
    return one.messages[-1].author or ""


DRAFTS = st.lists(
    st.tuples(st.sampled_from(["ada", "ada", "ada", "ben", "cleo", "dan", None]), st.sampled_from(MATTERS)),
    min_size=60,
    max_size=300,
).map(lambda rows: [draft(n, speaker=speaker, matter=matter) for n, (speaker, matter) in enumerate(rows)])


@settings(max_examples=15, deadline=None)
@given(DRAFTS, st.integers(20, 59), st.floats(0.2, 1), st.floats(0.2, 1))
def test_caps_hold_and_whatever_is_left_out_has_its_reason(
    drafts: list[Draft], wanted: int, speakers: float, topics: float
) -> None:
    chosen, dropped = outcome(drafts, Quota(wanted, speakers, topics))
    assert len(chosen) <= wanted
    assert all(one.sentence == LEFT_OUT[one.reason] for one in dropped)
    spoken = Counter(speaker_of(one) for one in chosen if speaker_of(one))
    if len({speaker_of(one) for one in drafts} - {""}) >= 4:
        assert max(spoken.values(), default=0) <= speakers * wanted
    numbers = dict(
        zip((d.id for d in drafts), topics_of([d.messages[0].content for d in drafts]).tolist(), strict=True)
    )
    if len(set(numbers.values())) >= 4:
        assert max(Counter(numbers[one.id] for one in chosen).values()) <= topics * wanted
    if speakers == topics == 1:
        assert len(chosen) == wanted


def test_the_reasons_are_told_apart() -> None:
    speakers = ["ada"] * 200 + ["ben", "cleo", "dan", "eve"] * 10
    drafts = [draft(n, speaker=speaker, matter=MATTERS[n % 6]) for n, speaker in enumerate(speakers)]
    chosen, dropped = outcome(drafts, Quota(60, 0.35, 1.0))
    assert Counter(speaker_of(one) for one in chosen)["ada"] == 21
    capped = {one.id for one in dropped if one.reason == "speaker-cap"}
    assert capped
    assert {speaker_of(one) for one in drafts if one.id in capped} == {"ada"}
    _, dropped = outcome(drafts, Quota(60, 1.0, 0.01))
    assert "topic-cap" in {one.reason for one in dropped}
    _, dropped = outcome(drafts, Quota(60, 1.0, 1.0))
    assert {one.reason for one in dropped} == {"not-chosen"}


def test_what_was_approved_and_what_has_several_turns_comes_first() -> None:
    drafts = [draft(n, speaker=None, matter=MATTERS[0]) for n in range(40)]
    drafts += [draft(40, speaker=None, matter=MATTERS[0], reviewer="Olivia")]
    drafts += [draft(41, speaker=None, matter=MATTERS[0], turns=3)]
    chosen, _ = outcome(drafts, Quota(2))
    assert {one.id for one in chosen} == {"d40", "d41"}


@pytest.mark.parametrize("count", [0, 1, 2000])
def test_where_no_more_than_wanted_came_in_all_stay(count: int) -> None:
    drafts = [draft(n, speaker="ada", matter=MATTERS[0]) for n in range(count)]
    assert outcome(drafts, Quota(2000, 0.1, 0.1)) == (drafts, [])
