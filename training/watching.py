"""Watching: what a run tells while it goes, when it saves, and how it stops in good order."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState

from training.progress import Progress, Watcher, save_point
from training.recipe import Recipe

PATIENCE = 2  # epochs without a lower holdout loss before a run with early stopping ends


def any_process(said: Sequence[bool]) -> list[bool]:
    """Whether any of the processes says so, for each of some questions; all of them must ask at once."""
    if not torch.distributed.is_initialized():
        return list(said)
    device = "cuda" if torch.distributed.get_backend() == "nccl" else "cpu"
    answers = torch.tensor(said, dtype=torch.int32, device=device)
    torch.distributed.all_reduce(answers, torch.distributed.ReduceOp.MAX)
    return [bool(answer) for answer in answers.tolist()]


class Course(Protocol):
    """What there is to watch of any run."""

    @property
    def steps(self) -> int: ...
    @property
    def epochs(self) -> int: ...
    @property
    def early_stopping(self) -> bool: ...


class Watching(TrainerCallback):  # type: ignore[misc]  # nor has transformers
    """Tells the watcher how it goes, asks for checkpoints in time, and stops in good order on SIGINT or SIGTERM."""

    def __init__(self, plan: Course, *, tokens: int, watch: Watcher, recipe: Recipe, run_dir: Path) -> None:
        self.plan = plan
        self.minutes = recipe.limits.minutes
        self.tokens_per_step = tokens / max(1, plan.steps // plan.epochs)
        self.watch = watch
        self.checkpointing = recipe.checkpoint
        self.curve = run_dir / "curve.jsonl"
        self.save_best: Any = None
        self.stop_asked = False
        self.stopping = False  # asked of any of the processes
        self.saves_after_epoch = False
        self.out_of_time = False
        self.tokens_per_second = 0.0
        self.holdout_loss: float | None = None
        self.began = self.saved = time.monotonic()
        self.first = 0

    def signals(self) -> Any:
        return _Signals(self.ask_to_stop)

    def ask_to_stop(self) -> None:
        self.stop_asked = True

    def on_train_begin(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self.began = self.saved = time.monotonic()
        self.first = state.global_step

    def on_step_end(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        now = time.monotonic()
        self.tokens_per_second = (state.global_step - self.first) * self.tokens_per_step / max(1e-9, now - self.began)
        due, self.stopping, late = any_process(
            [
                now - self.saved >= self.checkpointing.every_seconds,
                self.stop_asked,
                bool(self.minutes and now - self.began >= 60 * self.minutes),
            ]
        )
        if due or state.global_step % self.checkpointing.every_steps == 0 or self.stopping:
            control.should_save = not self._ends_epoch(state)
            self.saves_after_epoch = self._ends_epoch(state)
            self.saved = now
        if self.stopping:
            control.should_training_stop = self.stop_asked = True
        if late:
            self.out_of_time = control.should_training_stop = True

    def on_epoch_end(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """At the end of an epoch the holdout loss comes first and the checkpoint then: it must remember the loss.

        What stops within an epoch is not measured, since the undisturbed run would not be there.
        """
        if self.saves_after_epoch:
            control.should_save, self.saves_after_epoch = True, False
        if self.stopping and not self._ends_epoch(state):
            control.should_evaluate = False

    def _ends_epoch(self, state: TrainerState) -> bool:
        return bool(state.global_step % max(1, self.plan.steps // self.plan.epochs) == 0)

    def on_log(self, args: Any, state: TrainerState, control: TrainerControl, logs: Any = None, **_: Any) -> None:
        if logs and "loss" in logs:
            self._tell(state, loss=logs["loss"], holdout_loss=None)

    def on_evaluate(
        self, args: Any, state: TrainerState, control: TrainerControl, metrics: Any = None, **_: Any
    ) -> None:
        loss = metrics.get("eval_loss")
        if loss is None or not math.isfinite(loss):
            return
        self.holdout_loss = loss
        self._tell(state, loss=None, holdout_loss=loss)
        losses = [entry["eval_loss"] for entry in state.log_history if math.isfinite(entry.get("eval_loss", math.nan))]
        since = len(losses) - 1 - losses.index(min(losses))  # epochs; from what a resumed run remembers as well
        if since == 0:
            self.save_best(step=state.global_step, holdout_loss=loss)
        if self.plan.early_stopping and since >= PATIENCE:
            control.should_training_stop = True

    def _tell(self, state: TrainerState, *, loss: float | None, holdout_loss: float | None) -> None:
        done = state.global_step - self.first
        per_step = (time.monotonic() - self.began) / max(1, done)
        progress = Progress(
            step=state.global_step,
            steps=self.plan.steps,
            epoch=float(state.epoch or 0.0),
            loss=loss,
            holdout_loss=holdout_loss,
            tokens_per_second=self.tokens_per_second,
            seconds_left=per_step * (self.plan.steps - state.global_step),
        )
        if state.is_world_process_zero:
            save_point(self.curve, progress)
            self.watch(progress)


class _Signals:
    """While open, SIGINT and SIGTERM ask for a stop; a second SIGINT interrupts at once."""

    def __init__(self, ask: Any) -> None:
        self.ask = ask
        self.before: dict[int, Any] = {}

    def __enter__(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self.before[number] = signal.signal(number, self._handle)
            except ValueError:  # not the main thread: whoever owns it owns the signals
                return

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.ask()
        signal.signal(signal.SIGINT, signal.default_int_handler)
