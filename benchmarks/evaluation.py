"""Evaluation: how long `evaluate` takes with the starter, and how that grows with prompts and columns.

`python -m benchmarks.evaluation [PROMPTS]` measures the demo's voice, or that of the workspace which
BRANDVOICE_WORKSPACE names, on so many of its conversations; which ones it learned from does not matter for the time.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from brandvoice.demo import run_demo
from brandvoice.leaks import find_leaks
from brandvoice.measuring import MeasuringDesk
from brandvoice.plugins import load_plugins
from brandvoice.workspace import Workspace
from styles.dataset import load_dataset
from training.baselines import COLUMNS, ColumnName
from training.evaluation import EvaluationTask, evaluate
from training.general import guard_talks
from training.machine import find_machine

ALL: tuple[ColumnName, ...] = tuple(name for name in COLUMNS if name != "endpoint")


def measure(workspace: Workspace, prompts: int, columns: tuple[ColumnName, ...]) -> tuple[float, float]:
    """Seconds on the clock and of the processors for one evaluation; the current voice is the same adapter."""
    style = next(name for name in workspace.voices.styles() if workspace.voices.versions(name))
    voice = workspace.voices.versions(style)[-1]
    dataset = load_dataset(workspace.data, style, voice.manifest.dataset)
    examples = [*dataset.examples("holdout"), *dataset.examples("train")]
    with MeasuringDesk(workspace, load_plugins()) as desk:
        task = EvaluationTask(
            style=workspace.style(style),
            base=workspace.base_model(),
            voice=voice,
            train=[e.messages for e in dataset.examples("train")],
            holdout=[e.messages for e in examples[:prompts]],
            clusters=[e.conversation_id for e in examples[:prompts]],
            speak=desk.speak,
            pace=desk.pace,
            machine=find_machine(workspace.settings.model.device),
            columns=columns,
            current=voice,
            personal_data=find_leaks,
            general=guard_talks(),
        )
        clock, processors = time.perf_counter(), time.process_time()
        found = evaluate(task)
        assert not found.failed
    return time.perf_counter() - clock, time.process_time() - processors


def _workspaces() -> Iterator[Workspace]:
    if named := os.environ.get("BRANDVOICE_WORKSPACE"):
        yield Workspace(Path(named).resolve())
        return
    with tempfile.TemporaryDirectory() as folder:
        run_demo(Path(folder), quick=True)
        yield Workspace(Path(folder).resolve())


def main() -> None:
    most = int(sys.argv[1]) if len(sys.argv) > 1 and __name__ == "__main__" else 200
    runs = [(most // 4, ALL[:2]), (most // 4, ALL), (most, ALL)]
    for workspace in _workspaces():
        for prompts, columns in runs:
            clock, processors = measure(workspace, prompts, columns)
            told = f"{clock / 60:5.1f} minutes, {processors:5.0f} s of processors"
            print(f"  {prompts:4} prompts, {len(columns)} columns: {told}", flush=True)


if __name__ == "__main__":
    main()
