"""What tests of several modules need: adapters with random weights, and one evaluation of made-up voices."""

from __future__ import annotations

from pathlib import Path

import pytest

from styles.base_model import BaseModel, find_base_model, load_weights
from tests.training.made_up import make_task
from training.evaluation import Evaluation, evaluate


@pytest.fixture(scope="session")
def base() -> BaseModel:
    return find_base_model("starter")


@pytest.fixture(scope="session")
def adapters(base: BaseModel, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two LoRA adapters whose random weights are not zero."""
    import torch
    from peft import LoraConfig, get_peft_model

    made = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        model = load_weights(base, dtype="float32", device="cpu")
        config = LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False, task_type="CAUSAL_LM")
        folder = tmp_path_factory.mktemp("adapter")
        get_peft_model(model, config).save_pretrained(folder)
        made.append(folder)
    return made


@pytest.fixture(scope="session")
def evaluation(base: BaseModel, adapters: list[Path]) -> Evaluation:
    """A made-up voice measured against everything but a current one; nothing is generated."""
    return evaluate(make_task(base, adapters[0], columns=("base", "tuned", "prompted", "few-shot", "retrieval")))
