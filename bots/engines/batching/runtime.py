"""The model as one step sees it: tokens of many replies in, the next token's logits out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from bots.engines.batching.adapters import Adapter
from bots.engines.batching.attention import PACKED, Chunk, Decoding, Layout
from bots.engines.batching.cache import CacheShape, SlotCache
from bots.engines.batching.routing import LoraRouter


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """What one reply adds to a step: `tokens` from `position` on. `last`: the logits after them are wanted."""

    slot: int
    tokens: tuple[int, ...]
    position: int
    adapter: Adapter | None
    last: bool


class Runtime:
    """A model that was switched to packed attention, its cache and its adapters. One thread owns it."""

    def __init__(self, model: Any, *, slots: int, context: int) -> None:
        self.model = model
        self.context = context
        self.shape = CacheShape.of(model)
        self.cache = SlotCache(self.shape, slots=slots, context=context)
        self.router = LoraRouter(model)
        self.vocabulary = int(model.get_input_embeddings().weight.shape[0])

    def forward(self, rows: Sequence[Row]) -> Tensor:
        """Logits [rows that want them, vocabulary] in fp32. Rows of one token come first, by slot; see `in_order`."""
        device = self.shape.device
        self.router.route([(row.adapter, len(row.tokens)) for row in rows], device)
        tokens = [token for row in rows for token in row.tokens]
        positions = [row.position + i for row in rows for i in range(len(row.tokens))]
        try:
            output = self.model(
                input_ids=torch.tensor([tokens], device=device),
                position_ids=torch.tensor([positions], device=device),
                use_cache=False,
                logits_to_keep=torch.tensor(_ends(rows), dtype=torch.long, device=device),
                layout=self._layout(rows),
            )
        finally:
            self.router.leave()
        logits: Tensor = output.logits[0].float()
        return logits

    def _layout(self, rows: Sequence[Row]) -> Layout:
        single = [row for row in rows if len(row.tokens) == 1]
        chunks, first = [], len(single)
        for row in rows[len(single) :]:
            chunks.append(Chunk(row.slot, first, first + len(row.tokens), row.position))
            first += len(row.tokens)
        return Layout(self.cache, self._decoding(single) if single else None, tuple(chunks), self.context)

    def _decoding(self, rows: Sequence[Row]) -> Decoding:
        device = self.shape.device
        slots = torch.tensor([row.slot for row in rows])
        positions = torch.tensor([row.position for row in rows])
        lying = rows[-1].slot + 1
        in_place = len(rows) >= 0.75 * lying
        ends = torch.zeros(lying, dtype=torch.long).index_copy_(0, slots, positions) if in_place else positions
        mask = torch.arange(int(positions.max()) + 1)[None, :] <= ends[:, None]
        return Decoding(slots.to(device), positions.to(device), mask[:, None, None, :].to(device), in_place)


def in_order(rows: Sequence[Row]) -> list[Row]:
    """Rows as a step packs them: those of one token by slot, then the longer ones as they come."""
    single = sorted((row for row in rows if len(row.tokens) == 1), key=lambda row: row.slot)
    return [*single, *(row for row in rows if len(row.tokens) != 1)]


def switch_to_packed(model: Any) -> None:
    """Let a model call the packed attention; the switch is for good."""
    model.set_attn_implementation(PACKED)


def _ends(rows: Sequence[Row]) -> list[int]:
    ends, first = [], 0
    for row in rows:
        first += len(row.tokens)
        if row.last:
            ends.append(first - 1)
    return ends
