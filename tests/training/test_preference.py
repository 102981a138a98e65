from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors import safe_open
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer

from conversations.errors import TrainingRefused, TrainingStopped
from styles.base_model import find_base_model, load_tokenizer, load_weights
from styles.preferences import Preference
from styles.rendering import Renderer
from styles.voices import file_digest
from tests.tiny import save_tiny_base
from tests.training import run_preference
from tests.training.wishes import pairs, votes
from training.bootstrap import gain
from training.checkpoints import CheckpointStore
from training.likelihood import Likelihood
from training.plan import Machine
from training.preference import (
    PreferenceTask,
    Preferred,
    PreparedPreference,
    make_trainer,
    measure_pairs,
    prepare_preference,
    train_preference,
)
from training.preference_plan import Kind
from training.preference_rows import Row, pair_columns, render_rows, vote_columns, vote_order
from training.progress import Progress
from training.recipe import Checkpointing, Prefer, Recipe
from training.sft import quiet

CPU = Machine("cpu", "float32", 1)
RECIPE = Recipe(
    name="test",
    method="auto",
    prefer=Prefer(dpo_learning_rate=2e-3, kto_learning_rate=4e-3, epochs=2),
    checkpoint=Checkpointing(every_steps=2),
    scheduler="constant",
    warmup_share=0.0,
)
KINDS: tuple[Kind, ...] = ("dpo", "kto")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA adapter as SFT would leave one: its weights are not zero."""
    torch.manual_seed(1)
    model = load_weights(find_base_model(str(base)), dtype="float32", device="cpu")
    config = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", init_lora_weights=False, task_type="CAUSAL_LM")
    folder = tmp_path_factory.mktemp("adapter")
    get_peft_model(model, config).save_pretrained(folder)
    return folder


def prepared(base: Path, adapter: Path, kind: Kind, rows: Sequence[Preference] | None = None) -> PreparedPreference:
    given = rows if rows is not None else (pairs(32) if kind == "dpo" else votes(32))
    return prepare_preference(PreferenceTask(find_base_model(str(base)), RECIPE, kind, "data", given, adapter), CPU)


def run(base: Path, adapter: Path, kind: Kind, folder: Path, **more: Any) -> Preferred:
    watch: Callable[..., None] = more.pop("watch", lambda progress: None)
    return train_preference(prepared(base, adapter, kind, **more), run_dir=folder, watch=watch)


def digest(done: Preferred) -> str:
    return file_digest(done.adapter / "adapter_model.safetensors")


class StockPairs(DPOTrainer):
    """TRL's own, but for its tokenisation."""

    def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
        return dataset


class StockVotes(KTOTrainer):
    """TRL's own, but for its tokenisation."""

    def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
        return dataset


def stock_trainer(ready: PreparedPreference, folder: Path) -> Any:
    """TRL with its own collator, reference adapter and output layer, on our tokens."""
    plan = ready.plan
    weights = load_weights(ready.task.base, dtype="float32", device="cpu")
    options: dict[str, Any] = {
        "output_dir": str(folder),
        "use_cpu": True,
        "bf16": False,
        "gradient_checkpointing": False,
        "per_device_train_batch_size": plan.batch,
        "report_to": [],
        "beta": plan.beta,
        "max_length": None,
        "remove_unused_columns": False,
    }
    if plan.kind == "dpo":
        options |= {"loss_type": ["sigmoid", "sft"], "loss_weights": [1.0, plan.sft_weight]}
        made, config, columns = StockPairs, DPOConfig, pair_columns(ready.rows)
    else:
        options |= {"desirable_weight": plan.desirable_weight, "undesirable_weight": plan.undesirable_weight}
        made, config, columns = StockVotes, KTOConfig, vote_columns(ready.rows, batch=plan.batch)
        columns.pop("row_weight")
    with quiet():
        return made(
            PeftModel.from_pretrained(weights, ready.task.start, is_trainable=True),
            args=config(**options),
            train_dataset=Dataset.from_dict(columns),
            processing_class=load_tokenizer(ready.task.base),
        )


def our_trainer(ready: PreparedPreference, folder: Path) -> Any:
    store = CheckpointStore(folder / "checkpoints", plan_hash=ready.plan.hash, keep=2)
    folder.mkdir(exist_ok=True)
    with quiet():
        return make_trainer(ready, run_dir=folder, store=store, watch=lambda progress: None)


