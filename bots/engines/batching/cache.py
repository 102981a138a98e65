"""Keys and values of everything that is being said, one slot per reply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

_FIRST_CAPACITY = 256  # tokens per slot to begin with; doubled when a reply needs more


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
    """[layers, slots, heads, capacity, dim] of keys and of values; the capacity grows with the longest reply."""

    def __init__(self, shape: CacheShape, *, slots: int, context: int) -> None:
        self.slots = slots
        self._context = context
        self.capacity = min(_FIRST_CAPACITY, context)
        size = (shape.layers, slots, shape.heads, self.capacity, shape.dim)
        self._keys = torch.zeros(size, dtype=shape.dtype, device=shape.device)
        self._values = torch.zeros_like(self._keys)

    @property
    def size(self) -> int:
        return self._keys.nbytes + self._values.nbytes

    def layer(self, index: int) -> tuple[Tensor, Tensor]:
        return self._keys[index], self._values[index]

    def reserve(self, length: int) -> None:
        """Make room for `length` tokens in every slot."""
        if length <= self.capacity:
            return
        while self.capacity < length:
            self.capacity *= 2
        self.capacity = min(self.capacity, max(self._context, length))
        self._keys = _grown(self._keys, self.capacity)
        self._values = _grown(self._values, self.capacity)

    def snapshot(self, slot: int, length: int) -> Snapshot:
        """A copy of the first `length` tokens of a slot."""
        return Snapshot(self._keys[:, slot, :, :length].clone(), self._values[:, slot, :, :length].clone())

    def restore(self, slot: int, snapshot: Snapshot, *, length: int) -> None:
        """Put the first `length` tokens of a snapshot into a slot."""
        self.reserve(length)
        self._keys[:, slot, :, :length] = snapshot.keys[:, :, :length]
        self._values[:, slot, :, :length] = snapshot.values[:, :, :length]

    def wipe(self, slot: int) -> None:
        """Forget a slot whose numbers may be broken: even masked, a NaN would spoil the next reply in it."""
        self._keys[:, slot] = 0
        self._values[:, slot] = 0

    def untouched_layers(self) -> list[int]:
        """Layers that never wrote a key: they are not attention, or not ours."""
        written = self._keys.abs().amax(dim=(1, 2, 3, 4)) > 0
        return [index for index, used in enumerate(written.tolist()) if not used]


def _grown(old: Tensor, capacity: int) -> Tensor:
    new = old.new_zeros(*old.shape[:3], capacity, old.shape[4])
    new[:, :, :, : old.shape[3]] = old
    return new
