import json
from collections.abc import Callable
from pathlib import Path

import pytest

from training.checkpoints import MANIFEST, CheckpointStore


def make_store(root: Path, plan: str = "plan") -> CheckpointStore:
    return CheckpointStore(root, plan_hash=plan, keep=2)


def commit(store: CheckpointStore, step: int) -> Path:
    folder = store.staging / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    for name in ("adapter_model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json"):
        (folder / name).write_text(f"{name} of {step}")
    return store.commit(folder, step=step).path


def test_the_newest_whole_checkpoint_is_found_and_old_ones_go(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    for step in (5, 10, 15):
        commit(store, step)
    newest = store.newest()
    assert newest is not None
    assert newest.step == 15
    assert sorted(p.name for p in tmp_path.glob("step-*")) == ["step-10", "step-15"]


def test_no_checkpoint_is_a_fresh_start(tmp_path: Path) -> None:
    assert make_store(tmp_path).newest() is None


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a file is missing": lambda p: (p / "optimizer.pt").unlink(),
    "the random state is missing": lambda p: (p / "rng_state.pth").unlink(),
    "the scheduler is missing": lambda p: (p / "scheduler.pt").unlink(),
    "a file is cut short": lambda p: (p / "optimizer.pt").write_text("opt"),
    "a file is empty": lambda p: (p / "adapter_model.safetensors").write_text(""),
    "a file was altered": lambda p: (p / "trainer_state.json").write_text("{}"),
    "a file was added": lambda p: (p / "stranger.bin").write_text("?"),
    "the manifest is missing": lambda p: (p / MANIFEST).unlink(),
    "the manifest is cut short": lambda p: (p / MANIFEST).write_text('{"step": 1'),
    "the manifest is of another shape": lambda p: (p / MANIFEST).write_text("[]" if False else '{"files": 3}'),
    "everything is gone": lambda p: [f.unlink() for f in p.iterdir()],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_checkpoint_is_set_aside_and_the_one_before_is_taken(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    store = make_store(tmp_path)
    commit(store, 5)
    damage(commit(store, 10))
    newest = store.newest()
    assert newest is not None
    assert newest.step == 5
    assert len(list((tmp_path / "bad").iterdir())) == 1


def test_a_checkpoint_of_another_plan_is_never_continued(tmp_path: Path) -> None:
    commit(make_store(tmp_path, plan="eight examples a step"), 5)
    assert make_store(tmp_path, plan="four examples a step").newest() is None


def test_what_a_killed_writer_left_behind_is_cleaned_up(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    commit(store, 5)
    (store.staging / "checkpoint-6").mkdir(parents=True)
    assert store.newest() is not None
    assert not store.staging.exists()


def test_the_manifest_names_every_file_with_its_hash(tmp_path: Path) -> None:
    manifest = json.loads((commit(make_store(tmp_path), 5) / MANIFEST).read_text())
    assert manifest["step"] == 5
    assert len(manifest["files"]) == 5
