"""The supervisor of a round's process: it keeps the lease, and decides what a death or a failure means."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING

from brandvoice.round_process import DEBUG, ENDED, FAULT, LOG, MEMORY, STOPPED, load_fault
from brandvoice.rounds import Round
from conversations.errors import RoundLost, RoundRefused

if TYPE_CHECKING:
    from brandvoice.round_store import RoundStore
    from brandvoice.workspace import Workspace

COMMAND = (sys.executable, "-m", "brandvoice.round_process")
TRIES = 3  # how often a step may fail before the round does
HALVINGS = 6  # how often the batch may be halved for want of memory
LOSSES = 20  # how many owners may die over one step
PAUSES = (30, 300)  # seconds before a failed step is tried again
GRACE = 60.0  # seconds a process has to save a checkpoint before it is killed
LOOK, BEAT = 1.0, 10.0  # seconds between looks at what people want, and between renewals of the lease


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a round stops before its end, and whether it goes on later by itself."""

    reason: str
    until: timedelta | None = None


class Supervisor:
    """Runs one leased round after another, each in a process of its own.

    `why_stop` is asked every second; its answer stops the round at a checkpoint. `log` says where the process's
    words go: None is this terminal.
    """

    def __init__(
        self,
        workspace: Workspace,
        rounds: RoundStore,
        *,
        tries: int = TRIES,
        command: Sequence[str] = COMMAND,
        why_stop: Callable[[Round], Stop | None] = lambda _: None,
        to_log: bool = False,
        grace: float = GRACE,
    ) -> None:
        self.workspace = workspace
        self.rounds = rounds
        self.tries = tries
        self.command = tuple(command)
        self.why_stop = why_stop
        self.to_log = to_log
        self.grace = grace
        self.stopping: Stop | None = None

    def stop(self, reason: str) -> None:
        """Ask for an end: the process saves a checkpoint, and the lease is given back."""
        self.stopping = Stop(reason)

    def run(self, round_: Round) -> Round:
        """Take a round that we lease as far as it goes now; returns it as it stands then, never leased by us."""
        try:
            while True:
                if round_.attempts.get("lost", 0) > LOSSES:
                    return self._fail(round_, f"{LOSSES} processes died over it in a row.")
                status, stop = self._process(round_)
                now = self.rounds.load(round_.id)
                if now.owner != round_.owner:
                    return now
                if stop or status == STOPPED:
                    return self._give_back(now, stop or Stop("stopped"))
                again = self._after(now, status)
                if again is None or again.owner is None:
                    return again or self.rounds.load(round_.id)
                round_ = again
        except RoundLost:
            return self.rounds.load(round_.id)

    def _after(self, round_: Round, status: int) -> Round | None:
        """What the end of a process means: the round as it goes on, or given back."""
        if status == ENDED:
            return self.rounds.release(round_)
        fault = load_fault(self.rounds.folder(round_.id))
        killed = status in {-signal.SIGKILL, 128 + signal.SIGKILL}
        if (status == MEMORY or killed) and round_.state == "curated":
            return self._with_smaller_batch(round_)
        reason = fault.message if fault else f"Its process ended with status {status}. See {self._log(round_)}."
        failures = round_.attempts.get(round_.state, 0) + 1
        if failures >= self.tries or (fault and fault.pointless):
            return self._fail(round_, reason)
        pause = timedelta(seconds=PAUSES[min(failures, len(PAUSES)) - 1])
        return self.rounds.release(
            round_,
            attempts={**round_.attempts, round_.state: failures},
            not_before=self.rounds.now() + pause,
            reason=reason,
            message=f"Try {failures} of {self.tries} failed: {reason} The next one is in {pause}.",
        )

    def _with_smaller_batch(self, round_: Round) -> Round:
        halvings = int(round_.options.get("halvings", 0)) + 1
        if halvings > HALVINGS:
            return self._fail(round_, "There is not enough memory to train this model, even one example at a time.")
        said = (
            f"Memory ran out. It trains again with the batch divided by {2**halvings}, in more steps of accumulation."
        )
        options = {**round_.options, "halvings": halvings}
        return self.rounds.advance(round_, message=said, options=options, reason=said)

    def _fail(self, round_: Round, reason: str) -> Round:
        """A round without anything trained forgets its dataset: resumed, it curates what is there then."""
        checkpoints = self.rounds.folder(round_.id) / "training" / "checkpoints"
        keep = round_.voice is not None or checkpoints.exists()
        dataset = round_.dataset if keep else None
        return self.rounds.release(round_, state="failed", reason=reason, dataset=dataset)

    def _give_back(self, round_: Round, stop: Stop) -> Round:
        if not round_.is_open:
            return self.rounds.release(round_)
        not_before = self.rounds.now() + stop.until if stop.until else None
        return self.rounds.release(round_, message=f"Stopped: {stop.reason}.", not_before=not_before)

    def _process(self, round_: Round) -> tuple[int, Stop | None]:
        """One process from its start to its end; its exit status, and why we stopped it if we did."""
        folder = self.rounds.folder(round_.id)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FAULT).unlink(missing_ok=True)
        flags = [DEBUG] if DEBUG in sys.argv else []
        words = (*self.command, str(self.workspace.root), round_.id, str(round_.owner), *flags)
        with self._words_to(round_) as log:
            process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=log, stderr=log)
            assert process.stdin is not None
            with process.stdin:
                try:
                    return self._watch(process, round_)
                finally:
                    _end(process)

    def _watch(self, process: subprocess.Popen[bytes], round_: Round) -> tuple[int, Stop | None]:
        stop: Stop | None = None
        deadline = float("inf")
        beaten = time.monotonic()
        while True:
            with suppress(subprocess.TimeoutExpired):
                return process.wait(timeout=LOOK), stop
            if stop is None and (stop := self._wanted(round_)):
                process.send_signal(signal.SIGTERM)
                deadline = time.monotonic() + self.grace
            if time.monotonic() > deadline:
                process.kill()
            if time.monotonic() - beaten >= BEAT:
                beaten = self._beat(round_, since=beaten)

    def _wanted(self, round_: Round) -> Stop | None:
        now = self.rounds.load(round_.id)
        if now.state != round_.state and now.state == "cancelled":
            return Stop(now.reason)
        if now.owner not in {None, round_.owner}:
            return Stop(f"{now.owner} took it over")
        if now.paused:
            return Stop(now.reason)
        return self.stopping or self.why_stop(now)

    def _beat(self, round_: Round, *, since: float) -> float:
        moment = time.monotonic()
        now = self.rounds.load(round_.id)
        trained = moment - since if now.state == "curated" else 0.0
        with suppress(RoundLost):  # the next look says why
            self.rounds.beat(round_, training_seconds=trained)
        return moment

    def _log(self, round_: Round) -> Path:
        return self.rounds.folder(round_.id) / LOG

    def _words_to(self, round_: Round) -> _Log:
        return _Log(self._log(round_) if self.to_log else None)