def loss_and_gradients(trainer: Any, count: int) -> tuple[float, dict[str, torch.Tensor]]:
    """Of the first batch, after the adapter has moved away from its reference in the same way."""
    torch.manual_seed(3)
    learned = {n: p for n, p in trainer.model.named_parameters() if p.requires_grad and ".default." in n}
    with torch.no_grad():
        for name in sorted(learned):
            learned[name].add_(0.05 * torch.randn_like(learned[name]))
    trainer.model.train()
    batch = trainer.data_collator([trainer.train_dataset[i] for i in range(count)])
    loss = trainer.compute_loss(trainer.model, batch)
    loss.backward()
    return loss.item(), {name: p.grad for name, p in learned.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_and_every_gradient_are_those_of_stock_trl(
    base: Path, adapter: Path, kind: Kind, tmp_path: Path
) -> None:
    ready = prepared(base, adapter, kind)
    stock_loss, stock = loss_and_gradients(stock_trainer(ready, tmp_path / "stock"), ready.plan.batch)
    loss, ours = loss_and_gradients(our_trainer(ready, tmp_path / "ours"), ready.plan.batch)
    assert loss == pytest.approx(stock_loss, rel=1e-5)
    assert ours.keys() == stock.keys()
    for name, gradient in stock.items():
        difference = (ours[name] - gradient).norm() / gradient.norm()
        assert difference < 1e-4, name


@pytest.mark.parametrize(("kind", "first"), [("dpo", 0.6931), ("kto", 0.5)])
def test_a_run_begins_at_its_reference(base: Path, adapter: Path, kind: Kind, first: float, tmp_path: Path) -> None:
    trainer = our_trainer(prepared(base, adapter, kind), tmp_path)
    batch = trainer.data_collator([trainer.train_dataset[i] for i in range(8)])
    if kind == "dpo":
        trainer.loss_weights = [1.0, 0.0]
    else:
        trainer.desirable_weight = trainer.undesirable_weight = 1.0
    assert trainer.compute_loss(trainer.model, batch).item() == pytest.approx(first, abs=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_left_behind_is_the_adapter_alone(base: Path, adapter: Path, kind: Kind, tmp_path: Path) -> None:
    done = run(base, adapter, kind, tmp_path)
    assert {p.name for p in done.adapter.iterdir()} == {"adapter_model.safetensors", "adapter_config.json"}
    assert not [p for p in tmp_path.rglob("*") if p.name == "ref"]
    with safe_open(done.adapter / "adapter_model.safetensors", framework="pt") as opened:
        names = set(opened.keys())
    with safe_open(adapter / "adapter_model.safetensors", framework="pt") as opened:
        assert names == set(opened.keys())
    assert digest(done) != file_digest(adapter / "adapter_model.safetensors")
    assert done.is_fast


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_was_killed_goes_on_to_the_very_same_adapter(
    base: Path, adapter: Path, kind: Kind, tmp_path: Path
) -> None:
    undisturbed = run(base, adapter, kind, tmp_path / "undisturbed")

    class Killed(Exception):
        pass

    def die(progress: Progress) -> None:
        if progress.step == 5:
            raise Killed

    with pytest.raises(Killed):
        run(base, adapter, kind, tmp_path / "killed", watch=die)
    assert sorted(p.name for p in (tmp_path / "killed" / "checkpoints").iterdir()) == ["step-2", "step-4"]
    assert digest(run(base, adapter, kind, tmp_path / "killed")) == digest(undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_kill_9_at_any_step_changes_nothing(base: Path, adapter: Path, kind: Kind, tmp_path: Path) -> None:
    undisturbed = run_preference.run(base, adapter, kind, tmp_path / "undisturbed")
    folder = tmp_path / "killed"
    for last in (0, 14):
        command = [sys.executable, "-m", "tests.training.run_preference", str(base), str(adapter), kind, str(folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout
            for line in process.stdout:
                if int(line) > last:
                    break
            process.kill()
    assert digest(run_preference.run(base, adapter, kind, folder)) == digest(undisturbed)


def test_a_damaged_reference_is_computed_again(base: Path, adapter: Path, tmp_path: Path) -> None:
    undisturbed = run(base, adapter, "dpo", tmp_path / "one")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "reference.safetensors").write_bytes(b"half of it")
    assert digest(run(base, adapter, "dpo", tmp_path / "two")) == digest(undisturbed)


def test_a_request_to_stop_saves_and_says_so(base: Path, adapter: Path, tmp_path: Path) -> None:
    def ask(progress: Progress) -> None:
        if progress.step == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(TrainingStopped, match="Stopped at step 4 of 8; the checkpoint is saved"):
        run(base, adapter, "dpo", tmp_path, watch=ask)
    assert (tmp_path / "checkpoints" / "step-4").is_dir()


@pytest.mark.parametrize("kind", KINDS)
def test_training_moves_held_out_pairs_the_wanted_way(base: Path, adapter: Path, kind: Kind, tmp_path: Path) -> None:
    done = run(base, adapter, kind, tmp_path)
    model = find_base_model(str(base))
    measure = partial(
        measure_pairs, Likelihood(model, CPU), Renderer(load_tokenizer(model)), pairs(30, part="holdout"), limit=200
    )
    before, after = measure(adapter=adapter), measure(adapter=done.adapter)
    assert before
    assert after
    gained = gain(after.margins, before.margins, clusters=range(30))
    assert gained
    assert gained.low > 0


def test_the_weight_of_a_vote_scales_what_it_teaches(base: Path, adapter: Path, tmp_path: Path) -> None:
    def gradients(weight: float, folder: str) -> dict[str, torch.Tensor]:
        ready = prepared(base, adapter, "kto", votes(16, weight=weight))
        ready = replace(ready, plan=replace(ready.plan, desirable_weight=1.0, undesirable_weight=1.0))
        return loss_and_gradients(our_trainer(ready, tmp_path / folder), 8)[1]

    whole, half = gradients(1.0, "whole"), gradients(0.5, "half")
    for name, gradient in whole.items():
        torch.testing.assert_close(half[name], gradient / 2, rtol=1e-4, atol=1e-8)


def test_an_unknown_architecture_trains_with_trls_own_output_layer(
    base: Path, adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(self: object, **_: object) -> None:
        raise AttributeError("get_decoder")

    fast = run(base, adapter, "dpo", tmp_path / "fast")
    monkeypatch.setattr("training.preference_trainer.LabelledHead._ours", unknown)
    done = run(base, adapter, "dpo", tmp_path / "stock")
    assert not done.is_fast
    assert done.loss == pytest.approx(fast.loss, rel=1e-3)


def rows_of(labels: str, lengths: Sequence[int] | None = None) -> list[Row]:
    sizes = lengths or [5] * len(labels)
    return [Row((1,) * n, (2,), label=mark == "+") for mark, n in zip(labels, sizes, strict=True)]


def test_votes_are_mixed_in_every_batch_and_alike_in_length() -> None:
    rows = rows_of("+" * 24 + "-" * 24, [n % 24 for n in range(48)])
    order = vote_order(rows, batch=8, seed=0)
    assert sorted(order) == list(range(48))
    batches = [[rows[i] for i in order[start : start + 8]] for start in range(0, 48, 8)]
    assert all(sum(row.label for row in batch) == 4 for batch in batches)
    assert all(max(r.length for r in batch) - min(r.length for r in batch) <= 4 for batch in batches)
    assert order != vote_order(rows, batch=8, seed=1)


def test_rare_votes_are_spread_over_the_batches() -> None:
    rows = rows_of("+" * 42 + "-" * 6)
    order = vote_order(rows, batch=8, seed=0)
    assert all(any(not rows[i].label for i in order[start : start + 8]) for start in range(0, 48, 8))


def test_no_vote_is_compared_with_itself() -> None:
    assert len(vote_order(rows_of("+-" * 8 + "+"), batch=8, seed=0)) == 16
    assert len(vote_order(rows_of("+-" * 9), batch=8, seed=0)) == 18


def test_rows_that_do_not_fit_are_left_out_and_counted(base: Path) -> None:
    renderer = Renderer(load_tokenizer(find_base_model(str(base))))
    long = replace(pairs(1)[0], chosen="so long " * 90)
    rows, left_out = render_rows(renderer, [*pairs(3), long], limit=200)
    assert (len(rows), left_out) == (3, 1)
    text = renderer.tokenizer.decode(rows[0].chosen_ids)
    assert text == f"{pairs(1)[0].chosen}<|im_end|>"


def test_too_little_is_refused_with_what_to_do(base: Path, adapter: Path) -> None:
    with pytest.raises(TrainingRefused, match="0 usable rows are too few for DPO"):
        prepared(base, adapter, "dpo", [])
    blame = [vote for vote in votes(40) if not vote.label]
    with pytest.raises(TrainingRefused, match="20 usable rows are too few for KTO"):
        prepared(base, adapter, "kto", blame)
