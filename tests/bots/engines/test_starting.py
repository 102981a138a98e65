"""An engine that is being made: whoever asks meanwhile waits."""

from __future__ import annotations

import asyncio
import threading

import pytest

from bots.engine import Engine, Request, Workload
from bots.engines.starting import StartingEngine
from brandvoice.testing import ScriptedEngine
from conversations.errors import EngineError, SettingsError
from tests.bots.engines.models import answer, asked

HI = Request(asked("Hi"))


class Slow:
    """Makes an engine once it is let go."""

    def __init__(self, made: Engine | Exception) -> None:
        self.made = made
        self.go = threading.Event()

    def __call__(self) -> Engine:
        assert self.go.wait(20)
        if isinstance(self.made, Exception):
            raise self.made
        return self.made


async def test_who_asks_before_the_model_is_there_is_answered_once_it_is() -> None:
    make = Slow(ScriptedEngine("Ahoy."))
    engine = StartingEngine(make)
    starting, asking = asyncio.create_task(engine.start()), asyncio.create_task(answer(engine, HI))
    await asyncio.sleep(0.01)
    assert not engine.is_ready
    assert engine.workload() == Workload(0, 0, 0)
    assert engine.people() == []
    make.go.set()
    assert await asking == "Ahoy."
    await starting
    assert engine.is_ready


async def test_who_asks_in_vain_is_told_when_their_time_is_up() -> None:
    with pytest.raises(EngineError, match=r"longer than 0.01 seconds"):
        await answer(StartingEngine(Slow(ScriptedEngine())), Request(asked("Hi"), deadline=0.01))


async def test_a_model_that_cannot_be_loaded_is_the_fault_of_the_start_and_a_sentence_to_who_asked() -> None:
    make = Slow(SettingsError("no such model"))
    engine = StartingEngine(make)
    asking = asyncio.create_task(answer(engine, HI))
    make.go.set()
    with pytest.raises(SettingsError, match="no such model"):
        await engine.start()
    with pytest.raises(EngineError, match="could not be loaded"):
        await asking
    await engine.close()


async def test_a_person_is_forgotten_by_the_engine_behind_it() -> None:
    forgotten: list[str] = []

    class Remembers(ScriptedEngine):
        def people(self) -> list[str]:
            return ["ann"]

        def forget(self, person: str) -> None:
            forgotten.append(person)

    make = Slow(Remembers())
    engine = StartingEngine(make)
    engine.forget("ann")
    make.go.set()
    await engine.start()
    assert engine.people() == ["ann"]
    engine.forget("ann")
    assert forgotten == ["ann"]
