"""Keys and values of everything that is being said, one slot per reply."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class CacheShape:
    """What a model keeps for each token: `layers` times keys and values of `heads` times `dim` numbers."""

    layers: int
    heads: int
    dim: int
    dtype: torch.dtype
    device: torch.device

    @classmethod
    def of(cls, model: Any) -> CacheShape:
        config = model.config.get_text_config(decoder=True)
        attention_heads = int(config.num_attention_heads)
        heads = int(getattr(config, "num_key_value_heads", None) or attention_heads)
        dim = int(getattr(config, "head_dim", None) or config.hidden_size // attention_heads)
        return cls(int(config.num_hidden_layers), heads, dim, model.dtype, model.device)

    @property
    def bytes_per_token(self) -> int:
        return 2 * self.layers * self.heads * self.dim * self.dtype.itemsize


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """Keys and values of a run of tokens from position 0 on, each [layers, heads, tokens, dim]."""

    keys: Tensor
    values: Tensor

    @property
    def size(self) -> int:
        return self.keys.nbytes + self.values.nbytes


class SlotCache:
    """[layers, slots, heads, context, dim] of keys and of values."""

    def __init__(self, shape: CacheShape, *, slots: int, context: int) -> None:
        self.slots = slots
        size = (shape.layers, slots, shape.heads, context, shape.dim)
        self._keys = _zeros(size, shape)
        self._values = _zeros(size, shape)

    def layer(self, index: int) -> tuple[Tensor, Tensor]:
        return self._keys[index], self._values[index]

    def snapshot(self, slot: int, length: int) -> Snapshot:
        """A copy of the first `length` tokens of a slot."""
        return Snapshot(self._keys[:, slot, :, :length].clone(), self._values[:, slot, :, :length].clone())

    def restore(self, slot: int, snapshot: Snapshot, *, length: int) -> None:
        """Put the first `length` tokens of a snapshot into a slot."""
        self._keys[:, slot, :, :length] = snapshot.keys[:, :, :length]
        self._values[:, slot, :, :length] = snapshot.values[:, :, :length]

    def wipe(self, slot: int, length: int) -> None:
        """Forget numbers that may be broken: even masked, a NaN would spoil the next reply in this slot."""
        self._keys[:, slot, :, :length] = 0
        self._values[:, slot, :, :length] = 0

    def untouched_layers(self) -> list[int]:
        """Layers that never wrote a key: they are not attention, or not ours."""
        first = self._keys[:, :, :, 0].abs().amax(dim=(1, 2, 3))
        return [index for index, size in enumerate(first.tolist()) if not size]


def _zeros(size: tuple[int, ...], shape: CacheShape) -> Tensor:
    """Zeros. On the CPU the system provides their memory when it is first written: few replies fill the context."""
    if shape.device.type != "cpu":
        return torch.zeros(size, dtype=shape.dtype, device=shape.device)
    raw = np.zeros(math.prod(size) * shape.dtype.itemsize, dtype=np.uint8)
    return torch.from_numpy(raw).view(shape.dtype).view(size)
