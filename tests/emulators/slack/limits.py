"""Slack's rate limits: a tier per method, and rules of its own for posting and for reading history."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.emulators.slack.journal import Journal
from tests.emulators.slack.records import ApiRequest
from tests.emulators.slack.refusals import Refusal
from tests.emulators.slack.settings import Rules

CALLS_A_MINUTE: Final[Mapping[int, int]] = {1: 1, 2: 20, 3: 50, 4: 100}
_HISTORY: Final = frozenset({"conversations.replies", "conversations.history"})


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many calls in so many seconds, counted by key."""

    key: tuple[str, str]
    calls: int
    seconds: float


class RateMeter:
    """Notes every call above its limit, and refuses it when the rules say so."""

    def __init__(self, rules: Rules, journal: Journal) -> None:
        self._rules = rules
        self._journal = journal
        self._recent: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def count(self, request: ApiRequest, *, tier: int | None) -> None:
        allowance = self._allowance(request, tier)
        if allowance is None:
            return
        recent, now = self._recent[allowance.key], time.monotonic()
        while recent and now - recent[0] > allowance.seconds:
            recent.popleft()
        if len(recent) >= allowance.calls:
            self._exceed(allowance, wait=allowance.seconds - (now - recent[0]))
        recent.append(now)

    def _allowance(self, request: ApiRequest, tier: int | None) -> Allowance | None:
        method = request.method
        if method == "chat.postMessage":  # about one a second and channel; short bursts are allowed
            return Allowance((method, request.params.get("channel", "")), calls=10, seconds=5.0)
        if self._rules.distributed and method in _HISTORY:
            return Allowance((method, ""), calls=1, seconds=60.0)
        return Allowance((method, ""), calls=CALLS_A_MINUTE[tier], seconds=60.0) if tier else None

    def _exceed(self, allowance: Allowance, *, wait: float) -> None:
        method = allowance.key[0]
        self._journal.rate_violations.append(f"{method}: more than {allowance.calls} in {allowance.seconds:.0f} s")
        if self._rules.enforce_rates:
            raise Refusal("ratelimited", status=429, retry_after=max(1, int(wait) + 1))
