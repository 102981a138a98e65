"""Batches: examples of like length together, padded on the right."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor
from torch.utils.data import Sampler

from styles.rendering import IGNORED


class LengthBuckets(Sampler[int]):
    """Every index once an epoch, ordered so that `size` neighbours are alike in length and steps come shuffled.

    transformers' own grouping does nothing below eight batches; this sorts the whole epoch. The order depends only
    on seed and epoch, so that a resumed run sees what the undisturbed one would have.
    """

    def __init__(self, lengths: Sequence[int], *, size: int, seed: int) -> None:
        self.lengths = list(lengths)
        self.size = size
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        choice = random.Random(f"{self.seed}/{self.epoch}")
        jittered = sorted(range(len(self.lengths)), key=lambda i: self.lengths[i] * choice.uniform(0.9, 1.1))
        steps = [jittered[i : i + self.size] for i in range(0, len(jittered), self.size)]
        last = steps.pop() if len(steps[-1]) < self.size else []  # a short step goes last, as the loader expects
        choice.shuffle(steps)
        return (i for step in [*steps, last] for i in step)


def pad(rows: Sequence[Mapping[str, Sequence[int]]], *, pad_token: int) -> dict[str, Tensor]:
    """`{"input_ids", "labels"}` as [batch, longest] int64 tensors, padded on the right."""
    longest = max(len(row["input_ids"]) for row in rows)
    token_ids = torch.full((len(rows), longest), pad_token)
    labels = torch.full((len(rows), longest), IGNORED)
    for i, row in enumerate(rows):
        length = len(row["input_ids"])
        token_ids[i, :length] = torch.as_tensor(row["input_ids"])
        labels[i, :length] = torch.as_tensor(row["labels"])
    return {"input_ids": token_ids, "labels": labels}
