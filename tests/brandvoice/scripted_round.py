"""The process of a round with a quick scripted trainer: `python scripted_round.py WORKSPACE ROUND OWNER`.

What happens is told by `script.json` in the workspace: `steps` and `seconds` of training, `fault` (memory, killed,
error, full) for the first `faults` tries. Every training step is kept as a checkpoint, as the real trainer does.
"""

import json
import os
import signal
import sys
import time
import types
from pathlib import Path
from typing import Any

judging = types.ModuleType("brandvoice.judging")  # the real one imports torch
sys.modules["brandvoice.judging"] = judging

from brandvoice import curating, steps  # noqa: E402
from brandvoice.round_process import main  # noqa: E402
from conversations.errors import CurationRefused, TrainingRefused, TrainingStopped  # noqa: E402
from styles.voices import Manifest  # noqa: E402


def script(workspace: Any) -> dict[str, Any]:
    return dict(json.loads((workspace.root / "script.json").read_text()))


def curate_style(workspace: Any, style: str, *, offers: Any) -> Any:
    if script(workspace).get("nothing"):
        raise CurationRefused("Nothing is left.")
    return types.SimpleNamespace(manifest=types.SimpleNamespace(hash="d" * 16), train_count=50), None


def train_voice(workspace: Any, round_: Any, *, offers: Any, folder: Path, tell: Any) -> Any:
    registry = workspace.voices
    published = [v for v in registry.versions(round_.style) if v.manifest.round == round_.id]
    if published:
        return published[0]
    told, training = script(workspace), folder / "training"
    training.mkdir(exist_ok=True)
    _note(training / "runs", f"{os.getpid()} {round_.options.get('halvings', 0)}")
    _fail(told, training)
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    done = training / "checkpoint"
    step = int(done.read_text()) if done.is_file() else 0
    while step < told["steps"]:
        time.sleep(told["seconds"] / told["steps"])
        step += 1
        _replace(done, str(step))
        _note(training / "steps", str(step))
        if stopped:
            raise TrainingStopped(f"Stopped at step {step}.")
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    registry.clean(round_.style)
    staging = registry.stage(round_.style)
    (staging / "adapter_model.safetensors").write_bytes(b"weights" * 1000)
    manifest = Manifest(
        style=round_.style,
        number=0,
        base="b",
        base_revision="r",
        base_digest="x",
        dataset=round_.dataset,
        recipe={},
        seed=0,
        template_hash="t",
        libraries={},
        created_at="2026-01-01T00:00:00",
        round=round_.id,
    )
    return registry.publish(staging, manifest)


def judge(workspace: Any, voice: Any, *, offers: Any, folder: Path) -> Any:
    words = "It passes."
    passed = script(workspace).get("passes", True)
    workspace.voices.save_scores(voice, {"verdict": {"passed": passed, "words": words}})
    return types.SimpleNamespace(lines=list, verdict=types.SimpleNamespace(words=words))


def _fail(told: dict[str, Any], training: Path) -> None:
    runs = len((training / "runs").read_text().splitlines())
    if runs > told.get("faults", 0):
        return
    if told["fault"] == "memory":
        raise MemoryError
    if told["fault"] == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if told["fault"] == "error":
        raise ZeroDivisionError
    raise TrainingRefused("The disk is full.")


def _note(path: Path, line: str) -> None:
    with path.open("a") as lines:
        lines.write(line + "\n")


def _replace(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text)
    part.replace(path)


curating.curate_style = curate_style
steps.train_voice = train_voice
judging.judge = judge  # type: ignore[attr-defined]

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
