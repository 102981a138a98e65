"""Choosing tokens: reproducible by seed, and with the probabilities that were asked for."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from bots.engine import Request, Sampling
from bots.engines.batching import BatchingEngine
from bots.engines.batching.sampling import Chooser, choose
from tests.bots.engines.models import answer, answers, asked


def hot(seed: int | None) -> Sampling:
    return Sampling(max_tokens=20, temperature=1.5, top_p=0.95, seed=seed)


async def test_the_same_seed_says_the_same_alone_and_in_company(engine: BatchingEngine) -> None:
    alone = await answer(engine, Request(asked("Hi"), None, hot(7)))
    [again, other, *_] = await answers(engine, *(Request(asked("Hi"), None, hot(seed)) for seed in (7, 8, None, None)))
    assert alone == again
    assert alone != other


async def test_without_a_seed_answers_differ(engine: BatchingEngine) -> None:
    assert len(set(await answers(engine, *(Request(asked("Hi"), None, hot(None)) for _ in range(4))))) > 1


@pytest.mark.parametrize(
    ("top_p", "top_k", "temperature"), [(1.0, 0, 1.0), (0.7, 0, 0.8), (1.0, 3, 1.3), (0.6, 5, 1.0), (0.01, 0, 2.0)]
)
def test_tokens_are_drawn_as_often_as_transformers_would(top_p: float, top_k: int, temperature: float) -> None:
    logits = torch.randn(1, 12, generator=torch.Generator().manual_seed(3)) * 2
    scores = TemperatureLogitsWarper(temperature)(torch.empty(0), logits)
    scores = TopKLogitsWarper(top_k)(torch.empty(0), scores) if top_k else scores
    scores = TopPLogitsWarper(top_p)(torch.empty(0), scores) if top_p < 1 else scores
    expected = scores.softmax(-1)[0]
    chooser = Chooser(Sampling(temperature=temperature, top_p=top_p, top_k=top_k, seed=1))
    drawn = Counter(choose(logits, [chooser])[0] for _ in range(4000))
    for token, chance in enumerate(expected.tolist()):
        assert drawn[token] / 4000 == pytest.approx(chance, abs=0.03)
        assert chance > 0 or not drawn[token]


def test_a_row_without_valid_numbers_chooses_nothing_and_the_others_do() -> None:
    logits = torch.tensor([[0.0, 1.0], [torch.nan, 0.0], [torch.inf, 0.0], [2.0, 1.0]])
    assert choose(logits, [Chooser(Sampling())] * 4) == [1, None, None, 0]
