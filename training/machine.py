"""The machine: which device trains, in which number format, with how many threads."""

from __future__ import annotations

import os
import threading
from pathlib import Path

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
        from training.packing import has_varlen

        return Machine("cuda", "bfloat16", torch.get_num_threads(), gpus=torch.cuda.device_count(), varlen=has_varlen())
    quick = bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())  # noqa: SLF001
    return Machine("cpu", "bfloat16" if quick else "float32", len(os.sched_getaffinity(0)))


def total_memory(machine: Machine) -> float:
    """GiB of the GPU that trains, or of this machine."""
    if machine.device == "cuda":
        import torch

        return float(torch.cuda.mem_get_info()[1]) / 2**30
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30


class Peak:
    """The most memory that this process, or its GPU, held while this was open: `gib`, looked at ten times a second."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.gib = 0.0
        self._over = threading.Event()
        self._looking = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Peak:
        if self.machine.device == "cuda":
            import torch

            torch.cuda.reset_peak_memory_stats()
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._looking.join()
        if self.machine.device == "cuda":
            import torch

            self.gib = torch.cuda.max_memory_reserved() / 2**30

    def _look(self) -> None:
        while not self._over.wait(0.1):
            self.gib = max(self.gib, resident_gib())


def resident_gib() -> float:
    """Memory that this process holds now; 0 where the system does not say."""
    pages = Path("/proc/self/statm")
    return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**30 if pages.is_file() else 0.0
