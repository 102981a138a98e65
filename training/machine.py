"""The machine: which device trains, in which number format, with how many threads."""

from __future__ import annotations

import os

from conversations.errors import TrainingRefused
from training.plan import Machine


def find_machine(device: str = "auto") -> Machine:
    """The device asked for (`auto`, `cpu`, `cuda`), with bf16 where the hardware multiplies it faster than fp32."""
    import torch

    if device not in {"auto", "cpu", "cuda"}:
        raise TrainingRefused(f'The device "{device}" is not one of auto, cpu, cuda.')
    has_gpu = torch.cuda.is_available()
    if device == "cuda" and not has_gpu:
        raise TrainingRefused('device = "cuda", but torch sees no GPU. Install a CUDA build of it, or use "auto".')
    if has_gpu and device != "cpu":
        return Machine("cuda", "bfloat16", torch.get_num_threads())
    quick = bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())  # noqa: SLF001
    return Machine("cpu", "bfloat16" if quick else "float32", len(os.sched_getaffinity(0)))
