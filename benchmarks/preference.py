"""Preference training: examples per CPU-second of our DPO and KTO and of TRL's, on the same pairs and one thread.

`python -m benchmarks.preference [ROUNDS] [ROWS]` prints a table. A pair counts as one example, a vote as one.
Time runs from the making of the trainer, which for ours includes the reference, to the end of one epoch; loading the
model is left out. The configurations are interleaved and the fastest run of each counts.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch

from conversations.messages import Message
from styles.base_model import BaseModel, find_base_model, load_tokenizer, load_weights
from styles.preferences import Preference
from training.checkpoints import CheckpointStore
from training.machine import find_machine
from training.plan import Machine
from training.preference import PreferenceTask, make_trainer, prepare_preference
from training.preference_plan import Kind
from training.recipe import Recipe
from training.sft import quiet

warnings.filterwarnings("ignore")
KINDS: tuple[Kind, ...] = ("kto", "dpo")
NEEDED = {"kto": 2.0, "dpo": 1.8}


@dataclass(frozen=True, slots=True)
class Bench:
    """The same work for everybody: a base model, an adapter to begin with, and rows for both trainings."""

    base: BaseModel
    adapter: Path
    rows: dict[Kind, list[Preference]]
    machine: Machine


def make_bench(rows: int, folder: Path) -> Bench:
    """The replies of the bundled brand against the same ones with another conversation's."""
    base = find_base_model("starter")
    said = _talks()[: rows + 1]
    pairs = [
        Preference(f"p{n}", f"t{n}", "train", talk[:-1], talk[-1].content, other[-1].content, basis="own-content")
        for n, (talk, other) in enumerate(pairwise(said))
    ]
    votes = [
        Preference(p.id, p.conversation_id, "train", p.prompt, *_either(p, wanted=n % 2 == 0), basis="own-content")
        for n, p in enumerate(pairs)
    ]
    return Bench(base, _adapter(base, folder), {"dpo": pairs, "kto": votes}, _one_thread())


def ours(bench: Bench, kind: Kind, folder: Path) -> float:
    """CPU seconds of our trainer."""
    task = PreferenceTask(bench.base, Recipe(name="bench"), kind, "bench", bench.rows[kind], bench.adapter)
    prepared = prepare_preference(task, bench.machine)
    store = CheckpointStore(folder / "checkpoints", plan_hash=prepared.plan.hash, keep=1)
    loading = _cpu_seconds(lambda: load_weights(bench.base, dtype=bench.machine.dtype, device="cpu"))
    with quiet():
        return (
            _cpu_seconds(
                lambda: make_trainer(prepared, run_dir=folder, store=store, watch=lambda progress: None).train()
            )
            - loading
        )


def stock(bench: Bench, kind: Kind, folder: Path, *, tuned: bool) -> float:
    """CPU seconds of TRL's trainer: with its defaults, or with bf16 weights and without checkpointed gradients."""
    from datasets import Dataset
    from peft import PeftModel
    from transformers import PrinterCallback
    from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer

    weights = load_weights(bench.base, dtype="bfloat16" if tuned else "float32", device="cpu")
    model = PeftModel.from_pretrained(weights, bench.adapter, is_trainable=True)
    made, config = (DPOTrainer, DPOConfig) if kind == "dpo" else (KTOTrainer, KTOConfig)
    options: dict[str, Any] = {"gradient_checkpointing": False} if tuned else {}
    arguments = config(
        output_dir=str(folder),
        use_cpu=True,
        report_to=[],
        disable_tqdm=True,
        save_strategy="no",
        num_train_epochs=1,
        per_device_train_batch_size=8,
        **options,
    )

    def run() -> None:
        table = Dataset.from_list([_chat(row) for row in bench.rows[kind]])
        trainer = made(model, args=arguments, train_dataset=table, processing_class=load_tokenizer(bench.base))
        trainer.remove_callback(PrinterCallback)
        trainer.train()

    with quiet():
        return _cpu_seconds(run)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 96
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        bench = make_bench(rows, Path(name) / "adapter")
        for kind in KINDS:
            _compare(bench, kind, Path(name), rounds=rounds)


def _compare(bench: Bench, kind: Kind, folder: Path, *, rounds: int) -> None:
    runs: dict[str, Callable[[Path], float]] = {
        "TRL, its defaults": lambda where: stock(bench, kind, where, tuned=False),
        "TRL, bf16 weights": lambda where: stock(bench, kind, where, tuned=True),
        "brandvoice": lambda where: ours(bench, kind, where),
    }
    best = dict.fromkeys(runs, float("inf"))
    for number in range(rounds):
        for place, (label, run) in enumerate(runs.items()):
            where = folder / f"{kind}-{number}-{place}"
            where.mkdir()
            best[label] = min(best[label], run(where))
    count, slowest = len(bench.rows[kind]), best["TRL, its defaults"]
    print(f"\n{kind.upper()}, {count} examples, one thread, {bench.machine.dtype}, best of {rounds}")
    for label, seconds in best.items():
        print(f"{label:20s} {count / seconds:7.2f} examples per CPU-second  {slowest / seconds:5.2f} ×")
    print(f"wanted: {NEEDED[kind]} × TRL's defaults")


def _talks() -> list[tuple[Message, ...]]:
    lines = (resources.files("brandvoice") / "demo_data" / "volt.jsonl").read_text(encoding="utf-8").splitlines()
    said = [tuple(Message(m["role"], m["content"]) for m in json.loads(line)["messages"]) for line in lines]
    return [talk for talk in said if talk[0].role == "user" and talk[-1].role == "assistant"]


def _adapter(base: BaseModel, folder: Path) -> Path:
    from peft import LoraConfig, get_peft_model

    lora = LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM")
    get_peft_model(load_weights(base, dtype="float32", device="cpu"), lora).save_pretrained(folder)
    return folder


def _either(pair: Preference, *, wanted: bool) -> tuple[str | None, str | None]:
    return (pair.chosen, None) if wanted else (None, pair.rejected)


def _chat(row: Preference) -> dict[str, Any]:
    prompt = [{"role": m.role, "content": m.content} for m in row.prompt]

    def reply(text: str | None) -> list[dict[str, str | None]]:
        return [{"role": "assistant", "content": text}]

    if row.is_pair:
        return {"prompt": prompt, "chosen": reply(row.chosen), "rejected": reply(row.rejected)}
    return {"prompt": prompt, "completion": reply(row.completion), "label": row.label}


def _one_thread() -> Machine:
    machine = find_machine("cpu")
    return Machine(machine.device, machine.dtype, 1)


def _cpu_seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
