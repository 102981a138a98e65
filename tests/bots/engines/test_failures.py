"""What a broken request, voice or model costs: itself, and nobody else."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from bots.engine import Request
from bots.engines.batching import BatchingEngine
from bots.engines.batching.adapters import CONFIG, WEIGHTS
from conversations.errors import EngineError, VoiceRefused
from styles.voices import VoiceVersion
from tests.bots.engines.conftest import MakeEngine
from tests.bots.engines.models import LINEARS, Voices, answer, asked, greedy, tiny_base

POISON = "\x07"


def raise_on_poison(engine: BatchingEngine, error: Exception) -> None:
    [token] = engine.renderer.tokenizer(POISON, add_special_tokens=False)["input_ids"]

    def check(_: Any, __: Any, options: dict[str, Any]) -> None:
        if (options["input_ids"] == token).any():
            raise error

    engine._loop.runtime.model.register_forward_pre_hook(check, with_kwargs=True)


async def ask_with_poison(engine: BatchingEngine) -> list[str | BaseException]:
    questions = [asked("Hello there"), asked(f"I am {POISON} poison"), asked("How are you")]
    return await asyncio.gather(
        *(answer(engine, Request(q, None, greedy(12))) for q in questions), return_exceptions=True
    )


async def test_a_request_that_the_model_cannot_take_fails_alone(engine: BatchingEngine, voices: Voices) -> None:
    raise_on_poison(engine, RuntimeError("out of range"))
    first, poisoned, last = await ask_with_poison(engine)
    assert isinstance(poisoned, EngineError)
    assert "Please rephrase" in str(poisoned)
    assert [first, last] == [voices.plain(None, asked(t), max_tokens=12) for t in ("Hello there", "How are you")]
    assert engine.stats().running == 0


async def test_numbers_that_are_not_finite_fail_one_request_and_leave_its_slot_clean(
    make_engine: MakeEngine, voices: Voices
) -> None:
    engine = make_engine(slots=3)
    [token] = engine.renderer.tokenizer(POISON, add_special_tokens=False)["input_ids"]
    with torch.no_grad():
        engine._loop.runtime.model.get_input_embeddings().weight[token] = torch.nan
    first, poisoned, last = await ask_with_poison(engine)
    assert isinstance(poisoned, EngineError)
    assert "no valid answer" in str(poisoned)
    expected = [voices.plain(None, asked(t), max_tokens=12) for t in ("Hello there", "How are you")]
    assert [first, last] == expected
    again = await asyncio.gather(*(answer(engine, Request(asked("Hello there"), None, greedy(12))) for _ in range(3)))
    assert again == [expected[0]] * 3


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_crash_of_the_loop_fails_what_ran_and_goes_on_with_who_waits(
    make_engine: MakeEngine, voices: Voices
) -> None:
    engine = make_engine(slots=2)
    raise_on_poison(engine, LookupError("not a fault that one request explains"))
    questions = ["Hello there", f"I am {POISON}", "How are you", "Are you well"]
    got = await asyncio.gather(
        *(answer(engine, Request(asked(q), None, greedy(12))) for q in questions), return_exceptions=True
    )
    assert [isinstance(reply, EngineError) for reply in got] == [True, True, False, False]
    assert got[2:] == [voices.plain(None, asked(q), max_tokens=12) for q in questions[2:]]
    assert engine.stats().counts.crashes == 1
    assert sorted(engine._loop._free) == [0, 1]


async def test_tokens_unknown_to_the_model_are_refused_at_the_door(engine: BatchingEngine) -> None:
    engine._vocabulary = 20
    with pytest.raises(EngineError, match="its tokenizer does not fit"):
        await answer(engine, Request(asked("Hello"), None, greedy()))


async def test_no_room_for_an_answer_is_said_plainly(engine: BatchingEngine) -> None:
    with pytest.raises(EngineError, match="leaves no room in a context of 512 tokens"):
        await answer(engine, Request(asked("Hello"), None, greedy(512)))


async def test_a_voice_of_another_base_model_is_refused(engine: BatchingEngine, tmp_path: Path) -> None:
    other = Voices(tiny_base(tmp_path / "other", seed=5), tmp_path / "voices")
    with pytest.raises(VoiceRefused, match="was trained on"):
        await answer(engine, Request(asked("Hi"), other.make("acme"), greedy()))


async def test_an_altered_file_is_refused(engine: BatchingEngine, voices: Voices) -> None:
    voice = voices.make("altered")
    weights = load_file(voice.path / WEIGHTS)
    save_file({name: tensor + 1 for name, tensor in weights.items()}, voice.path / WEIGHTS)
    with pytest.raises(VoiceRefused, match="is not the file that was trained"):
        await answer(engine, Request(asked("Hi"), voice, greedy()))
    assert await answer(engine, Request(asked("Hi"), None, greedy()))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"use_dora": True}, "use_dora"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"target_modules": [*LINEARS, "lm_head"]}, "lm_head"),
        ({"target_modules": [*LINEARS, "embed_tokens"]}, "embed_tokens"),
        ({"bias": "all"}, "bias = all"),
        ({"init_lora_weights": "pissa"}, "pissa"),
    ],
)
@pytest.mark.filterwarnings("ignore:Setting `save_embedding_layers`:UserWarning")
async def test_anything_but_plain_lora_is_refused(
    engine: BatchingEngine, voices: Voices, changes: dict[str, Any], said: str
) -> None:
    voice = voices.make("odd", **changes)
    with pytest.raises(VoiceRefused, match=said):
        await answer(engine, Request(asked("Hi"), voice, greedy()))


@pytest.mark.parametrize(
    "settings",
    [
        {"use_rslora": True},
        {
            "rank_pattern": {"q_proj": 2, "layers.1.mlp.up_proj": 6},
            "alpha_pattern": {"k_proj": 1, "layers.0.mlp.gate_proj": 3},
        },
        {"target_modules": "all-linear"},
        {"layers_to_transform": [1]},
    ],
)
async def test_settings_of_lora_mean_what_they_mean_to_peft(
    engine: BatchingEngine, voices: Voices, settings: dict[str, Any]
) -> None:
    voice = voices.make("settings", **settings)
    expected = voices.plain(voice, asked("Hi"), max_tokens=20)
    assert expected != voices.plain(None, asked("Hi"), max_tokens=20)
    assert await answer(engine, Request(asked("Hi"), voice, greedy(20))) == expected


def damaged(voices: Voices, change: str) -> VoiceVersion:
    """A version that was published with faulty files."""
    source, staging = voices.registry.version("acme", 1).path, voices.registry.stage("damaged")
    weights, config = load_file(source / WEIGHTS), json.loads((source / CONFIG).read_text())
    name = next(iter(weights))
    if change == "not finite":
        weights[name][0, 0] = torch.nan
    elif change == "other shapes":
        weights[name] = weights[name][:, :-1].contiguous()
    elif change == "no pair":
        del weights[name]
    elif change == "holds no LoRA weights":
        weights = {}
    save_file(weights, staging / WEIGHTS)
    if change == "cannot be read":
        (staging / WEIGHTS).write_bytes(b"nonsense")
    if change != "does not declare":
        (staging / CONFIG).write_text(json.dumps(config))
    return voices.publish("damaged", staging)


@pytest.mark.parametrize(
    "change",
    ["not finite", "other shapes", "no pair", "holds no LoRA weights", "cannot be read", "does not declare"],
)
async def test_a_damaged_adapter_is_refused(engine: BatchingEngine, voices: Voices, change: str) -> None:
    with pytest.raises(VoiceRefused, match=change):
        await answer(engine, Request(asked("Hi"), damaged(voices, change), greedy()))


async def test_adapters_that_are_not_used_make_room(make_engine: MakeEngine, voices: Voices) -> None:
    made = [voices.make("room", seed=seed) for seed in range(3)]
    engine = make_engine()
    expected = [voices.plain(voice, asked("Hi"), max_tokens=8) for voice in made]
    await answer(engine, Request(asked("Hi"), made[0], greedy(8)))
    one = next(iter(engine._adapters._adapters.values())).size
    engine._adapters._limit = 2 * one
    for voice, wanted in [*zip(made, expected, strict=True)] * 2:
        assert await answer(engine, Request(asked("Hi"), voice, greedy(8))) == wanted
    assert engine.stats().adapters == 2
    assert engine.stats().adapter_loads > 3
