"""Which models are served in batches, and which one request at a time."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, Gemma2Config, LlamaConfig, MambaConfig, MistralConfig, Qwen3Config

from bots.engine import Request
from bots.engines.batching import BatchingEngine, refusal
from bots.engines.generate import GenerateEngine
from bots.engines.local import local_engine
from styles.base_model import find_base_model
from tests.bots.engines.models import Voices, answer, asked, greedy, tiny_base, tiny_tokenizer

SMALL: dict[str, Any] = {
    "vocab_size": 260, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 512, "initializer_range": 0.4,
}  # fmt: skip


def model_of(config: Any, dtype: torch.dtype = torch.float32) -> Any:
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(copy.deepcopy(config), dtype=dtype).eval()


@pytest.mark.parametrize(
    "config",
    [LlamaConfig(**SMALL), Qwen3Config(**SMALL), MistralConfig(**SMALL, sliding_window=512)],
    ids=lambda config: config.model_type,
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_models_that_attend_to_everything_are_batched(config: Any, dtype: torch.dtype) -> None:
    assert refusal(model_of(config, dtype), context=512) is None


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (MistralConfig(**SMALL, sliding_window=64), "sees only 64 tokens"),
        (Gemma2Config(**SMALL, sliding_window=64), "sliding_attention"),
        (Gemma2Config(**SMALL, sliding_window=512), "caps scores"),
        (MambaConfig(vocab_size=260, hidden_size=32, num_hidden_layers=2), "linear_attention"),
        (LlamaConfig(**SMALL, rope_parameters={"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}), "positions"),
    ],
    ids=["short window", "gemma2 window", "softcap", "mamba", "dynamic rope"],
)
def test_models_that_do_something_else_are_not(config: Any, said: str) -> None:
    assert said in str(refusal(model_of(config), context=512))


def test_a_model_that_mixes_tokens_outside_its_attention_is_found_out_by_its_numbers() -> None:
    model = model_of(LlamaConfig(**SMALL))
    model.model.embed_tokens.register_forward_hook(lambda _, __, output: output + output.mean(dim=1, keepdim=True))
    assert "other results" in str(refusal(model, context=512))


def test_a_model_whose_layers_bypass_the_cache_is_refused() -> None:
    model = model_of(LlamaConfig(**SMALL))
    model.model.layers[1].self_attn.forward = lambda hidden_states, **_: (torch.zeros_like(hidden_states), None)
    assert "layers [1]" in str(refusal(model, context=512))


async def test_a_model_that_cannot_be_batched_is_still_answered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    changed = SMALL | {"vocab_size": len(tiny_tokenizer())}
    base = tiny_base(tmp_path / "base", config=MistralConfig(**changed, sliding_window=64, eos_token_id=0))
    engine = local_engine(base, dtype="float32", device="cpu")
    assert isinstance(engine, GenerateEngine)
    assert "one request at a time, because" in caplog.text
    expected = Voices(base, tmp_path / "voices").plain(None, asked("Hi"), max_tokens=8)
    assert await answer(engine, Request(asked("Hi"), None, greedy(8))) == expected
    await engine.close()


async def test_the_starter_model_answers_in_bf16_too() -> None:
    engine = local_engine(find_base_model("starter"), dtype="bfloat16", device="cpu")
    assert isinstance(engine, BatchingEngine)
    assert await answer(engine, Request(asked("Hello!"), None, greedy(8)))
    await engine.close()


async def test_the_starter_model_is_batched_and_answers_as_generate_does(tmp_path: Path) -> None:
    base = find_base_model("starter")
    engine = local_engine(base, dtype="float32", device="cpu")
    assert isinstance(engine, BatchingEngine)
    question = asked("Hello, where is my order?", system="You are friendly and brief.")
    expected = Voices(base, tmp_path).plain(None, question, max_tokens=24)
    assert await answer(engine, Request(question, None, greedy(24))) == expected
    await engine.close()
