"""Training: tokens per second of our recipe and of TRL's defaults on the same conversations and machine.

`python -m benchmarks.training [ROUNDS]` prints a table; the two are interleaved, the fastest run of each counts.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import warnings
from importlib import resources
from pathlib import Path
from typing import Any

from conversations.messages import Message
from styles.base_model import find_base_model, load_tokenizer
from training.machine import find_machine
from training.recipe import Recipe
from training.sft import Task, prepare, train

warnings.filterwarnings("ignore")
EPOCHS = 1


def talks() -> list[tuple[Message, ...]]:
    lines = (resources.files("brandvoice") / "demo_data" / "volt.jsonl").read_text(encoding="utf-8").splitlines()
    return [tuple(Message(m["role"], m["content"]) for m in json.loads(line)["messages"]) for line in lines]


def ours(folder: Path) -> float:
    """Seconds of our training loop."""
    recipe = Recipe(name="bench", epochs=EPOCHS, examples_per_step=8, early_stopping=False)
    prepared = prepare(Task(find_base_model("starter"), recipe, "bench", talks(), []), find_machine())
    trained = train(prepared, run_dir=folder, watch=lambda progress: None)
    return prepared.plan.tokens / trained.tokens_per_second


def newcomer(folder: Path, *, tuned: bool = False) -> float:
    """Seconds of TRL's loop: with its defaults, or the best its own options give on a CPU."""
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, PrinterCallback
    from trl import SFTConfig, SFTTrainer

    base = find_base_model("starter")
    rows = [{"messages": [{"role": m.role, "content": m.content} for m in talk]} for talk in talks()]
    options: dict[str, Any] = {"use_cpu": True, "num_train_epochs": EPOCHS, "report_to": [], "save_strategy": "no"}
    lora, dtype = LoraConfig(), "float32"
    if tuned:
        options |= {
            "gradient_checkpointing": False,
            "packing": True,
            "max_length": 256,
            "per_device_train_batch_size": 4,
        }
        lora, dtype = LoraConfig(r=16, lora_alpha=32, target_modules="all-linear"), "bfloat16"
    trainer = SFTTrainer(
        AutoModelForCausalLM.from_pretrained(base.path, dtype=dtype),
        args=SFTConfig(output_dir=str(folder), disable_tqdm=True, logging_steps=10**6, **options),
        train_dataset=Dataset.from_list(rows),
        processing_class=load_tokenizer(base),
        peft_config=lora,
    )
    trainer.remove_callback(PrinterCallback)
    began = time.perf_counter()
    trainer.train()
    return time.perf_counter() - began


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    tokenizer = load_tokenizer(find_base_model("starter"))
    tokens = sum(
        len(
            tokenizer.apply_chat_template([{"role": m.role, "content": m.content} for m in t], return_dict=True)[
                "input_ids"
            ]
        )
        for t in talks()
    )
    runs = {
        "TRL, its defaults": newcomer,
        "TRL, its best options": lambda folder: newcomer(folder, tuned=True),
        "brandvoice": ours,
    }
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, run in runs.items():
            with tempfile.TemporaryDirectory() as folder:
                best[name] = min(best[name], run(Path(folder)))
    slowest = best["TRL, its defaults"]
    print(f"one epoch over {len(talks())} chats, {tokens} tokens, starter model, best of {rounds}")
    for name, seconds in best.items():
        print(f"{name:24} {tokens / seconds:8.0f} tokens/s  {slowest / seconds:5.2f}x")


if __name__ == "__main__":
    main()
