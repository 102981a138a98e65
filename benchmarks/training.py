"""Training: tokens per second of ours and of TRL on the same chats, two sizes of model, two ways of allocating memory.

`python -m benchmarks.training [ROUNDS]` prints a table. The runs are interleaved, and the fastest of each counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.bases import Talk, make_base, talks
from styles.base_model import BaseModel, find_base_model, load_tokenizer
from styles.rendering import Renderer
from training.machine import find_machine
from training.recipe import Recipe
from training.sft import Task, prepare, train

SIZES = {"10M": 224, "60M": 96}  # and the number of chats
TUNED_MALLOC = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "1000000000000"}


def ours(base: BaseModel, chats: list[Talk], folder: Path) -> float:
    """Seconds of our loop."""
    recipe = Recipe(name="bench", epochs=1, examples_per_step=8, early_stopping=False)
    prepared = prepare(Task(base, recipe, "bench", chats, []), find_machine())
    trained = train(prepared, run_dir=folder, watch=lambda progress: None)
    return prepared.plan.tokens / trained.tokens_per_second


def trl(base: BaseModel, chats: list[Talk], folder: Path, *, lora: dict[str, Any], dtype: str, **options: Any) -> float:
    """Seconds of TRL's own loop."""
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, PrinterCallback
    from trl import SFTConfig, SFTTrainer

    rows = [{"messages": [{"role": m.role, "content": m.content} for m in talk]} for talk in chats]
    arguments = {"use_cpu": True, "num_train_epochs": 1, "report_to": [], "save_strategy": "no"} | options
    trainer = SFTTrainer(
        AutoModelForCausalLM.from_pretrained(base.path, dtype=dtype),
        args=SFTConfig(output_dir=str(folder), disable_tqdm=True, logging_steps=10**6, **arguments),
        train_dataset=Dataset.from_list(rows),
        processing_class=load_tokenizer(base),
        peft_config=LoraConfig(**lora),
    )
    trainer.remove_callback(PrinterCallback)
    began = time.perf_counter()
    trainer.train()
    return time.perf_counter() - began


def newcomer(base: BaseModel, chats: list[Talk], folder: Path) -> float:
    return trl(base, chats, folder, lora={}, dtype="float32")


def best_stock(base: BaseModel, chats: list[Talk], folder: Path) -> float:
    """What was found fastest among TRL's own options on a CPU, with the LoRA shape of ours."""
    lora = {"r": 16, "lora_alpha": 32, "target_modules": "all-linear"}
    packed = {"packing": True, "max_length": 256, "per_device_train_batch_size": 4, "gradient_checkpointing": False}
    return trl(base, chats, folder, lora=lora, dtype="bfloat16", **packed)


RUNS: dict[str, Callable[[BaseModel, list[Talk], Path], float]] = {
    "TRL as a newcomer has it": newcomer,
    "TRL with its best options": best_stock,
    "brandvoice": ours,
}


def measure(size: str, rounds: int) -> dict[str, float]:
    """Tokens a second of each run, the best of some rounds."""
    warnings.filterwarnings("ignore")
    with tempfile.TemporaryDirectory() as folder:
        base = find_base_model(str(make_base(Path(folder), size=size)))
        chats = talks(SIZES[size])
        renderer = Renderer(load_tokenizer(base))
        tokens = sum(len(renderer.render(talk).token_ids) for talk in chats)
        best = dict.fromkeys(RUNS, float("inf"))
        for _ in range(rounds):
            for name, run in RUNS.items():
                with tempfile.TemporaryDirectory() as place:
                    best[name] = min(best[name], run(base, chats, Path(place)))
    return {name: tokens / seconds for name, seconds in best.items()}


def main() -> None:
    rounds = sys.argv[1] if len(sys.argv) > 1 else "2"
    for allocation, environment in (("default malloc", {}), ("tuned malloc", TUNED_MALLOC)):
        for size in SIZES:
            command = [sys.executable, "-m", "benchmarks.training", "--measure", size, rounds]
            done = subprocess.run(
                command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
            )
            if done.returncode:
                print(done.stderr[-2000:])
                raise SystemExit(1)
            speeds = json.loads(done.stdout.splitlines()[-1])
            print(f"{size} parameters, {SIZES[size]} chats, one epoch, {allocation}, best of {rounds}")
            for name, speed in speeds.items():
                factors = "  ".join(f"{speed / other:5.2f}x" for other in speeds.values())
                print(f"  {name:26} {speed:8.0f} tokens/s   {factors}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(sys.argv[2], int(sys.argv[3]))))
    else:
        main()
