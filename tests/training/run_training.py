"""One small training run as a process of its own, for tests that kill it: `run_training.py BASE RUN_DIR`."""

from __future__ import annotations

import sys
from pathlib import Path

from styles.base_model import find_base_model
from tests.training.talks import TALKS
from training.plan import Machine
from training.recipe import Checkpointing, Lora, Recipe
from training.sft import Task, Trained, prepare, train

RECIPE = Recipe(
    name="test",
    epochs=4,
    learning_rate=3e-3,
    examples_per_step=8,
    min_examples=10,
    lora=Lora(rank=4, alpha=8),
    checkpoint=Checkpointing(every_seconds=1000, every_steps=2),
)


def run(base: Path, run_dir: Path) -> Trained:
    task = Task(find_base_model(str(base)), RECIPE, "data", TALKS[:40], TALKS[40:])
    return train(
        prepare(task, Machine("cpu", "float32", 1)), run_dir=run_dir, watch=lambda p: print(p.step, flush=True)
    )


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
