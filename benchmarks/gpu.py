"""A GPU at work: tokens per second, MFU and memory of ours and of TRL's, on the shapes of a 0.6B and an 8B model.

`make bench-gpu`, or `python -m benchmarks.gpu [SIZE]… [--chats N] [--device cpu]`. Weights are random: speed alone is
measured. MFU counts four operations for each token and parameter, as NeMo does for LoRA, against the bf16 peak of an
H100 or H200. NeMo publishes 12,473 tokens/s for LoRA on an 8B Llama, on one H100 with full rows of 4,096 tokens.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.bases import Talk, make_base, talks
from styles.base_model import BaseModel, find_base_model, load_tokenizer
from styles.rendering import Renderer
from training.machine import find_machine
from training.recipe import Recipe
from training.sft import Task, count_parameters, prepare, quiet, train

PEAK = 989e12  # bf16 operations a second of an H100 or H200, without sparsity
PUBLISHED = 12_473
VOCABULARY = 151_936  # as Qwen3 has it: the output layer is a good part of a small model


@dataclass(frozen=True, slots=True)
class Speed:
    """What a run reached."""

    tokens_per_second: float
    peak_gib: float

    def mfu(self, parameters: int) -> float:
        return 4 * parameters * self.tokens_per_second / PEAK


def ours(base: BaseModel, chats: list[Talk], folder: Path, *, device: str) -> float:
    """Seconds of our training steps."""
    recipe = Recipe(name="bench", epochs=1, examples_per_step=32, early_stopping=False, packing=True)
    prepared = prepare(Task(base, recipe, "bench", chats, []), find_machine(device))
    trained = train(prepared, run_dir=folder, watch=lambda progress: None)
    return prepared.plan.tokens / trained.tokens_per_second


def trl(
    base: BaseModel, chats: list[Talk], folder: Path, *, device: str, lora: dict[str, Any], **options: Any
) -> float:
    """Seconds of TRL's training."""
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, PrinterCallback
    from trl import SFTConfig, SFTTrainer

    rows = [{"messages": [{"role": m.role, "content": m.content} for m in talk]} for talk in chats]
    arguments = {"num_train_epochs": 1, "report_to": [], "save_strategy": "no", "use_cpu": device == "cpu"}
    trainer = SFTTrainer(
        AutoModelForCausalLM.from_pretrained(base.path, dtype=options.pop("dtype")),
        args=SFTConfig(output_dir=str(folder), disable_tqdm=True, logging_steps=10**6, **arguments, **options),
        train_dataset=Dataset.from_list(rows),
        processing_class=load_tokenizer(base),
        peft_config=LoraConfig(**lora),
    )
    trainer.remove_callback(PrinterCallback)
    began = time.perf_counter()
    trainer.train()
    return time.perf_counter() - began


def newcomer(base: BaseModel, chats: list[Talk], folder: Path, *, device: str) -> float:
    return trl(base, chats, folder, device=device, lora={}, dtype="float32")


def packed(base: BaseModel, chats: list[Talk], folder: Path, *, device: str) -> float:
    """TRL's own packing with the LoRA shape of ours; without a flash-attention wheel it builds dense masks."""
    lora = {"r": 16, "lora_alpha": 32, "target_modules": "all-linear"}
    options = {"packing": True, "max_length": 1024, "per_device_train_batch_size": 4, "gradient_checkpointing": False}
    return trl(base, chats, folder, device=device, lora=lora, dtype="bfloat16", **options)


RUNS: dict[str, Callable[..., float]] = {
    "TRL as a newcomer has it": newcomer,
    "TRL with packing": packed,
    "brandvoice": ours,
}


def measure(size: str, *, chats: int, device: str, vocabulary: int = VOCABULARY) -> tuple[int, dict[str, Speed | str]]:
    """Parameters, and the speed of each run; a run that fails says why in a word instead."""
    found: dict[str, Speed | str] = {}
    with tempfile.TemporaryDirectory() as name, quiet():
        base = find_base_model(str(make_base(Path(name) / "base", size=size, vocabulary=vocabulary, dtype="bfloat16")))
        said = talks(chats)
        renderer = Renderer(load_tokenizer(base))
        tokens = sum(len(renderer.render(talk).token_ids) for talk in said)
        for run, timed in RUNS.items():
            try:
                found[run] = _timed(timed, base, said, Path(name) / run.replace(" ", "-"), device=device, tokens=tokens)
            except torch.OutOfMemoryError:
                found[run] = "out of memory"
        return count_parameters(base), found


def _timed(
    timed: Callable[..., float], base: BaseModel, said: list[Talk], folder: Path, *, device: str, tokens: int
) -> Speed:
    on_gpu = device != "cpu" and torch.cuda.is_available()
    if on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    seconds = timed(base, said, folder, device=device)
    return Speed(tokens / seconds, torch.cuda.max_memory_allocated() / 2**30 if on_gpu else 0.0)


def print_speeds(size: str, parameters: int, found: dict[str, Speed | str]) -> None:
    print(f"{size}: {parameters / 1e9:.2f}B parameters, random weights, style-length chats")
    for name, speed in found.items():
        if isinstance(speed, str):
            print(f"  {name:26} {speed}")
            continue
        beside = f"   {speed.tokens_per_second / PUBLISHED:.2f}x NeMo's published" if size == "8B" else ""
        print(
            f"  {name:26} {speed.tokens_per_second:9,.0f} tokens/s   MFU {speed.mfu(parameters):6.1%}"
            f"   {speed.peak_gib:6.1f} GiB{beside}"
        )


def main(words: list[str] | None = None) -> None:
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu")
    parser.add_argument("sizes", nargs="*", default=["0.6B", "8B"])
    parser.add_argument("--chats", type=int, default=2000)
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--vocabulary", type=int, default=VOCABULARY)
    asked = parser.parse_args(words if words is not None else [])
    if asked.device == "cuda" and not torch.cuda.is_available():
        print("No GPU here: not measured. It runs with: make bench-gpu")
        return
    for size in asked.sizes or ["0.6B", "8B"]:
        print_speeds(size, *measure(size, chats=asked.chats, device=asked.device, vocabulary=asked.vocabulary))


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
