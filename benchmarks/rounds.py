"""Chat while a round trains on the same machine: `python -m benchmarks.rounds`.

The starter model answers one person at a time, in turns with the embedded worker held still and with it training the
demo's brand in its own process, as `brandvoice serve --rounds` has it. What counts is the ratio.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bots.engine import Engine, Request, Sampling
from brandvoice.builtin import make_engine
from brandvoice.demo import _import, _workspace
from brandvoice.embedded_worker import PROGRAM
from brandvoice.plugins import load_plugins
from brandvoice.round_store import RoundStore
from brandvoice.workspace import Workspace
from conversations.messages import Message

QUESTIONS = ("Where is my order?", "Can I return a lamp?", "Do you ship to Norway?", "The box came broken.")
TOKENS = 40
BLOCK = 5  # answers with training held still, then as many beside it


@dataclass(frozen=True, slots=True)
class Heard:
    first: float  # seconds until the first word
    whole: float


async def ask(engine: Engine, question: str) -> Heard:
    began, first = time.perf_counter(), 0.0
    async for _ in engine.stream(Request((Message("user", question),), None, Sampling(max_tokens=TOKENS))):
        first = first or time.perf_counter() - began
    return Heard(first, time.perf_counter() - began)


async def converse(engine: Engine, count: int) -> list[Heard]:
    heard = []
    for n in range(count):
        heard.append(await ask(engine, QUESTIONS[n % len(QUESTIONS)]))
        await asyncio.sleep(0.2)
    return heard


def begin_training(workspace: Workspace, rounds: RoundStore) -> subprocess.Popen[bytes]:
    """The embedded worker with a queued round; returns once steps are made."""
    queued = rounds.queue("harbor", recipe="default")
    words = [sys.executable, "-c", PROGRAM, "--workspace", str(workspace.root), "worker", "--embedded"]
    worker = subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
    curve = rounds.folder(queued.id) / "training" / "curve.jsonl"
    deadline = time.monotonic() + 180
    while not curve.is_file():
        state = rounds.load(queued.id)
        if state.state == "failed" or time.monotonic() > deadline:
            worker.kill()
            raise SystemExit(f"no training: {state.state}, {state.reason}")
        time.sleep(0.2)
    return worker


def steps_made(rounds: RoundStore) -> int:
    return sum(len(path.read_text().splitlines()) for path in rounds.root.glob("*/training/curve.jsonl"))


def describe(name: str, heard: list[Heard]) -> tuple[float, float]:
    firsts, wholes = sorted(h.first for h in heard), sorted(h.whole for h in heard)
    middle = statistics.median(firsts), statistics.median(wholes)
    worst = firsts[int(len(firsts) * 0.95)], wholes[int(len(wholes) * 0.95)]
    print(
        f"{name:<16} first word {middle[0] * 1000:6.0f} ms (p95 {worst[0] * 1000:6.0f})   "
        f"whole answer {middle[1] * 1000:6.0f} ms (p95 {worst[1] * 1000:6.0f})   {len(heard)} answers"
    )
    return middle


def measure(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = _workspace(Path(folder) / "demo", style="harbor", quick=False)
        _import(workspace)
        engine = make_engine(workspace, dict(load_plugins().table("engines")))
        with asyncio.Runner() as runner, workspace.open_rounds() as rounds:
            runner.run(converse(engine, 4))  # warm
            worker = begin_training(workspace, rounds)
            heard: dict[int, list[Heard]] = {signal.SIGSTOP: [], signal.SIGCONT: []}
            made = 0
            try:
                for _ in range(0, count, BLOCK):
                    for act, answers in heard.items():  # in turns, so that other load on the machine falls on both
                        os.killpg(worker.pid, act)
                        before = steps_made(rounds)
                        answers.extend(runner.run(converse(engine, BLOCK)))
                        made += steps_made(rounds) - before
            finally:
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()
            alone = describe("alone", heard[signal.SIGSTOP])
            beside = describe("while training", heard[signal.SIGCONT])
            runner.run(engine.close())
        print(f"training made {made} steps meanwhile" if made else "NO step was made meanwhile: not a measurement")
        print(f"ratio: first word {beside[0] / alone[0]:.2f}, whole answer {beside[1] / alone[1]:.2f}")


def main() -> None:
    """Measure, by default with as many answers as end while the demo's brand trains."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=20)
    measure(parser.parse_known_args()[0].answers)


if __name__ == "__main__":
    main()
