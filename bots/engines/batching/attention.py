"""Attention over the packed tokens of many replies, each with its own keys and values in the cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface

from bots.engines.batching.cache import SlotCache
from conversations.errors import EngineError

PACKED = "brandvoice_packed"  # the name under which transformers finds this attention


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of one prompt: tokens `first` to `last` of the step, of which the first stands at `position`."""

    slot: int
    first: int
    last: int
    position: int


@dataclass(frozen=True, slots=True)
class Decoding:
    """One new token for each of several replies; they are the first tokens of the step, in the order of their slots.

    `mask` is [rows, 1, 1, reach]. With `in_place` its rows are the slots 0, 1, 2… as they lie in the cache, so that
    nothing is gathered; otherwise they are the replies.
    """

    slots: Tensor
    positions: Tensor
    mask: Tensor
    in_place: bool

    def __len__(self) -> int:
        return self.slots.shape[0]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each token of one step belongs."""

    cache: SlotCache
    decoding: Decoding | None
    chunks: tuple[Chunk, ...]
    context: int


def packed_attention(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    layout: Layout,
    scaling: float | None = None,
    **options: Any,
) -> tuple[Tensor, None]:
    """Query [1, heads, tokens, dim], key and value [1, groups, tokens, dim]: what transformers calls in every layer."""
    _refuse_unknown(options, context=layout.context)
    keys, values = layout.cache.layer(module.layer_idx)
    output = torch.empty(query.shape[2], query.shape[1], query.shape[3], dtype=query.dtype, device=query.device)
    if layout.decoding is not None:
        count = len(layout.decoding)
        fresh = (query[0, :, :count], key[0, :, :count], value[0, :, :count])
        output[:count] = _decode(layout.decoding, fresh, keys=keys, values=values, scaling=scaling)
    for chunk in layout.chunks:
        span = slice(chunk.first, chunk.last)
        part = (query[:, :, span], key[0, :, span], value[0, :, span])
        output[span] = _prefill(chunk, part, keys=keys, values=values, scaling=scaling)
    return output.unsqueeze(0), None


def _decode(
    rows: Decoding, fresh: tuple[Tensor, Tensor, Tensor], *, keys: Tensor, values: Tensor, scaling: float | None
) -> Tensor:
    """[rows, heads, dim] for one token per row, over everything its slot holds."""
    query, key, value = (part.transpose(0, 1) for part in fresh)
    keys[rows.slots, :, rows.positions] = key
    values[rows.slots, :, rows.positions] = value
    count, heads, dim = query.shape
    grouped = query.reshape(count, key.shape[1], heads // key.shape[1], dim)
    reach = rows.mask.shape[-1]
    if not rows.in_place:
        seen, said = keys[rows.slots, :, :reach], values[rows.slots, :, :reach]
        mixed = F.scaled_dot_product_attention(grouped, seen, said, attn_mask=rows.mask, scale=scaling)
        return mixed.reshape(count, heads, dim)
    lying = rows.mask.shape[0]
    if lying != count:
        grouped = grouped.new_zeros(lying, *grouped.shape[1:]).index_copy_(0, rows.slots, grouped)
    seen, said = keys[:lying, :, :reach], values[:lying, :, :reach]
    mixed = F.scaled_dot_product_attention(grouped, seen, said, attn_mask=rows.mask, scale=scaling)
    return (mixed if lying == count else mixed[rows.slots]).reshape(count, heads, dim)


def _prefill(
    chunk: Chunk, part: tuple[Tensor, Tensor, Tensor], *, keys: Tensor, values: Tensor, scaling: float | None
) -> Tensor:
    """[tokens, heads, dim] for a piece of one prompt, over itself and what its slot already holds."""
    query, key, value = part
    count, end = key.shape[1], chunk.position + key.shape[1]
    keys[chunk.slot, :, chunk.position : end] = key
    values[chunk.slot, :, chunk.position : end] = value
    grouped = query.shape[1] != key.shape[0]
    if chunk.position == 0:
        mixed = F.scaled_dot_product_attention(
            query, key.unsqueeze(0), value.unsqueeze(0), is_causal=True, scale=scaling, enable_gqa=grouped
        )
    else:
        mask = torch.ones(count, end, dtype=torch.bool, device=query.device).tril(chunk.position)
        seen, said = keys[chunk.slot : chunk.slot + 1, :, :end], values[chunk.slot : chunk.slot + 1, :, :end]
        mixed = F.scaled_dot_product_attention(query, seen, said, attn_mask=mask, scale=scaling, enable_gqa=grouped)
    return mixed[0].transpose(0, 1)


def _refuse_unknown(options: dict[str, Any], *, context: int) -> None:
    window = options.get("sliding_window")
    if window is not None and window < context:
        raise EngineError(f"its attention sees only {window} tokens back")
    if options.get("softcap") is not None or options.get("s_aux") is not None:
        raise EngineError("its attention caps scores or has sinks")


AttentionInterface.register(PACKED, packed_attention)
AttentionMaskInterface.register(PACKED, lambda *_, **__: None)
