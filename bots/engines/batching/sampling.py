"""Choosing the next token."""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch
from torch import Tensor

from bots.engine import Sampling


class Chooser:
    """One reply's way of choosing. The same seed draws the same numbers, whoever else is being answered."""

    def __init__(self, sampling: Sampling) -> None:
        self.sampling = sampling
        self.random = random.Random(sampling.seed)

    @property
    def greedy(self) -> bool:
        return self.sampling.temperature == 0


def choose(logits: Tensor, choosers: Sequence[Chooser]) -> list[int | None]:
    """One token for each row of `logits` [rows, vocabulary]; None where the row holds no valid numbers."""
    best = logits.argmax(dim=-1, keepdim=True)
    valid = logits.gather(-1, best).isfinite()[:, 0].tolist()
    greedy = best[:, 0].tolist()
    return [
        None if not ok else token if chooser.greedy else _draw(row, chooser)
        for ok, token, row, chooser in zip(valid, greedy, logits, choosers, strict=True)
    ]


def _draw(row: Tensor, chooser: Chooser) -> int:
    """Temperature, then top_k, then top_p, then one draw: the order that `transformers.generate` has."""
    sampling = chooser.sampling
    scores, tokens = _candidates(row.double() / sampling.temperature, sampling)
    chances = scores.softmax(dim=-1)
    mass = chances.cumsum(dim=-1)
    last = len(mass) - 1
    if sampling.top_p < 1:
        last = min(int((mass < sampling.top_p).sum()), last)
    point = chooser.random.random() * float(mass[last])
    index = min(int(torch.searchsorted(mass, point, right=True)), last)
    return int(tokens[index])


def _candidates(scores: Tensor, sampling: Sampling) -> tuple[Tensor, Tensor]:
    if sampling.top_k:
        return scores.topk(min(sampling.top_k, len(scores)))
    if sampling.top_p < 1:
        return scores.sort(descending=True, stable=True)
    return scores, torch.arange(len(scores), device=scores.device)
