"""The engine for a base model on this machine: batching where the model allows it, one at a time otherwise."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from bots.engine import Engine
from styles.base_model import BaseModel, load_tokenizer, load_weights

if TYPE_CHECKING:
    from bots.engines.batching import Limits

log = logging.getLogger(__name__)


def local_engine(base: BaseModel, *, dtype: str = "auto", device: str = "auto", limits: Limits | None = None) -> Engine:
    """Load a base model and choose how to serve it. "auto": a GPU if there is one; bf16 where hardware is built for it.

    A model that computes something else on packed tokens than alone gets the plain engine, and the log says why.
    """
    # Threads of torch that spin while they wait starve every other process; read once, when torch is first imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

    from bots.engines.batching import BatchingEngine, prepack, refusal
    from bots.engines.batching import Limits as DefaultLimits
    from bots.engines.batching.engine import context_of
    from bots.engines.generate import GenerateEngine

    device = _device(device)
    dtype = _dtype(dtype, device=device)
    limits = limits or DefaultLimits()
    model = load_weights(base, dtype=dtype, device=device).eval().requires_grad_(False)
    reason = refusal(model, context=context_of(model, limits))
    if reason is None:
        prepack(model)
        return BatchingEngine(base, model, tokenizer=load_tokenizer(base), limits=limits)
    log.warning("%s answers one request at a time, because %s", base.name, reason)
    del model
    return GenerateEngine(base, dtype=dtype, device=device, context=limits.context, queue=limits.queue)


def _device(wanted: str) -> str:
    import torch

    return ("cuda" if torch.cuda.is_available() else "cpu") if wanted == "auto" else wanted


def _dtype(wanted: str, *, device: str) -> str:
    import torch

    if wanted != "auto":
        return wanted
    quick = device != "cpu" or torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()  # noqa: SLF001
    return "bfloat16" if quick else "float32"
