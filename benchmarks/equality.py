"""Equality: loss and every LoRA gradient of ours beside TRL's own on the same chats, and leaks between packed rows.

`python -m benchmarks.equality [CHATS]` prints a table, in fp32 on one thread. TRL's trainer gets the tokens and labels
of our renderer, so that both train on the same words; needed are relative differences up to 1e-5 and no leak at all.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.bases import make_base, talks
from styles.base_model import BaseModel, find_base_model, load_weights
from training.batches import pad
from training.plan import Machine
from training.recipe import Recipe
from training.sft import Prepared, Task, prepare, quiet

NEEDED = 1e-5
Gradients = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Difference:
    """Relative differences of a loss and of the worst of some gradients, by their norms."""

    loss: float
    gradient: float
    gradients: int


def prepared_chats(base: BaseModel, count: int) -> Prepared:
    recipe = Recipe(name="bench", epochs=1, examples_per_step=count, min_examples=1)
    return prepare(Task(base, recipe, "bench", talks(count), []), Machine("cpu", "float32", 1))


def compare(base: BaseModel, prepared: Prepared, folder: Path) -> Difference:
    """One training step of TRL's trainer and of ours, from the same adapter that is not zero."""
    from training.kernels import fuse
    from training.tuning import tunable_model

    stock = tunable_model(base, prepared.plan, start=None)
    _unlike_zero(stock)
    loss, expected = _stock_step(_unfused(stock), prepared, folder)
    fuse(stock)
    our_loss, got = _our_step(stock, prepared)
    worst = max(float((got[name] - g).norm() / g.norm()) for name, g in expected.items())
    return Difference(abs(our_loss - loss) / loss, worst, len(expected))


def _unlike_zero(model: Any) -> None:
    torch.manual_seed(3)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.02)


def _unfused(model: Any) -> Any:
    from training.kernels import unfuse

    unfuse(model.get_base_model())
    return model


def _stock_step(model: Any, prepared: Prepared, folder: Path) -> tuple[float, Gradients]:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    rows: dict[str, list[list[int]]] = {"input_ids": [], "labels": []}
    for rendered in prepared.train:
        rows["input_ids"].append(list(rendered.token_ids))
        rows["labels"].append(list(rendered.labels))
    trainer = SFTTrainer(
        model,
        args=SFTConfig(
            output_dir=str(folder),
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            report_to=[],
            per_device_train_batch_size=len(prepared.train),
            max_length=None,
        ),
        train_dataset=Dataset.from_dict(rows),
        processing_class=prepared.tokenizer,
    )
    trainer.current_gradient_accumulation_steps = 1
    loss = trainer.training_step(model, next(iter(trainer.get_train_dataloader())))
    return float(loss), _taken(model)


def _our_step(model: Any, prepared: Prepared) -> tuple[float, Gradients]:
    from training.attention import register_attention
    from training.kernels import labelled_loss

    model.get_base_model().set_attn_implementation(register_attention())
    batch = pad(
        [{"input_ids": r.token_ids, "labels": r.labels} for r in prepared.train],
        pad_token=prepared.tokenizer.pad_token_id,
    )
    loss = labelled_loss(model.get_base_model(), batch["input_ids"], batch["labels"], count=None)
    loss.backward()
    return loss.item(), _taken(model)


def _taken(model: Any) -> Gradients:
    """The gradients, taken off the model."""
    taken = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad(set_to_none=True)
    return taken


def leak(base: BaseModel, prepared: Prepared) -> float:
    """How much the logits of a packed row change when the row before it becomes another one; of all rows, the most."""
    from training.packing import pack, register_packed

    model = load_weights(base, dtype="float32", device="cpu")
    model.set_attn_implementation(register_packed())
    rows = [{"input_ids": list(r.token_ids), "labels": list(r.labels)} for r in prepared.train[:6]]
    worst = 0.0
    for changed in range(len(rows)):
        other = [row if i != changed else _rotated(row) for i, row in enumerate(rows)]
        worst = max(worst, _difference(model, rows, other, pack=pack, apart_from=changed))
    return worst


def _rotated(row: dict[str, list[int]]) -> dict[str, list[int]]:
    return {"input_ids": row["input_ids"][1:] + row["input_ids"][:1], "labels": row["labels"]}


@torch.no_grad()
def _difference(model: Any, rows: Sequence[Any], others: Sequence[Any], *, pack: Any, apart_from: int) -> float:
    logits = [model(**_inputs(pack(some)), use_cache=False).logits[0] for some in (rows, others)]
    lengths = [len(row["input_ids"]) for row in rows]
    here = sum(lengths[:apart_from]), sum(lengths[: apart_from + 1])
    same = [i for i in range(sum(lengths)) if not here[0] <= i < here[1]]
    return float((logits[0][same] - logits[1][same]).abs().max())


def _inputs(batch: Any) -> dict[str, Any]:
    return {name: value for name, value in batch.items() if name != "labels"}


def main() -> None:
    warnings.filterwarnings("ignore")
    chats = int(sys.argv[1]) if len(sys.argv) > 1 else 16
    torch.set_num_threads(1)
    for size in ("1M", "10M"):
        with tempfile.TemporaryDirectory() as folder, quiet():
            base = find_base_model(str(make_base(Path(folder) / "base", size=size)))
            prepared = prepared_chats(base, chats)
            found = compare(base, prepared, Path(folder))
            print(f"{size} parameters, {chats} chats, fp32: relative difference to TRL's own (needed: {NEEDED:g})")
            print(f"  loss {found.loss:.1e}   worst of {found.gradients} LoRA gradients {found.gradient:.1e}")
            print(f"  leak between packed rows: {leak(base, prepared)}")


if __name__ == "__main__":
    main()
