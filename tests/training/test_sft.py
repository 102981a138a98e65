import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conversations.errors import TrainingRefused
from conversations.messages import Message
from styles.base_model import find_base_model
from styles.voices import file_digest
from tests.tiny import save_tiny_base
from tests.training.run_training import RECIPE, run
from tests.training.talks import TALKS
from training.plan import Machine
from training.progress import Progress, load_curve
from training.recipe import Limits
from training.sft import Task, Trained, prepare, preview, train

CPU = Machine("cpu", "float32", 1)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def undisturbed(base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Trained]:
    folder = tmp_path_factory.mktemp("undisturbed")
    return folder, run(base, folder)


def digest(trained: Trained) -> str:
    return file_digest(trained.adapter / "adapter_model.safetensors")


def test_training_lowers_the_loss_on_unseen_conversations(undisturbed: tuple[Path, Trained]) -> None:
    folder, trained = undisturbed
    held_out = [p.holdout_loss for p in load_curve(folder / "curve.jsonl") if p.holdout_loss is not None]
    assert len(held_out) == 4
    assert trained.holdout_loss == min(held_out) < held_out[0]
    assert {p.name for p in trained.adapter.iterdir()} == {"adapter_model.safetensors", "adapter_config.json"}


def test_the_same_data_recipe_and_seed_give_the_same_adapter_bit_for_bit(
    base: Path, undisturbed: tuple[Path, Trained], tmp_path: Path
) -> None:
    assert digest(run(base, tmp_path)) == digest(undisturbed[1])


def killed_at(base: Path, folder: Path, *, step: int, how: signal.Signals) -> None:
    """Run in a process of its own and kill it when it has reported a step."""
    command = [sys.executable, "-m", "tests.training.run_training", str(base), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= step:
                process.send_signal(how)
                break
        process.wait(60)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_run_goes_on_from_its_checkpoint_to_the_very_same_adapter(
    base: Path, undisturbed: tuple[Path, Trained], tmp_path: Path, how: signal.Signals
) -> None:
    killed_at(base, tmp_path, step=9, how=how)
    steps = [int(p.name.removeprefix("step-")) for p in (tmp_path / "checkpoints").glob("step-*")]
    assert steps
    assert max(steps) < 20
    assert digest(run(base, tmp_path)) == digest(undisturbed[1])


def test_a_checkpoint_at_the_end_of_an_epoch_remembers_the_holdout_loss_of_that_epoch(
    base: Path, tmp_path: Path
) -> None:
    prepared = prepare(Task(find_base_model(str(base)), RECIPE, "data", TALKS[:40], TALKS[40:]), CPU)
    seen: list[tuple[int, int]] = []

    def watch(progress: Progress) -> None:
        for state in tmp_path.glob("checkpoints/step-*/trainer_state.json"):
            said = json.loads(state.read_text())
            seen.append((said["global_step"], sum("eval_loss" in entry for entry in said["log_history"])))

    train(prepared, run_dir=tmp_path, watch=watch)
    epoch = prepared.plan.steps // prepared.plan.epochs
    assert {step for step, _ in seen} >= {10, 12}
    assert all(losses == step // epoch for step, losses in seen)


def test_what_stops_within_an_epoch_is_not_taken_for_the_best_epoch(base: Path, tmp_path: Path) -> None:
    killed_at(base, tmp_path, step=2, how=signal.SIGTERM)
    assert list((tmp_path / "checkpoints").glob("step-*"))
    assert not (tmp_path / "best").exists()


def test_too_few_examples_are_refused_with_what_to_do(base: Path) -> None:
    task = Task(find_base_model(str(base)), RECIPE, "data", TALKS[:5], [])
    with pytest.raises(TrainingRefused, match="5 usable training examples, but the recipe needs 10"):
        prepare(task, CPU)


def test_data_without_a_word_of_the_brand_is_refused(base: Path) -> None:
    mute = [(talk[0], Message("assistant", talk[1].content, trainable=False)) for talk in TALKS]
    with pytest.raises(TrainingRefused, match="No example has a trainable word"):
        prepare(Task(find_base_model(str(base)), RECIPE, "data", mute, []), CPU)


def test_the_preview_marks_what_is_trained_on(base: Path) -> None:
    prepared = prepare(Task(find_base_model(str(base)), RECIPE, "data", TALKS, []), CPU)
    assert f"«{TALKS[0][1].content}<|im_end|>»" in preview(prepared)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few hundred kilobytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)], capture_output=True)
    if made.returncode:
        pytest.skip("a small file system cannot be mounted here (needs root)")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_ends_the_run_with_a_sentence_and_keeps_the_last_whole_checkpoint(
    base: Path, small_disk: Path
) -> None:
    task = Task(find_base_model(str(base)), RECIPE, "data", TALKS[:40], TALKS[40:])
    with pytest.raises(TrainingRefused, match="full"):
        train(prepare(task, CPU), run_dir=small_disk, watch=lambda progress: None)
    for manifest in small_disk.glob("checkpoints/step-*/MANIFEST.json"):
        assert json.loads(manifest.read_text())["files"]


