"""Whether a model computes the same packed as it does alone: decided by its logits, not by its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from bots.engines.batching.runtime import Row, Runtime, in_order, switch_to_packed
from conversations.errors import EngineError

_LENGTHS = (23, 14)  # tokens of the two sequences that are compared
_DECODED = 4  # of which the last ones are fed one by one
_CHUNK = 9


def refusal(model: Any, *, context: int) -> str | None:
    """Why a model cannot be served packed (None: it can). Leaves the model switched to packed attention.

    Compares the logits at the end of every packed piece with those of plain forwards: within 1e-3 of the largest in
    fp32, 5e-2 in shorter formats, where rounding depends on the shape of a batch.
    """
    reason = _structural(model.config.get_text_config(decoder=True), context)
    if reason:
        return reason
    try:
        with torch.inference_mode():
            sequences = _sequences(int(model.get_input_embeddings().weight.shape[0]))
            alone = [model(input_ids=torch.tensor([s], device=model.device)).logits[0].float() for s in sequences]
            switch_to_packed(model)
            return _difference(Runtime(model, slots=len(sequences) + 1, context=context), sequences, alone=alone)
    except (EngineError, RuntimeError, TypeError, ValueError, IndexError, AttributeError) as error:
        return f"it does not run on packed tokens: {error}"


def _structural(config: Any, context: int) -> str | None:
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    window = getattr(config, "sliding_window", None) or context
    if kinds - {"full_attention", "sliding_attention"} or ("sliding_attention" in kinds and window < context):
        return f"its layers are of the kinds {', '.join(sorted(kinds))}"
    rope = getattr(config, "rope_parameters", None) or {}
    scaling = str(rope.get("rope_type", "default"))
    first_context = rope.get("original_max_position_embeddings") or 0
    if "dynamic" in scaling or (scaling == "longrope" and context > first_context):
        return "its positions depend on the length of the prompt"
    return None


def _sequences(vocabulary: int) -> list[list[int]]:
    generator = torch.Generator().manual_seed(7)
    return [torch.randint(0, vocabulary, (length,), generator=generator).tolist() for length in _LENGTHS]


def _difference(runtime: Runtime, sequences: Sequence[list[int]], *, alone: Sequence[Tensor]) -> str | None:
    allowed = 1e-3 if runtime.shape.dtype == torch.float32 else 5e-2
    for rows in _steps(sequences):
        got = runtime.forward(rows)
        wanted = torch.stack([alone[row.slot - 1][row.position + len(row.tokens) - 1] for row in rows])
        error = float((got - wanted).abs().max() / wanted.abs().max().clamp(min=1.0))
        if not error <= allowed:  # also refuses NaN
            return f"packed tokens give other results (off by {error:.2g})"
    if untouched := runtime.cache.untouched_layers():
        return f"layers {untouched} do not attend to earlier tokens as the cache expects"
    return None


def _steps(sequences: Sequence[list[int]]) -> list[list[Row]]:
    """Prompts in chunks, then token by token, with slot 0 left free so that rows do not lie in order."""
    steps: list[list[Row]] = []
    for place, sequence in enumerate(sequences):
        prompt = len(sequence) - _DECODED
        starts = [*range(0, prompt, _CHUNK), *range(prompt, len(sequence))]
        ends = [*starts[1:], len(sequence)]
        for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
            row = Row(place + 1, tuple(sequence[start:end]), start, None, last=True)
            steps += [[]] if number == len(steps) else []
            steps[number].append(row)
    return [in_order(rows) for rows in steps]
