"""Preference files: of two answers the better one is taught, and the other is kept beside it."""

from datetime import UTC, datetime

import pytest

from conversations.preferences import imported_pairs
from conversations.sources import Source
from conversations.store import open_store
from tests.conversations.importers.reading import chat, jsonl, read

ASKED = {"role": "user", "content": "Is it open?"}


def says(text):
    return [{"role": "assistant", "content": text}]


OPENAI = {
    "input": {"messages": [ASKED], "tools": []},
    "preferred_output": says("Until six!"),
    "non_preferred_output": says("6pm."),
}
SHAPES = {
    "openai": OPENAI,
    "openai, first form": {
        "input": [ASKED],
        "preferred_completion": says("Until six!"),
        "non_preferred_completion": says("6pm."),
    },
    "trl": {"prompt": [ASKED], "chosen": says("Until six!"), "rejected": says("6pm.")},
    "trl, texts": {"prompt": "Is it open?", "chosen": "Until six!", "rejected": "6pm."},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_both_answers_are_read_and_only_the_better_one_is_learned(shape, tmp_path):
    result = read(jsonl(tmp_path / "pairs.jsonl", SHAPES[shape]))
    better, other = result.conversations
    assert [(m.role, m.content, m.trainable) for m in better.messages] == [
        ("user", "Is it open?", True),
        ("assistant", "Until six!", True),
    ]
    assert [(m.content, m.trainable) for m in other.messages] == [("Is it open?", False), ("6pm.", False)]
    assert {better.place, other.place} == {"pairs.jsonl:1"}


def test_the_store_gives_imported_pairs_back_also_after_importing_twice(tmp_path):
    source = Source("s1", "harbor", "openai", "pairs", "own-content", True, datetime(2024, 1, 1, tzinfo=UTC), owner="o")
    path = jsonl(tmp_path / "pairs.jsonl", OPENAI, chat("Hi", "Hello"))
    with open_store("sqlite://") as store:
        for _ in range(2):
            store.add_conversations(read(path).conversations, source=source)
        (pair,) = imported_pairs(store, "harbor")
        assert (pair.prompt[-1].content, pair.chosen, pair.rejected) == ("Is it open?", "Until six!", "6pm.")
        assert (pair.place, pair.source, pair.fault) == ("pairs.jsonl:1", "s1", "")
        assert list(imported_pairs(store, "volt")) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"non_preferred_output": says("Until six!")}, "both are the same"),
        ({"non_preferred_output": []}, "holds no messages"),
        ({"non_preferred_output": says("  ")}, "is empty"),
        ({"preferred_output": [ASKED]}, "its wanted output is not one assistant message"),
        ({"preferred_output": says("a") + says("b")}, "its wanted output is not one assistant message"),
        ({"input": {"messages": [ASKED, *says("Yes.")]}}, "its prompt does not end with a user message"),
        ({"input": None}, "holds no messages"),
    ],
)
def test_a_preference_that_says_nothing_is_refused(change, reason, tmp_path):
    result = read(jsonl(tmp_path / "pairs.jsonl", chat("Hi", "Hello"), OPENAI | change))
    assert len(result.conversations) == 1
    assert reason in result.refused["pairs.jsonl:2"]


def test_sharegpt_may_have_an_answer_that_is_wanted_and_another(tmp_path):
    record = {
        "system": "Be brief.",
        "conversations": [{"from": "human", "value": "Open?"}],
        "chosen": {"from": "gpt", "value": "Until six."},
        "rejected": {"from": "gpt", "value": "It depends."},
    }
    result = read(jsonl(tmp_path / "pairs.jsonl", record, record | {"rejected": record["chosen"]}))
    assert [talk[-1] for talk in result.talk] == [("assistant", "Until six."), ("assistant", "It depends.")]
    assert result.refused == {"pairs.jsonl:2": "prefers an answer to itself: both are the same"}
