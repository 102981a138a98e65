"""Training in several processes: torchrun starts them on one run, and they share its gradients.

`python -m training.distributed RUN_DIR` is what torchrun starts, once for each process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conversations.errors import TrainingRefused, TrainingStopped
from conversations.messages import Message
from training.progress import Progress, Watcher

if TYPE_CHECKING:
    from training.sft import Fitted, Prepared, Task

JOB, OUTCOME, FAULT = "job.json", "outcome.json", "fault.txt"
LOOK = 0.2  # seconds between looks at the processes


def run_processes(prepared: Prepared, *, run_dir: Path, newest: Path | None, watch: Watcher) -> Fitted:
    """Train in as many processes as the plan says, from a checkpoint if there is one.

    SIGINT and SIGTERM are passed on, so that a checkpoint is saved; the processes end when this one does, however it
    dies.
    """
    _save_job(prepared, run_dir / JOB, newest=newest)
    for name in (OUTCOME, FAULT):
        (run_dir / name).unlink(missing_ok=True)
    lines = _Curve(run_dir / "curve.jsonl", watch)
    with (run_dir / "processes.log").open("ab") as log:
        process = subprocess.Popen(
            _command(prepared.plan.processes, run_dir),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=_environment(prepared.plan.machine.threads),
            start_new_session=True,
        )
        assert process.stdin is not None
        with process.stdin, _passing_on(process):
            while process.poll() is None:
                lines.tell()
                time.sleep(LOOK)
    lines.tell()
    (run_dir / JOB).unlink()
    return _outcome(run_dir, process.returncode)


def _command(processes: int, run_dir: Path) -> list[str]:
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    return [*torchrun, "-m", "training.distributed", str(run_dir)]


def _environment(threads: int) -> dict[str, str]:
    root = str(Path(__file__).parents[1])
    paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": str(threads), "GLOO_SOCKET_IFNAME": "lo"}


def _outcome(run_dir: Path, status: int) -> Fitted:
    from training.sft import Fitted

    if (run_dir / OUTCOME).is_file():
        return Fitted(**json.loads((run_dir / OUTCOME).read_text(encoding="utf-8")))
    if (run_dir / FAULT).is_file():
        raise TrainingRefused((run_dir / FAULT).read_text(encoding="utf-8"))
    said = (run_dir / "processes.log").read_text(encoding="utf-8", errors="replace")
    if "out of memory" in said.lower():
        raise MemoryError("A training process ran out of memory.")
    raise TrainingRefused(f"The training processes ended with status {status}. See {run_dir / 'processes.log'}.")


class _Curve:
    """Tells a watcher each new line of a run's curve."""

    def __init__(self, path: Path, watch: Watcher) -> None:
        self.path = path
        self.watch = watch
        self.at = path.stat().st_size if path.is_file() else 0

    def tell(self) -> None:
        if not self.path.is_file():
            return
        with self.path.open("rb") as opened:
            opened.seek(self.at)
            for line in opened:
                if not line.endswith(b"\n"):
                    return
                self.at += len(line)
                self.watch(Progress(**json.loads(line)))


class _passing_on:  # noqa: N801 - reads as a verb where it is used
    """While open, SIGINT and SIGTERM ask the processes to stop at a checkpoint."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.before: dict[int, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self.before = {n: signal.signal(n, self._ask) for n in (signal.SIGINT, signal.SIGTERM)}

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: object) -> None:
        assert self.process.stdin is not None
        try:
            os.write(self.process.stdin.fileno(), b"stop\n")
        except BrokenPipeError:  # they have ended
            return


def _save_job(prepared: Prepared, path: Path, *, newest: Path | None) -> None:
    task = prepared.task
    talks = {
        part: [[asdict(m) for m in talk] for talk in getattr(task, part)] for part in ("train", "holdout", "replay")
    }
    job = {
        "base": asdict(task.base),
        "recipe": task.recipe.model_dump(mode="json"),
        "data": task.data,
        "start": task.start,
        "halvings": task.halvings,
        "machine": asdict(prepared.plan.machine),
        "plan": prepared.plan.hash,
        "processes": prepared.plan.processes,
        "newest": newest,
        **talks,
    }
    path.write_text(json.dumps(job, default=str), encoding="utf-8")


def _load_task(job: dict[str, Any]) -> Task:
    from styles.base_model import BaseModel
    from training.recipe import Recipe
    from training.sft import Task

    base = BaseModel(**{**job["base"], "path": Path(job["base"]["path"])})
    talks = {part: [_talk(rows) for rows in job[part]] for part in ("train", "holdout", "replay")}
    return Task(
        base,
        Recipe.model_validate(job["recipe"]),
        job["data"],
        **talks,
        start=Path(job["start"]) if job["start"] else None,
        halvings=job["halvings"],
    )


def _talk(rows: Sequence[dict[str, Any]]) -> tuple[Message, ...]:
    return tuple(Message(row["role"], row["content"], trainable=row["trainable"]) for row in rows)


def take_part(run_dir: Path) -> None:
    """One of the processes: train the job to its end; the first one writes down how it went."""
    from training.plan import Machine
    from training.sft import fit, prepare

    job = json.loads((run_dir / JOB).read_text(encoding="utf-8"))
    world, rank = int(os.environ["WORLD_SIZE"]), int(os.environ["RANK"])
    if world != job["processes"]:
        raise TrainingRefused(f"The plan is for {job['processes']} processes, but torchrun started {world}.")
    prepared = prepare(_load_task(job), Machine(**job["machine"]))
    if prepared.plan.hash != job["plan"]:
        raise TrainingRefused("The plan is another one than that of the run: the files of the base model changed.")
    fitted = fit(prepared, run_dir=run_dir, newest=Path(job["newest"]) if job["newest"] else None, follow=_listen)
    if rank == 0:
        part = run_dir / f"{OUTCOME}.part"
        part.write_text(json.dumps(asdict(fitted)), encoding="utf-8")
        part.replace(run_dir / OUTCOME)


def _listen(ask_to_stop: Any) -> None:
    """Follow the process that started us: its word stops the run, its end ends us."""

    def wait() -> None:
        while os.read(0, 4096):
            ask_to_stop()
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, name="follow-parent", daemon=True).start()


def main(words: Sequence[str]) -> int:
    run_dir = Path(words[0])
    try:
        take_part(run_dir)
    except (TrainingRefused, TrainingStopped) as refusal:
        (run_dir / FAULT).write_text(str(refusal), encoding="utf-8")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
