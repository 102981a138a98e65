"""One tiny base model with two voices for all tests of engines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest
import torch

from bots.engines.batching import BatchingEngine, Limits, Pace, prepack, refusal
from styles.base_model import BaseModel, load_tokenizer, load_weights
from tests.bots.engines.models import Voices, tiny_base

torch.set_num_threads(1)

MakeEngine = Callable[..., BatchingEngine]


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> BaseModel:
    return tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="session")
def voices(base: BaseModel, tmp_path_factory: pytest.TempPathFactory) -> Voices:
    """`acme@1`, and `bolt@1` with another rank on fewer layers."""
    made = Voices(base, tmp_path_factory.mktemp("voices"))
    made.make("acme", seed=1)
    made.make("bolt", seed=2, r=3, target_modules=["q_proj", "down_proj"])
    return made


@pytest.fixture
async def make_engine(base: BaseModel) -> AsyncIterator[MakeEngine]:
    """Batching engines in fp32 on one thread; closed after the test."""
    async with AsyncExitStack() as opened:

        def make(*, pace: Pace | None = None, of: BaseModel = base, **limits: int) -> BatchingEngine:
            model = load_weights(of, dtype="float32", device="cpu").eval()
            assert refusal(model, context=512) is None
            prepack(model)
            chosen = Limits(threads=1, pace=pace or Pace(), **limits)
            engine = BatchingEngine(of, model, tokenizer=load_tokenizer(of), limits=chosen)
            opened.push_async_callback(engine.close)
            return engine

        yield make


@pytest.fixture
def engine(make_engine: MakeEngine) -> BatchingEngine:
    return make_engine()
