"""Near copies: conversations of which some words were edited are known again, and others are left alone."""

from __future__ import annotations

import random

import pytest

from conversations.messages import Conversation
from tests.styles.material import conversation, curated

TEXT = """
parcel kettle refund harbour ticket invoice blue morning driver window cancel upgrade garden table seat lamp
broken arrived tomorrow battery charger weather policy branch coffee letter manual screen socket village
winter summer copper wooden ladder engine market bridge pepper saddle violin curtain basket hammer mirror
pillow rocket tunnel anchor candle button carpet cheese dragon finger jacket kitten magnet needle orange
"""
WORDS = TEXT.split()
REASONS = ("near-copy", "duplicate-conversation", "duplicate-reply")  # a word may have been replaced by itself


def talk(draw: random.Random) -> list[str]:
    return draw.choices(WORDS, k=24)


def told(name: str, words: list[str]) -> Conversation:
    return conversation(name, f"u: {' '.join(words[:9])}?", f"a: {' '.join(words[9:])}.")


def edited(words: list[str], share: float, draw: random.Random) -> list[str]:
    left = list(words)
    for place in draw.sample(range(len(words)), round(share * len(words))):
        left[place] = draw.choice(WORDS)
    return left


@pytest.mark.parametrize(("share", "found"), [(0.05, 1.0), (0.1, 1.0), (0.15, 0.97), (0.2, 0.93)])
def test_copies_of_which_some_words_were_replaced_are_found(share: float, found: float) -> None:
    draw = random.Random(5)
    talks = [talk(draw) for _ in range(150)]
    both = [c for i, t in enumerate(talks) for c in (told(f"a{i}", t), told(f"b{i}", edited(t, share, draw)))]
    dropped = {one.id[1:] for one in curated(both).dropped if one.reason in REASONS}
    assert len(dropped) >= found * len(talks)


def test_conversations_of_the_same_words_in_another_order_are_no_copies() -> None:
    draw = random.Random(6)
    talks = [told(f"a{i}", talk(draw)) for i in range(300)]
    assert not [one for one in curated(talks).dropped if one.reason == "near-copy"]
