"""The journal of one emulated Slack: what happened, and waiting for what should happen."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from tests.emulators.slack.records import Call, Envelope

T = TypeVar("T")


@dataclass(slots=True)
class Journal:
    """Everything that was recorded. `changed` guards the whole workspace and is notified on every change."""

    changed: threading.Condition = field(default_factory=threading.Condition)
    calls: list[Call] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    pings: list[tuple[str, str]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    rate_violations: list[str] = field(default_factory=list)
    user_errors: list[str] = field(default_factory=list)
    emulator_errors: list[str] = field(default_factory=list)

    def note_call(self, call: Call) -> None:
        with self.changed:
            self.calls.append(call)
            self.changed.notify_all()

    def note_user_error(self, envelope: Envelope, what: str) -> None:
        """The person who caused the envelope sees an error of the app."""
        with self.changed:
            envelope.failed = True
            self.user_errors.append(f"{envelope.name} {what}")
            self.changed.notify_all()

    def note_emulator_error(self, error: BaseException) -> None:
        with self.changed:
            self.emulator_errors.append("".join(traceback.format_exception(error)))
            self.changed.notify_all()

    def wait_for(self, predicate: Callable[[], T | None], timeout: float = 5.0, what: str = "condition") -> T:
        """The first true value of the predicate; TimeoutError names what did not come and the last calls."""
        end = time.monotonic() + timeout
        with self.changed:
            while not (value := predicate()):
                left = end - time.monotonic()
                if left <= 0:
                    last = [call.method for call in self.calls[-12:]]
                    raise TimeoutError(f"slack emulator: no {what} in {timeout} s; last calls: {last}")
                self.changed.wait(min(left, 0.1))
            return value
