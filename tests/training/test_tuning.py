"""What is trained: an adapter, an adapter on a 4-bit base, or the layers in full; each ends in a LoRA adapter."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from conversations.errors import TrainingRefused
from styles.base_model import BaseModel, find_base_model, load_weights
from tests.tiny import save_tiny_base
from tests.training.run_training import RECIPE
from tests.training.talks import TALKS
from training.plan import Machine
from training.progress import load_curve
from training.recipe import Lora, Recipe
from training.sft import Prepared, Task, Trained, prepare, train
from training.tuning import extract_adapter

CPU = Machine("cpu", "float32", 1)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> BaseModel:
    return find_base_model(str(save_tiny_base(tmp_path_factory.mktemp("base"))))


def prepared(base: BaseModel, **changes: object) -> Prepared:
    recipe = RECIPE.model_copy(update=changes)
    return prepare(Task(base, recipe, "data", TALKS[:40], TALKS[40:]), CPU)


def run(base: BaseModel, folder: Path, **changes: object) -> Trained:
    return train(prepared(base, **changes), run_dir=folder, watch=lambda _: None)


def first_and_last(folder: Path) -> tuple[float, float]:
    points = [p.loss for p in load_curve(folder / "curve.jsonl") if p.loss is not None]
    return points[0], points[-1]


def test_full_tuning_learns_and_ends_in_an_adapter_that_has_learned_too(base: BaseModel, tmp_path: Path) -> None:
    trained = run(base, tmp_path, tuning="full", lora=Lora(rank=16, alpha=32), learning_rate=1e-3)
    first, last = first_and_last(tmp_path)
    held_out = [p.holdout_loss for p in load_curve(tmp_path / "curve.jsonl") if p.holdout_loss is not None]
    assert last < first
    assert {p.name for p in trained.adapter.iterdir()} == {"adapter_model.safetensors", "adapter_config.json"}
    assert trained.holdout_loss == pytest.approx(min(held_out), rel=0.02)
    assert trained.holdout_loss < held_out[0]


def test_an_extracted_adapter_of_full_rank_is_the_change_itself(base: BaseModel, tmp_path: Path) -> None:
    from peft import PeftModel

    plan = prepared(base, tuning="full", lora=Lora(rank=64, alpha=128)).plan
    model = load_weights(base, dtype="float32", device="cpu")
    torch.manual_seed(0)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("proj.weight"):
                weight.add_(0.05 * torch.randn_like(weight))
    kept = extract_adapter(model.state_dict(), base, plan, target=tmp_path)
    voiced = PeftModel.from_pretrained(load_weights(base, dtype="float32", device="cpu"), tmp_path)
    tokens = torch.tensor([[5, 6, 7, 8, 9]])
    assert kept == pytest.approx(1.0)
    torch.testing.assert_close(voiced(input_ids=tokens).logits, model(input_ids=tokens).logits, atol=1e-4, rtol=1e-4)


def test_a_smaller_rank_keeps_less_of_the_change_and_says_how_much(base: BaseModel, tmp_path: Path) -> None:
    plan = prepared(base, tuning="full", lora=Lora(rank=2, alpha=4)).plan
    model = load_weights(base, dtype="float32", device="cpu")
    torch.manual_seed(0)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("proj.weight"):
                weight.add_(0.05 * torch.randn_like(weight))
    assert 0 < extract_adapter(model.state_dict(), base, plan, target=tmp_path) < 0.5


def test_full_tuning_takes_a_tenth_of_the_rate_of_lora(base: BaseModel) -> None:
    full, lora = (prepared(base, tuning=tuning, learning_rate="auto").plan for tuning in ("full", "lora"))
    assert full.learning_rate == pytest.approx(lora.learning_rate / 10)


def test_a_base_in_four_bits_learns(tmp_path: Path) -> None:
    pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed")
    starter = find_base_model("starter")  # its sides are multiples of 64, which 4 bits on a CPU insist on
    trained = run(starter, tmp_path, tuning="qlora", epochs=2)
    first, last = first_and_last(tmp_path)
    assert last < first
    adapter = load_file(trained.adapter / "adapter_model.safetensors")
    assert all("lora" in name for name in adapter)
    assert all(tensor.dtype == torch.float32 for tensor in adapter.values())


def test_four_bits_without_their_library_are_refused_with_what_to_install(
    base: BaseModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.tuning.find_spec", lambda name: None)
    with pytest.raises(TrainingRefused, match=r"brandvoice\[qlora\]"):
        run(base, tmp_path, tuning="qlora")


def test_an_unknown_tuning_is_refused_by_the_recipe() -> None:
    with pytest.raises(ValueError, match="tuning"):
        Recipe(name="x", tuning="prompt")  # type: ignore[arg-type]