def test_a_run_beyond_its_minutes_ends_in_good_order_with_an_adapter(base: Path, tmp_path: Path) -> None:
    recipe = RECIPE.model_copy(update={"limits": Limits(minutes=1e-6)})
    task = Task(find_base_model(str(base)), recipe, "data", TALKS[:40], TALKS[40:])
    trained = train(prepare(task, CPU), run_dir=tmp_path, watch=lambda _: None)
    assert trained.out_of_time
    assert trained.steps == 1 < trained.plan.steps
    assert (trained.adapter / "adapter_model.safetensors").is_file()
    assert trained.holdout_loss is not None


def test_a_reporter_that_is_not_installed_is_named_before_anything_starts(base: Path, monkeypatch) -> None:
    monkeypatch.setattr("training.sft.find_spec", lambda name: None)
    recipe = RECIPE.model_copy(update={"reporters": ("mlflow",)})
    with pytest.raises(TrainingRefused, match="reports to mlflow, which is not installed here"):
        prepare(Task(find_base_model(str(base)), recipe, "data", TALKS, []), CPU)


def test_adafactor_trains_as_well(base: Path, tmp_path: Path) -> None:
    recipe = RECIPE.model_copy(update={"optimizer": "adafactor", "epochs": 1})
    task = Task(find_base_model(str(base)), recipe, "data", TALKS[:40], TALKS[40:])
    prepared = prepare(task, CPU)
    assert "adafactor" in " ".join(prepared.plan.lines())
    trained = train(prepared, run_dir=tmp_path, watch=lambda _: None)
    points = [p.loss for p in load_curve(tmp_path / "curve.jsonl") if p.loss is not None]
    assert points[-1] < points[0]
    assert trained.steps == prepared.plan.steps


def test_tensorboard_gets_the_losses_when_the_recipe_asks_for_it(base: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    recipe = RECIPE.model_copy(update={"reporters": ("tensorboard",), "epochs": 1})
    task = Task(find_base_model(str(base)), recipe, "data", TALKS[:40], TALKS[40:])
    train(prepare(task, CPU), run_dir=tmp_path, watch=lambda _: None)
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("events.out.tfevents.*"))
    assert b"train/loss" in written
    assert b"eval/loss" in written


def test_a_run_that_needs_more_memory_than_its_recipe_allows_is_refused_before_it_starts(base: Path) -> None:
    recipe = RECIPE.model_copy(update={"limits": Limits(memory_gb=0.5)})
    with pytest.raises(TrainingRefused, match=r"more than limits.memory_gb = 0.5"):
        prepare(Task(find_base_model(str(base)), recipe, "data", TALKS, []), CPU)
