"""Memory: what a run will hold at its fullest, worked out from the shape of its base model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.plan import Plan

GIB = 2**30
AROUND = {"cpu": 1.5, "cuda": 1.2}  # GiB of the interpreter and its libraries, or of CUDA's context
LOGITS = 12  # bytes for each labelled token and word of the vocabulary: bf16 and fp32 logits, and their gradient
FULLEST = 0.6  # share of all memory that activations may take before they are computed again instead of kept


@dataclass(frozen=True, slots=True)
class Shape:
    """The sides of a decoder."""

    parameters: int
    layers: int
    hidden: int
    inner: int
    vocabulary: int


def shape_of(folder: Path, *, parameters: int) -> Shape:
    """The shape that a base model's `config.json` declares; where it does not, that of a usual model of this size."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        config = {}
    return _declared(config.get("text_config") or config, parameters)


def _declared(config: Mapping[str, Any], parameters: int) -> Shape:
    hidden = int(config.get("hidden_size") or (parameters / 12) ** (1 / 3) * 8)
    return Shape(
        parameters,
        layers=int(config.get("num_hidden_layers") or max(1, parameters // (12 * hidden * hidden))),
        hidden=hidden,
        inner=int(config.get("intermediate_size") or 3 * hidden),
        vocabulary=int(config.get("vocab_size") or 32_000),
    )


def activation_bytes(shape: Shape, *, width: int, checkpointing: bool = False) -> int:
    """What the backward pass needs of each token: of every layer, or only each layer's input and one layer's rest.

    Counted for the layers of kernels.py: twelve tensors of the model's width and four of the inner width a layer.
    """
    layer = (12 * shape.hidden + 4 * shape.inner) * width
    if not checkpointing:
        return shape.layers * layer
    return shape.layers * shape.hidden * width + layer


def wants_checkpointing(shape: Shape, *, tokens: int, width: int, memory_gib: float) -> bool:
    """Whether a batch of so many tokens would keep more activations than fit beside the rest."""
    return tokens * activation_bytes(shape, width=width) > FULLEST * memory_gib * GIB


def memory_gib(plan: Plan, shape: Shape) -> float:
    """Weights, what is trained with its gradient and two moments, and the largest batch, in GiB."""
    width = 2 if plan.machine.dtype == "bfloat16" else 4
    tokens = plan.batch * plan.longest
    labelled = tokens * plan.target_tokens / max(1, plan.tokens)
    activations = tokens * activation_bytes(shape, width=width, checkpointing=plan.checkpointing)
    held = _weights(plan, shape, width) + activations + labelled * shape.vocabulary * LOGITS
    return held / GIB + AROUND[plan.machine.device]


def _weights(plan: Plan, shape: Shape, width: int) -> float:
    if plan.tuning == "full":
        return shape.parameters * 4 * 4
    sides = 8 * shape.hidden + 3 * (shape.hidden + shape.inner)
    adapter = shape.layers * plan.lora_rank * sides * 4 * 4
    return shape.parameters * (0.6 if plan.tuning == "qlora" else width) + adapter
