"""Packing: the rows of a batch in one, without padding, and attention that never looks from one into another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from styles.rendering import IGNORED

PACKED = "brandvoice_packed_rows"  # in training; the engine that serves has another of its own


def pack(rows: Sequence[Mapping[str, Sequence[int]]]) -> dict[str, Any]:
    """`{"input_ids", "labels", "position_ids"}` of one row that holds all of them, and where each begins.

    No attention mask may go with it: transformers would take the row for one text. A row's first token is nothing that
    the row before it could say, so it has no label.
    """
    lengths = torch.tensor([len(row["input_ids"]) for row in rows])
    bounds = torch.cat([torch.zeros(1, dtype=torch.int64), lengths.cumsum(0)]).to(torch.int32)
    labels = torch.tensor([label for row in rows for label in (IGNORED, *row["labels"][1:])])
    return {
        "input_ids": torch.tensor([token for row in rows for token in row["input_ids"]]).unsqueeze(0),
        "labels": labels.unsqueeze(0),
        "position_ids": torch.cat([torch.arange(int(n)) for n in lengths]).unsqueeze(0),
        "cu_seq_lens_q": bounds,
        "cu_seq_lens_k": bounds,
        "max_length_q": int(lengths.max()),
        "max_length_k": int(lengths.max()),
    }


def register_packed() -> str:
    """Make `PACKED` known to transformers and return its name."""
    from transformers import AttentionInterface

    AttentionInterface.register(PACKED, packed_attention)
    return PACKED


def has_varlen() -> bool:
    """Whether torch (2.10 or newer) brings attention over rows of any length for this machine's GPU (from Ampere)."""
    try:
        from torch.nn.attention.varlen import varlen_attn  # noqa: F401
    except ImportError:
        return False
    return torch.cuda.is_available() and torch.cuda.get_device_capability() >= (8, 0)


def packed_attention(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **options: Any
) -> tuple[Tensor, None]:
    """Causal attention inside each packed row; transformers' SDPA where nothing is packed.

    On a GPU by torch's own variable-length attention, elsewhere row by row, which is slower and gives the same.
    """
    bounds = options.get("cu_seq_lens_q")
    if bounds is None:
        from transformers.integrations.sdpa_attention import sdpa_attention_forward

        return sdpa_attention_forward(module, query, key, value, attention_mask, **options)  # type: ignore[no-any-return]
    scale = options.get("scaling") or query.shape[-1] ** -0.5
    if query.is_cuda and query.dtype in {torch.bfloat16, torch.float16} and has_varlen():
        return _by_torch(query, key, value, bounds=bounds, longest=options["max_length_q"], scale=scale), None
    return _row_by_row(query, key, value, bounds=bounds, scale=scale), None


def _by_torch(query: Tensor, key: Tensor, value: Tensor, *, bounds: Tensor, longest: int, scale: float) -> Tensor:
    from torch.nn.attention.varlen import varlen_attn

    groups = query.shape[1] // key.shape[1]
    if groups > 1:
        key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    q, k, v = (side[0].transpose(0, 1) for side in (query, key, value))  # [tokens, heads, width]
    mixed = varlen_attn(q, k, v, bounds, bounds, longest, longest, scale=scale, window_size=(-1, 0))
    assert isinstance(mixed, Tensor)
    return mixed.unsqueeze(0)


def _row_by_row(query: Tensor, key: Tensor, value: Tensor, *, bounds: Tensor, scale: float) -> Tensor:
    mixed = []
    for begin, end in pairwise(bounds.tolist()):
        q, k, v = (side[:, :, begin:end] for side in (query, key, value))
        mixed.append(F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale, enable_gqa=True))
    return torch.cat(mixed, 2).transpose(1, 2).contiguous()
