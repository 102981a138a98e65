"""Failures that a test plans for the next requests of a route."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass

from tests.emulators.discord.errors import ApiError, rate_limited


@dataclass(frozen=True, slots=True)
class Fault:
    status: int
    code: int
    message: str
    retry_after: float

    def error(self) -> ApiError:
        return rate_limited(self.retry_after) if self.status == 429 else ApiError(self.status, self.code, self.message)


class Faults:
    def __init__(self) -> None:
        self._planned: dict[str, deque[Fault]] = defaultdict(deque)

    def fail_next(
        self,
        method: str,
        route: str,
        *,
        status: int,
        code: int = 0,
        message: str = "emulated",
        retry_after: float = 1.0,
        times: int = 1,
    ) -> None:
        """`route` has {} for ids: `fail_next("POST", "/channels/{}/messages", status=429, retry_after=0.3)`."""
        fault = Fault(status, code, message, retry_after)
        self._planned[f"{method} {route}"].extend([fault] * times)

    def strike(self, route: str) -> None:
        """Fail this request if a test planned it."""
        if self._planned[route]:
            raise self._planned[route].popleft().error()