class _Log:
    """A file that is added to, or (without a path) the terminal we have ourselves."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._opened: IO[bytes] | None = None

    def __enter__(self) -> IO[bytes] | None:
        self._opened = self.path.open("ab") if self.path else None
        return self._opened

    def __exit__(self, *_: object) -> None:
        if self._opened:
            self._opened.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()


def run_here(workspace: Workspace, rounds: RoundStore, round_: Round) -> Round:
    """Run a leased round in the foreground of this terminal; a failure is told at once instead of tried again."""
    supervisor = Supervisor(workspace, rounds, tries=1)
    with _signals(supervisor):
        done = supervisor.run(round_)
    later = f"Go on later with: brandvoice rounds resume {done.id}"
    if done.state == "failed":
        raise RoundRefused(f"{done.reason}\n{later}")
    if done.is_open:
        raise RoundRefused(f"{done.id} stopped; what is done is saved.\n{later}")
    return done


class _signals:  # noqa: N801 - used as a function
    """While open, SIGTERM stops the round in good order; Ctrl-C reaches its process by itself, so we wait for that."""

    def __init__(self, supervisor: Supervisor) -> None:
        self.supervisor = supervisor

    def __enter__(self) -> None:
        self.before = {
            signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None),
            signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: self.supervisor.stop("asked to end")),
        }

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)
