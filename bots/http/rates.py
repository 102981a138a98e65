"""Rates: how many requests a key, or a visitor of a page, may send in a minute."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bots.http.errors import Refused, wait

REMEMBERED: Final = 10_000


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class RequestRates:
    """A bucket for each key that fills up steadily, so that a burst up to a minute's worth goes through."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, who: str, per_minute: int) -> dict[str, str]:
        """Count one request; the headers that tell what is left. Raises `Refused` (429) when nothing is."""
        now, each = self._clock(), 60 / per_minute
        bucket = self._buckets.setdefault(who, _Bucket(per_minute, now))
        self._buckets.move_to_end(who)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        bucket.left = min(per_minute, bucket.left + (now - bucket.at) / each)
        bucket.at = now
        allowed = bucket.left >= 1
        bucket.left -= allowed
        headers = _headers(per_minute, bucket.left, each)
        if allowed:
            return headers
        pause = (1 - bucket.left) * each
        raise Refused(
            429,
            f"More than {per_minute} requests in a minute. Try again in {math.ceil(pause)} seconds.",
            code="rate_limit_exceeded",
            headers={**headers, **wait(pause)},
        )


def _headers(per_minute: int, left: float, each: float) -> dict[str, str]:
    return {
        "x-ratelimit-limit-requests": str(per_minute),
        "x-ratelimit-remaining-requests": str(int(left)),
        "x-ratelimit-reset-requests": f"{(per_minute - left) * each:.1f}s",
    }
