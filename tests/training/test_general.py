"""General conversations: the same every time, a share of the examples, never those of the guard."""

import json

import pytest

from conversations.errors import SettingsError
from styles.base_model import BaseModel
from training.general import guard_talks, replay_share, replay_talks
from training.recipe import Replay

STARTER = BaseModel("starter", None, "bundled", "digest")
OTHER = BaseModel("Qwen/Qwen3-4B", None, "main", "digest")


def test_the_share_is_of_all_examples():
    talks = replay_talks(Replay(share=0.2), STARTER, brand=200, seed=0)
    assert len(talks) / (len(talks) + 200) == pytest.approx(0.2)


def test_one_seed_gives_the_same_talks_and_another_gives_others():
    some, again, others = (replay_talks(Replay(share=0.2), STARTER, brand=40, seed=seed) for seed in (1, 1, 2))
    assert some == again
    assert some != others


def test_replay_never_trains_on_what_the_guard_measures():
    guard = {tuple(m.content for m in talk) for talk in guard_talks()}
    talks = replay_talks(Replay(share=0.5), STARTER, brand=2000, seed=3)
    assert len(talks) == 2000
    assert not guard & {tuple(m.content for m in talk) for talk in talks}


def test_only_the_starter_is_given_the_bundled_talk_unasked():
    assert replay_share(Replay(), STARTER) > 0
    assert replay_share(Replay(), OTHER) == 0
    assert replay_share(Replay(share=0.1), OTHER) == pytest.approx(0.1)


def test_a_file_of_own_conversations_is_taken_instead(tmp_path):
    row = {"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi, how can I help?"}]}
    (tmp_path / "own.jsonl").write_text("\n".join(json.dumps(row | {"id": i}) for i in range(12)))
    replay = Replay(share=0.2, conversations="own.jsonl")
    talks = replay_talks(replay, OTHER, brand=40, seed=0, folder=tmp_path)
    assert [m.content for m in talks[0]] == ["Hello", "Hi, how can I help?"]
    assert len(talks) == 10


def test_a_file_with_too_few_conversations_is_refused_with_both_numbers(tmp_path):
    row = {"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi."}]}
    (tmp_path / "own.jsonl").write_text(json.dumps(row))
    with pytest.raises(SettingsError, match=r"wants 10 conversations, and .*own\.jsonl has 1"):
        replay_talks(Replay(share=0.2, conversations="own.jsonl"), OTHER, brand=40, seed=0, folder=tmp_path)
