"""Whoever is forgotten in the store is forgotten by the engine, whichever program did it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bots.engine import Request
from bots.engines.batching import BatchingEngine
from bots.forgetting import forget_erased
from brandvoice.testing import ScriptedEngine
from conversations.messages import Message
from conversations.store import open_store
from tests.bots.engines.conftest import base, engine, make_engine  # noqa: F401 (fixtures)
from tests.bots.engines.models import answer, asked, greedy, until

LONG = asked("Where is my parcel? " * 5)


async def test_a_person_forgotten_by_another_program_is_gone_from_memory_and_others_stay(
    tmp_path: Path,
    engine: BatchingEngine,  # noqa: F811
) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with open_store(url) as ours, open_store(url) as theirs:
        for person in ("T1/U1", "T1/U2"):
            ours.accept("test", f"C/{person}", style="acme", message=Message("user", "Hi", author=person, id=person))
            await answer(engine, Request(LONG, None, greedy(4), person=person))
        await until(lambda: engine.stats().prefixes == 2)
        task = asyncio.create_task(forget_erased(engine, ours.erasures, every=0.01))
        await asyncio.sleep(0.1)
        assert engine.people() == ["T1/U1", "T1/U2"]
        await asyncio.to_thread(theirs.forget, "T1/U1")
        await until(lambda: engine.people() == ["T1/U2"])
        assert not task.done()
        task.cancel()


async def test_an_answer_being_given_to_somebody_who_is_forgotten_is_not_kept(
    engine: BatchingEngine,  # noqa: F811
) -> None:
    stream = engine.stream(Request(LONG, None, greedy(60), person="ann"))
    await anext(stream)
    assert engine.people() == ["ann"]
    engine.forget("ann")
    assert [piece async for piece in stream], "the answer goes on"
    assert engine.people() == []
    assert engine.stats().prefixes == 0


async def test_an_engine_that_remembers_nobody_needs_no_watch(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        await asyncio.wait_for(forget_erased(ScriptedEngine(), store.erasures), 1)
