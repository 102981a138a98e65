"""A small preference training as a process of its own, for tests that kill it: BASE ADAPTER KIND RUN_DIR."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from styles.base_model import find_base_model
from tests.training.wishes import pairs, votes
from training.plan import Machine
from training.preference import PreferenceTask, Preferred, prepare_preference, train_preference
from training.recipe import Checkpointing, Prefer, Recipe

RECIPE = Recipe(
    name="test",
    method="auto",
    prefer=Prefer(dpo_learning_rate=2e-3, kto_learning_rate=4e-3, epochs=4),
    checkpoint=Checkpointing(every_steps=1),
)


def run(base: Path, adapter: Path, kind: Literal["dpo", "kto"], run_dir: Path) -> Preferred:
    rows = pairs(48) if kind == "dpo" else votes(48)
    task = PreferenceTask(find_base_model(str(base)), RECIPE, kind, "data", rows, adapter)
    prepared = prepare_preference(task, Machine("cpu", "float32", 1))
    return train_preference(prepared, run_dir=run_dir, watch=lambda p: print(p.step, flush=True))


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), "dpo" if sys.argv[3] == "dpo" else "kto", Path(sys.argv[4]))
