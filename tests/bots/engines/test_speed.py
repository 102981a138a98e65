"""What makes steps faster changes no answer."""

from __future__ import annotations

import copy

import pytest
import torch

from bots.engine import Request
from bots.engines.batching import BatchingEngine, Pace, prepack
from bots.engines.batching.pace import Pacer
from styles.base_model import BaseModel, load_weights
from tests.bots.engines.models import Voices, answer, asked, greedy


@pytest.mark.parametrize(("dtype", "allowed"), [("bfloat16", 0.02), ("float32", 1e-4)])
def test_prepacked_layers_compute_the_same(base: BaseModel, dtype: str, allowed: float) -> None:
    plain = load_weights(base, dtype=dtype, device="cpu").eval()
    packed = copy.deepcopy(plain)
    count = prepack(packed)
    if count == 0:
        pytest.skip("this build of torch has no prepacked products")
    assert count == 2 * 7 + 1
    for length in (1, 5, 40):
        tokens = torch.randint(0, 200, (1, length), generator=torch.Generator().manual_seed(length))
        with torch.inference_mode():
            torch.testing.assert_close(packed(tokens).logits, plain(tokens).logits, rtol=allowed, atol=allowed)


def test_a_format_without_quick_products_is_left_as_it_is(base: BaseModel) -> None:
    assert prepack(load_weights(base, dtype="float64", device="cpu")) == 0


def test_steps_read_less_of_a_prompt_where_reading_is_slow() -> None:
    pacer = Pacer(Pace(seconds=0.1, smallest=32, largest=512))
    assert pacer.tokens(speaking=0, reading=3) == 512
    for _ in range(30):
        tokens = pacer.tokens(speaking=8, reading=0)
        pacer.took(0.02 + tokens * 0.0005, tokens=tokens)
    assert 0.08 < 0.02 + pacer.tokens(speaking=8, reading=0) * 0.0005 < 0.12
    assert pacer.tokens(speaking=1, reading=7) == 512, "most people wait for their first word"
    for _ in range(30):
        pacer.took(5.0, tokens=32)
    assert pacer.tokens(speaking=8, reading=1) == 32


async def test_a_step_leaves_nothing_behind_in_the_model(engine: BatchingEngine, voices: Voices) -> None:
    acme = voices.registry.version("acme", 1)
    await answer(engine, Request(asked("Hello"), acme, greedy(5)))
    model = engine._loop.runtime.model
    layers = [module for module in model.modules() if module._forward_hooks]
    assert layers, "the adapter must have been added to some layer"
    assert engine._loop.runtime.router._route is None
    assert all(joint.seen is joint.hidden is None for joint in engine._loop.runtime.router._joints.values())
