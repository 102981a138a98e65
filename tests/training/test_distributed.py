"""Several processes on one run: the same training as in one, with checkpoints of the first alone."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file

from conversations.errors import TrainingRefused
from styles.base_model import find_base_model
from tests.tiny import save_tiny_base
from tests.training.run_training import RECIPE
from tests.training.talks import TALKS
from training.checkpoints import CheckpointStore
from training.distributed import JOB, take_part
from training.plan import Machine
from training.progress import Progress, load_curve
from training.sft import Prepared, Task, prepare, train

TWO = RECIPE.model_copy(update={"launch": "torchrun", "processes": 2, "epochs": 2})
CPU = Machine("cpu", "float32", 1)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_base(tmp_path_factory.mktemp("base"))


def prepared(base: Path, recipe: object = TWO) -> Prepared:
    return prepare(Task(find_base_model(str(base)), recipe, "data", TALKS[:40], TALKS[40:]), CPU)  # type: ignore[arg-type]


def test_each_process_has_its_share_of_every_step(base: Path) -> None:
    plan = prepared(base).plan
    assert plan.processes == 2
    assert plan.batch * plan.accumulation * plan.processes == plan.examples_per_step == 8
    assert "2 processes" in " ".join(plan.lines())
    three = prepared(base, TWO.model_copy(update={"processes": 3})).plan
    assert three.batch * three.accumulation * 3 == three.examples_per_step == 9


def test_a_process_that_finds_another_number_of_them_refuses(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / JOB).write_text('{"processes": 2}')
    monkeypatch.setenv("WORLD_SIZE", "1")
    monkeypatch.setenv("RANK", "0")
    with pytest.raises(TrainingRefused, match="for 2 processes, but torchrun started 1"):
        take_part(tmp_path)


def losses(folder: Path) -> list[float]:
    return [p.loss for p in load_curve(folder / "curve.jsonl") if p.loss is not None]


@pytest.mark.slow
def test_two_processes_train_as_one_does(base: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    alone = train(prepared(base, TWO.model_copy(update={"launch": "local"})), run_dir=tmp_path / "1", watch=seen.append)
    seen.clear()
    both = train(prepared(base), run_dir=tmp_path / "2", watch=seen.append)
    assert losses(tmp_path / "2") == pytest.approx(losses(tmp_path / "1"), rel=1e-5)
    assert [p.loss for p in seen if p.loss is not None] == losses(tmp_path / "2")
    one, two = (load_file(t.adapter / "adapter_model.safetensors") for t in (alone, both))
    assert all((one[name] - two[name]).norm() <= 1e-3 * one[name].norm() + 1e-6 for name in one)
    assert both.holdout_loss == pytest.approx(alone.holdout_loss, rel=2e-3)  # a mean over other batches
    assert not (tmp_path / "2" / JOB).exists()  # people's conversations are not left behind


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_several_processes_stop_and_go_on(base: Path, tmp_path: Path, how: signal.Signals) -> None:
    where = f"prepared(Path({str(base)!r})), run_dir=Path({str(tmp_path)!r})"
    run = f"train({where}, watch=lambda p: print(p.step, flush=True))"
    script = f"from tests.training.test_distributed import *; {run}"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= 3:
                process.send_signal(how)
                break
        process.wait(60)
    ranks = [p for p in Path("/proc").glob("[0-9]*") if str(tmp_path).encode() in _command(p)]
    for _ in range(100):
        ranks = [p for p in ranks if p.exists() and _command(p)]
        if not ranks:
            break
        time.sleep(0.1)
    assert not ranks  # nobody trains on after the process that asked for it died
    newest = CheckpointStore(tmp_path / "checkpoints", plan_hash=prepared(base).plan.hash, keep=2).newest()
    assert newest is not None
    assert {p.name for p in newest.path.glob("rng_state*")} == {"rng_state_0.pth", "rng_state_1.pth"}
    trained = train(prepared(base), run_dir=tmp_path, watch=lambda _: None)
    assert trained.steps == trained.plan.steps == 10


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""
