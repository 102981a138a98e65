"""On the starter model: what people prefer gets likelier in conversations that were never trained on."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from peft import LoraConfig, get_peft_model

from styles.base_model import BaseModel, load_tokenizer, load_weights
from styles.rendering import Renderer
from tests.training.wishes import pairs, votes
from training.bootstrap import gain
from training.likelihood import Likelihood
from training.plan import Machine
from training.preference import PreferenceTask, measure_pairs, prepare_preference, train_preference
from training.preference_plan import Kind
from training.recipe import Recipe

CPU = Machine("cpu", "float32", 1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["dpo", "kto"])
def test_the_default_numbers_move_the_starter_the_wanted_way(base: BaseModel, kind: Kind, tmp_path: Path) -> None:
    lora = LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM")
    get_peft_model(load_weights(base, dtype="float32", device="cpu"), lora).save_pretrained(tmp_path / "start")
    rows = pairs(48) if kind == "dpo" else votes(48)
    task = PreferenceTask(base, Recipe(name="x", method="auto"), kind, "d", rows, tmp_path / "start")
    done = train_preference(prepare_preference(task, CPU), run_dir=tmp_path / "run", watch=lambda progress: None)
    measure = partial(
        measure_pairs, Likelihood(base, CPU), Renderer(load_tokenizer(base)), pairs(40, part="holdout"), limit=512
    )
    before, after = measure(adapter=tmp_path / "start"), measure(adapter=done.adapter)
    assert before
    assert after
    gained = gain(after.margins, before.margins, clusters=after.clusters)
    assert gained
    assert gained.low > 0
    assert after.wins.mean >= before.wins.mean
    print(f"{kind}: margin {gained.mean:+.3f} [{gained.low:+.3f}, {gained.high:+.3f}], wins {after.wins}")
