"""People who were forgotten, by whichever program: nothing of them stays in the memory of this one."""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from bots.engine import Engine, Remembering
from conversations.erasures import Erasures, ErasureWatch
from conversations.errors import StoreError

log = logging.getLogger(__name__)


async def forget_erased(engine: Engine, erasures: Erasures, *, every: float = 2.0) -> None:
    """Runs until it is cancelled; an engine forgets whom the store forgot within about `every` seconds."""
    if not isinstance(engine, Remembering):
        return
    watch = await asyncio.to_thread(ErasureWatch, erasures)
    while True:
        await asyncio.sleep(every)
        try:
            gone = await asyncio.to_thread(watch.forgotten, engine.people)
        except (StoreError, SQLAlchemyError) as error:
            log.warning("whether somebody was forgotten could not be read: %s", error)
            continue
        for person in gone:
            engine.forget(person)
