"""Two engines: the second answers while the first is away."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from bots.engine import Engine, Measured, Remembering, Request, Workload
from conversations.errors import EngineUnreachable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BreakerLimits:
    """So many failures in a row open the breaker; after `seconds` one request tries again."""

    failures: int = 3
    seconds: float = 30.0


class Breaker:
    """Whether it is worth asking: closed, open after failures in a row, then one trial at a time."""

    def __init__(self, limits: BreakerLimits | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits or BreakerLimits()
        self._clock = clock
        self._failures = 0
        self._next_trial = 0.0

    @property
    def is_open(self) -> bool:
        return self._failures >= self._limits.failures

    def allows(self) -> bool:
        """Whether to ask now; while open, true for one request per waiting time."""
        if not self.is_open:
            return True
        if self._clock() < self._next_trial:
            return False
        self._next_trial = self._clock() + self._limits.seconds
        return True

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        self._failures += 1
        if self.is_open:
            self._next_trial = self._clock() + self._limits.seconds


class FallbackEngine:
    """Asks the first engine, and the second where the first cannot be reached before its first word.

    The second is made when it is first needed. Refusals (a voice that does not fit, too many people) are the first
    engine's answer and stay it: another engine would only hide them.
    """

    def __init__(self, first: Engine, second: Callable[[], Engine], *, breaker: Breaker | None = None) -> None:
        self._first = first
        self._make_second = second
        self._second: asyncio.Task[Engine] | None = None
        self.breaker = breaker or Breaker()

    async def stream(self, request: Request) -> AsyncIterator[str]:
        """See `Engine`."""
        if self.breaker.allows():
            began = False
            try:
                async with aclosing(_generator(self._first, request)) as pieces:
                    async for piece in pieces:
                        if not began:
                            self.breaker.succeeded()
                        began = True
                        yield piece
            except EngineUnreachable as error:
                self.breaker.failed()
                if began:
                    raise
                log.warning("the fallback engine answers, because: %s", error)
            else:
                return
        second = await self._fallback()
        async with aclosing(_generator(second, request)) as pieces:
            async for piece in pieces:
                yield piece

    def forget(self, person: str) -> None:
        """See `Remembering`."""
        for engine in self._remembering():
            engine.forget(person)

    def people(self) -> list[str]:
        """See `Remembering`."""
        return sorted({person for engine in self._remembering() for person in engine.people()})

    def workload(self) -> Workload:
        """See `Measured`. The work of the engine that answers now."""
        away = self.breaker.is_open
        asked = self._ready_second() if away else self._first
        now = asked.workload() if isinstance(asked, Measured) else Workload(0, 0, 0)
        return replace(now, away=away)

    async def close(self) -> None:
        await self._first.close()
        if self._second is not None:
            await (await self._second).close()

    def _remembering(self) -> list[Remembering]:
        second = self._ready_second()
        engines = [self._first, *([second] if second else [])]
        return [engine for engine in engines if isinstance(engine, Remembering)]

    def _ready_second(self) -> Engine | None:
        made = self._second is not None and self._second.done() and not self._second.exception()
        return self._second.result() if self._second and made else None

    async def _fallback(self) -> Engine:
        """The second engine; whoever comes while it is being made waits for the same one."""
        if self._second is None or (self._second.done() and self._second.exception()):
            self._second = asyncio.create_task(asyncio.to_thread(self._make_second))
        return await asyncio.shield(self._second)


def _generator(engine: Engine, request: Request) -> Any:
    """Streams are async generators, which can be closed, though the protocol only promises an iterator."""
    return engine.stream(request)
