"""Faults that a test arranges: failing calls, cut connections, expired tokens."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass

from tests.emulators.slack.loop import LoopThread
from tests.emulators.slack.refusals import Refusal
from tests.emulators.slack.sockets import Sockets
from tests.emulators.slack.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one call: it waits, then fails, unless there is no error to fail with."""

    error: str
    status: int
    retry_after: int | None
    delay: float

    def strike(self) -> None:
        if self.error:
            error = "ratelimited" if self.status == 429 else self.error
            raise Refusal(error, status=self.status, retry_after=self.retry_after)


class Faults:
    def __init__(self, workspace: Workspace, sockets: Sockets, *, loop: LoopThread) -> None:
        self._workspace = workspace
        self._sockets = sockets
        self._loop = loop
        self._waiting: defaultdict[str, deque[Fault]] = defaultdict(deque)

    def fail_next(
        self,
        method: str,
        error: str = "internal_error",
        *,
        times: int = 1,
        status: int = 200,
        retry_after: int | None = None,
        delay: float = 0.0,
    ) -> None:
        """Make the next calls of a method fail; `status=429, retry_after=1` is Slack's rate limit answer."""
        self._waiting[method].extend([Fault(error, status, retry_after, delay)] * times)

    def next_for(self, method: str) -> Fault | None:
        waiting = self._waiting[method]
        return waiting.popleft() if waiting else None

    def drop_sockets(self, graceful: bool = False) -> None:
        """Cut every Socket Mode connection: reset the TCP connection, or close the WebSocket when graceful."""
        self._loop.submit(self._sockets.drop(graceful=graceful)).result(5)

    def disconnect(self, reason: str = "refresh_requested") -> None:
        """The polite form: a `disconnect` message, as Slack sends about every hour."""
        self._loop.submit(self._sockets.announce_disconnect(reason)).result(5)

    def expire_token(self, token: str) -> None:
        self._workspace.tokens[token]["expired"] = True
