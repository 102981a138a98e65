"""One method of the Web API: how it answers, how often and with which scope it may be called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.emulators.slack.records import ApiRequest, Json
from tests.emulators.slack.workspace import Workspace

Answer = Callable[[Workspace, ApiRequest], Json | None]


@dataclass(frozen=True, slots=True)
class Method:
    """`tier` is None where Slack has a rule of its own; any one of `scopes` is enough."""

    answer: Answer
    tier: int | None
    scopes: tuple[str, ...] = ()
