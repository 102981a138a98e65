"""The everyday support conversations that the starter model is pretrained on."""

from __future__ import annotations

import json
import random
import re
import sys
from pathlib import Path

import pytest

from training.starter import desk


@pytest.fixture(scope="module")
def sample() -> list[desk.Messages]:
    return list(desk.conversations(3000, seed=7))


def test_the_same_seed_gives_the_same_conversations() -> None:
    assert list(desk.conversations(50, seed=3)) == list(desk.conversations(50, seed=3))
    assert list(desk.conversations(50, seed=3)) != list(desk.conversations(50, seed=4))


def test_no_slot_choice_or_tag_is_left_over(sample: list[desk.Messages]) -> None:
    leftover = re.compile(r"[{}]|\(\w*\||\|| @|^@")
    assert not [m["content"] for c in sample for m in c if leftover.search(m["content"].replace("you@", ""))]


def test_roles_alternate_after_an_optional_system_message_and_the_assistant_has_the_last_word(
    sample: list[desk.Messages],
) -> None:
    for conversation in sample:
        roles = [m["role"] for m in conversation]
        turns = roles[1:] if roles[0] == "system" else roles
        assert turns == ["user", "assistant"] * (len(turns) // 2)
        assert turns


def test_about_a_quarter_of_the_conversations_begin_with_a_system_message(sample: list[desk.Messages]) -> None:
    share = sum(c[0]["role"] == "system" for c in sample) / len(sample)
    assert 0.2 < share < 0.3


def test_nearly_all_conversations_are_distinct(sample: list[desk.Messages]) -> None:
    assert len({json.dumps(c) for c in sample}) > 0.95 * len(sample)


def test_an_order_number_in_a_reply_was_given_by_the_user_before(sample: list[desk.Messages]) -> None:
    number = re.compile(r"\border (#?A?\d[\d-]{4,})")
    copied = 0
    for conversation in sample:
        said = ""
        for message in conversation:
            if message["role"] == "assistant":
                found = number.findall(message["content"].lower().replace("order a", "order A"))
                assert all(n in said for n in found), conversation
                copied += len(found)
            said += message["content"]
    assert copied > 100


def test_there_are_at_least_120_intents_with_enough_wordings() -> None:
    intents = desk.intents()
    assert len({intent.name for intent in intents}) == len(intents) >= 120
    for intent in intents:
        assert len(intent.asks) >= 8, intent.name
        assert len(intent.replies) + len(intent.confirms) >= 5, intent.name


@pytest.mark.parametrize("intent", desk.intents(), ids=lambda intent: intent.name)
def test_every_question_has_an_answer_that_speaks_only_of_what_was_said(intent: desk.Intent) -> None:
    scene = desk.Scene(random.Random(0), shop=intent.shops[0], values={}, register="plain")
    for line in intent.asks:
        tag, ask = desk.split_tag(line)
        scene.said = desk.roots(ask)
        replies = desk.answering(intent.replies, tag)
        assert scene.possible(replies) or (intent.gives and not tag), line
        assert len(replies) >= 2 or (intent.gives and not tag), line
    scene.said = {intent.gives}
    assert not intent.gives or scene.possible(intent.confirms)


@pytest.mark.parametrize("intent", desk.intents(), ids=lambda intent: intent.name)
def test_every_reply_with_a_tag_has_a_question_with_that_tag(intent: desk.Intent) -> None:
    asked = {desk.split_tag(line)[0] for line in intent.asks} | {"*"}
    answered = {tag for line in intent.replies for tag in desk.split_tag(line)[0].split(",")}
    assert answered <= asked


def test_no_demo_brand_or_its_sayings_are_named() -> None:
    text = " ".join(path.read_text(encoding="utf-8") for path in desk.DATA.glob("*.toml")).lower()
    assert not [word for word in ("harbor", "volt", "ahoy", "fair winds", "stay charged") if word in text]


def test_the_command_writes_rows_of_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "desk.jsonl"
    monkeypatch.setattr(sys, "argv", ["desk", "20", str(out), "--seed", "5"])
    desk.main()
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["messages"] for row in rows] == list(desk.conversations(20, seed=5))
