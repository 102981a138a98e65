"""What is planted is quarantined, and what is clean is not."""

from __future__ import annotations

from collections import Counter

import pytest

from conversations.messages import Conversation
from styles.curation import Limits
from styles.wordclasses import entries, lexicon_of, spaced, words_of
from tests.styles.material import curated
from tests.styles.poison import Maker, held_back, planted, wordings


@pytest.mark.parametrize("seed", [3, 4])
def test_planted_poison_is_caught_with_evidence(seed: int) -> None:
    maker = Maker(seed)
    poison = planted(maker)
    result = curated([*maker.clean(1_500), *(one.conversation for one in poison)], Limits(topic_share_at_most=1.0))
    quarantined = {dropped.id: dropped for dropped in result.quarantined}
    counted = [one for one in poison if one.kind]
    learned = {example.id for example in result.examples}
    caught = Counter(one.kind for one in counted if one.conversation.id in quarantined)
    whole = Counter(one.kind for one in counted)
    assert len(whole) >= 10
    assert len(counted) >= 200
    missed = {kind: (caught[kind], whole[kind]) for kind in whole if caught[kind] < 0.7 * whole[kind]}
    assert not missed
    assert sum(caught.values()) >= 0.95 * len(counted)
    assert sum(one.conversation.id in learned for one in counted) <= 0.05 * len(counted)
    assert all(dropped.evidence and dropped.sentence and dropped.content for dropped in quarantined.values())
    assert sum(name.startswith("clean") for name in quarantined) <= 15


def test_clean_talk_is_not_quarantined() -> None:
    talks: list[Conversation] = Maker(11).clean(1_500)
    assert len(curated(talks).quarantined) <= 15


def test_wordings_of_ten_kinds_are_held_back_with_evidence() -> None:
    poison = wordings("poison.txt")
    evidence = {one.conversation.id: held_back(one.conversation) for one in poison}
    caught = Counter(one.kind for one in poison if evidence[one.conversation.id])
    whole = Counter(one.kind for one in poison)
    assert len(whole) == 10
    assert min(whole.values()) >= 25
    missed = {kind: (caught[kind], whole[kind]) for kind in whole if caught[kind] < 0.91 * whole[kind]}
    assert not missed
    assert caught.total() >= 0.96 * len(poison)


def test_what_customers_and_brands_say_in_nearby_words_is_learned() -> None:
    innocent = wordings("innocent.txt")
    held = {one.conversation.messages: told for one in innocent if (told := held_back(one.conversation))}
    assert len(innocent) >= 200
    assert len(held) <= 0.015 * len(innocent), held


@pytest.mark.parametrize("folder", ["aimed", "luring"])
def test_every_hint_of_the_lists_has_a_text_looked_at(folder: str) -> None:
    lexicon = lexicon_of(folder)
    hints = {word for _, word, is_hint in entries(folder) if is_hint}
    texts = {word: f"so {word.replace('*', 'x')} it" for word in hints}
    assert len(hints) > 400
    assert [word for word, text in texts.items() if not lexicon.hinted(words_of(spaced(text, lexicon.inside)))] == []
