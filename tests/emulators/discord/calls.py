"""What the bot asked of the REST API, and what it was answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.emulators.discord.wire import Files


@dataclass(frozen=True, slots=True)
class Call:
    """One request; `route` has {} where ids were, `at` is of time.monotonic()."""

    method: str
    route: str
    path: str
    body: Any
    files: Files
    at: float
    status: int
    response: Any


class Calls:
    def __init__(self) -> None:
        self.made: list[Call] = []

    def matching(self, method: str | None = None, route: str | None = None) -> list[Call]:
        return [call for call in self.made if method in (None, call.method) and route in (None, call.route)]
