"""One route of the REST API: where it is, who may use it, what answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.emulators.discord.wire import Files
from tests.emulators.discord.world import World


@dataclass(frozen=True, slots=True)
class Request:
    """`ids` are what stood where the route has {}."""

    ids: tuple[str, ...]
    body: Any
    files: Files
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Route:
    """`answer` returns JSON, or None for 204; `by_token` routes carry their right in the path instead of a header."""

    method: str
    path: str
    answer: Callable[[World, Request], Any]
    by_token: bool = False

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def match(self, method: str, path: str) -> tuple[str, ...] | None:
        if method != self.method:
            return None
        found = re.fullmatch(self.path.replace("{}", "([^/]+)"), path)
        return None if found is None else found.groups()
