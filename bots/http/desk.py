"""The desk: what every endpoint works with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request

from bots.assistant import Assistant
from bots.contributions import Contributions
from bots.http.callers import KeyRing
from bots.http.jobs import Jobs
from bots.http.metrics import Metrics
from bots.http.options import Options
from bots.http.rates import RequestRates
from conversations.api_jobs import ApiJobStore
from conversations.uploads import FileStore

PLATFORM = "http"


@dataclass(slots=True)
class Desk:
    """One API at work. `open` counts the answers that are being given or waited for."""

    assistant: Assistant
    contributions: Contributions
    keys: KeyRing
    files: FileStore
    jobs: Jobs | None
    options: Options
    rates: RequestRates = field(default_factory=RequestRates)
    metrics: Metrics = field(default_factory=Metrics)
    open: int = 0
    is_draining: bool = False
    made_jobs: ApiJobStore = field(init=False)
    starting_jobs: asyncio.Lock = field(default_factory=asyncio.Lock)  # files come in one after another
    left_behind: set[asyncio.Task[Any]] = field(default_factory=set)  # what is still kept for clients that left

    def __post_init__(self) -> None:
        self.made_jobs = ApiJobStore(self.contributions.store.database)
        self.metrics.watch(lambda: self.assistant.engine)

    async def audit(self, who: str, what: str, subject: str, **details: object) -> None:
        """Keep who did what with a privilege."""
        await asyncio.to_thread(lambda: self.contributions.store.record(who, what, subject, **details))


async def _desk(request: Request) -> Desk:
    found: Desk = request.app.state.desk
    return found


DeskOf = Annotated[Desk, Depends(_desk)]
