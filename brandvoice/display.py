"""Progress of a run in the terminal: a live line where there is one, a line now and then where there is not."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING

from brandvoice.output import complain

if TYPE_CHECKING:
    from training.plan import Plan
    from training.progress import Progress

QUIET_SECONDS = 10.0  # between two lines where nobody watches live
LIVE_SECONDS = 0.2  # between two changes of a live line
TOLD_SECONDS = 15.0  # between two events of a round


class TrainingDisplay:
    """Shows the plan, then steps, loss, speed and time left, on stderr: stdout stays for results."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._live = sys.stderr.isatty()
        self._loss: float | None = None
        self._holdout: float | None = None
        self._last = 0.0

    def __enter__(self) -> TrainingDisplay:
        for line in self.plan.lines():
            complain(f"  {line}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            sys.stderr.write("\n")

    def watch(self, progress: Progress) -> None:
        self._loss = progress.loss if progress.loss is not None else self._loss
        self._holdout = progress.holdout_loss if progress.holdout_loss is not None else self._holdout
        now = time.monotonic()
        if self._live:
            sys.stderr.write(f"\r\x1b[K  {self._line(progress)}")
            sys.stderr.flush()
        elif now - self._last >= QUIET_SECONDS or progress.step == progress.steps:
            self._last = now
            complain(f"  {self._line(progress)}")

    def _line(self, progress: Progress) -> str:
        parts = [f"step {progress.step}/{progress.steps}"]
        if self._loss is not None:
            parts.append(f"loss {self._loss:.2f}")
        if self._holdout is not None:
            parts.append(f"holdout {self._holdout:.2f}")
        parts += [f"{progress.tokens_per_second:,.0f} tokens/s", f"{_clock(progress.seconds_left)} left"]
        return "  ".join(parts)


class CountDisplay:
    """Shows how far something long is that counts: what it does, how many of how many, how fast, and the time left."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._live = sys.stderr.isatty()
        self._what, self._first = "", 0
        self._began = self._last = time.monotonic()
        self._has_told = False

    def __enter__(self) -> CountDisplay:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live and self._has_told:
            sys.stderr.write("\r\x1b[K")

    def show(self, what: str, done: int, total: int | None = None) -> None:
        now = time.monotonic()
        if what != self._what:
            self._what, self._began, self._first = what, now, done
        if now - self._last < (LIVE_SECONDS if self._live else QUIET_SECONDS):
            return
        self._last, self._has_told = now, True
        line = f"  {what}: {'  '.join(self._counted(done, total, now - self._began))}"
        if self._live:
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()
        else:
            complain(line)

    def _counted(self, done: int, total: int | None, seconds: float) -> Iterator[str]:
        is_known = total is not None and done <= total
        yield f"{done:,} of {total:,} {self._unit}" if is_known else f"{done:,} {self._unit}"
        if seconds > 0 and done > self._first:
            rate = (done - self._first) / seconds
            yield f"{rate:,.0f}/s"
            if total is not None and is_known:
                yield f"{_clock((total - done) / rate)} left"


class Announcer:
    """Tells a round's events what its training plans and how far it is, now and then and at the end."""

    def __init__(self, plan: Plan, tell: Callable[..., None]) -> None:
        self._tell = tell
        self._last = time.monotonic()
        self._loss: float | None = None
        tell(f"Training: {'; '.join(plan.lines())}", steps=plan.steps, batch=plan.batch, accumulation=plan.accumulation)

    def watch(self, progress: Progress) -> None:
        self._loss = progress.loss if progress.loss is not None else self._loss
        now = time.monotonic()
        if now - self._last < TOLD_SECONDS and progress.holdout_loss is None and progress.step != progress.steps:
            return
        self._last = now
        said = f"Step {progress.step}/{progress.steps}, {_clock(progress.seconds_left)} left."
        losses = {"loss": self._loss, "holdout_loss": progress.holdout_loss}
        self._tell(said, step=progress.step, steps=progress.steps, epoch=progress.epoch, **losses)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
