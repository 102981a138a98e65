"""Rate limits: a bucket for every route and channel, with the headers that announce it."""

from __future__ import annotations

import time
import zlib
from collections import defaultdict, deque

from tests.emulators.discord.errors import rate_limited
from tests.emulators.discord.rules import Rules

# Route -> (requests, seconds). Discord publishes none of them; these are what its headers usually say.
BUCKETS = {
    "POST /channels/{}/messages": (5, 5.0),
    "PATCH /channels/{}/messages/{}": (5, 5.0),
    "POST /channels/{}/typing": (5, 5.0),
    "PUT /channels/{}/messages/{}/reactions/{}/@me": (1, 0.25),
    "POST /webhooks/{}/{}": (5, 2.0),
    "PATCH /webhooks/{}/{}/messages/{}": (5, 2.0),
}


class RateLimits:
    """`hits` lists the routes that were answered with 429."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._spent: dict[tuple[str, tuple[str, ...]], deque[float]] = defaultdict(deque)
        self.hits: list[str] = []

    def spend(self, route: str, ids: tuple[str, ...]) -> dict[str, str]:
        """Count one request and return its headers, or refuse it with the same headers and when to retry."""
        if not self._rules.limits or route not in BUCKETS:
            return {}
        most, per = BUCKETS[route]
        # A webhook's bucket belongs to its id and token, every other to its channel.
        major = ids[:2] if " /webhooks" in route else ids[:1]
        spent, now = self._spent[route, major], time.monotonic()
        while spent and now - spent[0] >= per:
            spent.popleft()
        reset = per - (now - spent[0]) if spent else per
        if len(spent) < most:
            spent.append(now)
            return _headers(route, most, remaining=most - len(spent), reset=reset)
        self.hits.append(route)
        refusal = rate_limited(round(reset, 3))
        refusal.headers |= _headers(route, most, remaining=0, reset=reset)
        raise refusal


def _headers(route: str, most: int, *, remaining: int, reset: float) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(most),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": f"{time.time() + reset:.3f}",
        "X-RateLimit-Reset-After": f"{reset:.3f}",
        "X-RateLimit-Bucket": f"{zlib.crc32(route.encode()):08x}",
    }
