"""Crashes: training runs killed at random moments and checkpoints damaged in twelve ways, beside undisturbed runs.

`python -m benchmarks.crashes [KILLS]` prints a table. A run counts as whole when its adapter is the undisturbed
one's, bit for bit. One that ends otherwise without a word is a silent divergence, of which there must be none.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from benchmarks.bases import make_base, talks
from styles.base_model import BaseModel, find_base_model
from styles.voices import file_digest
from training.checkpoints import MANIFEST
from training.plan import Machine
from training.recipe import Checkpointing, Lora, Recipe
from training.sft import Task, prepare, train

RECIPE = Recipe(
    name="bench",
    epochs=3,
    examples_per_step=4,
    min_examples=8,
    lora=Lora(rank=4, alpha=8),
    checkpoint=Checkpointing(every_seconds=1000, every_steps=1),
)
CHATS, HELD_OUT = 40, 8
_PROCESSES = get_context("forkserver")  # every run is a process of its own that finds the libraries imported
_PROCESSES.set_forkserver_preload(["training.trainer", "training.tuning", "training.sft", "peft", "benchmarks.bases"])


class NotResumed(Exception):
    """A run could not go on by itself."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the killed runs: each resume had to go on by itself, each run to end like the undisturbed one."""

    kills: int
    resumes: int
    refused: int
    runs: int
    diverged: int


def work(base: BaseModel, folder: Path) -> None:
    """One run to its end, or on from where it was."""
    warnings.filterwarnings("ignore")
    chats = talks(CHATS + HELD_OUT)
    task = Task(base, RECIPE, "bench", chats[:CHATS], chats[CHATS:])
    train(prepare(task, Machine("cpu", "float32", 1)), run_dir=folder, watch=lambda progress: None)


def run(base: BaseModel, folder: Path, *, kill_after: float | None = None) -> bool:
    """Run, or go on, in a process of its own; it is killed after so many seconds. True: it came to its end."""
    process = _PROCESSES.Process(target=work, args=(base, folder))
    process.start()
    process.join(kill_after)
    if process.is_alive() and process.pid:
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    if process.exitcode == -signal.SIGKILL:
        return False
    if process.exitcode:
        raise NotResumed(f"{folder} ended with status {process.exitcode}")
    return True


def adapter_of(folder: Path) -> str:
    return file_digest(folder / "adapter" / "adapter_model.safetensors")


def undisturbed(base: BaseModel, folder: Path) -> tuple[str, float]:
    """The adapter that every other run must end with, and the seconds of a run once the libraries are in memory."""
    run(base, folder / "first")
    began = time.monotonic()
    run(base, folder / "second")
    assert adapter_of(folder / "first") == adapter_of(folder / "second")
    return adapter_of(folder / "second"), time.monotonic() - began


def kill_often(base: BaseModel, folder: Path, expected: str, *, kills: int, seconds: float) -> Tally:
    """Kill runs at random moments until so many died; each goes on until it ends, then another one begins."""
    choice = random.Random(0)
    killed = resumes = refused = runs = diverged = 0
    while killed < kills or resumes < killed:
        place = folder / f"run-{runs}"
        ended = False
        while not ended:
            resumes += place.is_dir()
            try:
                ended = run(base, place, kill_after=choice.uniform(0.0, seconds) if killed < kills else None)
            except NotResumed as error:
                print(f"  {error}")
                refused += 1
                break
            killed += not ended
            place.mkdir(exist_ok=True)
        runs += 1
        diverged += ended and adapter_of(place) != expected
        shutil.rmtree(place)
    return Tally(killed, resumes, refused, runs, diverged)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "adapter missing": lambda p: (p / "adapter_model.safetensors").unlink(),
    "adapter cut short": lambda p: _cut(p / "adapter_model.safetensors"),
    "one bit of the adapter": lambda p: _flip(p / "adapter_model.safetensors"),
    "optimizer missing": lambda p: (p / "optimizer.pt").unlink(),
    "optimizer cut short": lambda p: _cut(p / "optimizer.pt"),
    "one bit of the optimizer": lambda p: _flip(p / "optimizer.pt"),
    "scheduler missing": lambda p: (p / "scheduler.pt").unlink(),
    "random state missing": lambda p: (p / "rng_state.pth").unlink(),
    "trainer state missing": lambda p: (p / "trainer_state.json").unlink(),
    "manifest missing": lambda p: (p / MANIFEST).unlink(),
    "manifest cut short": lambda p: _cut(p / MANIFEST),
    "everything missing": lambda p: [path.unlink() for path in p.iterdir()],
}


def interrupted(base: BaseModel, folder: Path, *, seconds: float) -> Path:
    """A run that was killed somewhere in the middle, with a whole checkpoint to damage."""
    share = 0.6
    while not list(folder.glob("checkpoints/step-*/" + MANIFEST)) or (folder / "adapter").is_dir():
        shutil.rmtree(folder, ignore_errors=True)
        share = share * 0.8 if run(base, folder, kill_after=share * seconds) else share * 1.1
    return folder


def damaged(base: BaseModel, begun: Path, *, how: Callable[[Path], object], expected: str) -> str:
    """Damage the newest checkpoint of a begun run and let it go on: "the same", "diverged" or "refused"."""
    place = begun.with_name("damaged")
    shutil.copytree(begun, place)
    how(max(place.glob("checkpoints/step-*"), key=lambda p: int(p.name.removeprefix("step-"))))
    try:
        run(base, place)
        return "the same" if adapter_of(place) == expected else "diverged"
    except NotResumed:
        return "refused"
    finally:
        shutil.rmtree(place)


def main() -> None:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = find_base_model(str(make_base(folder / "base", size="1M")))
        expected, seconds = undisturbed(base, folder)
        tally = kill_often(base, folder, expected, kills=kills, seconds=seconds)
        print(f"{tally.kills} times kill -9 at random moments, in {tally.runs} runs of {seconds:.1f} s undisturbed")
        print(f"  {tally.resumes} resumes, {tally.refused} refused; {tally.diverged} of {tally.runs} adapters differ")
        begun = interrupted(base, folder / "begun", seconds=seconds)
        for damage, how in DAMAGES.items():
            print(f"  {damage:26} {damaged(base, begun, how=how, expected=expected)}")


if __name__ == "__main__":
    main()
