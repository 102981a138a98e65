"""A second engine answers while the first is away, and only then."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bots.engine import Engine, Request, Workload
from bots.engines.fallback import Breaker, BreakerLimits, FallbackEngine
from brandvoice.testing import ScriptedEngine
from conversations.errors import EngineBusy, EngineError, EngineUnreachable, VoiceRefused
from tests.bots.engines.models import answer, asked

HI = Request(asked("Hi"))
AWAY = EngineUnreachable("away")


class BreaksOffEngine:
    """Says one piece and is gone."""

    async def stream(self, request: Request):  # type: ignore[no-untyped-def]
        yield "One"
        raise AWAY

    async def close(self) -> None: ...


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def engines(first: Engine, clock: Callable[[], float]) -> tuple[FallbackEngine, list[ScriptedEngine]]:
    made: list[ScriptedEngine] = []

    def second() -> Engine:
        made.append(ScriptedEngine("second"))
        return made[-1]

    return FallbackEngine(first, second, breaker=Breaker(BreakerLimits(2, 10.0), clock=clock)), made


async def test_the_second_is_not_even_made_while_the_first_answers(clock: Clock) -> None:
    engine, made = engines(ScriptedEngine("first"), clock)
    assert await answer(engine, HI) == "first"
    assert made == []


async def test_the_second_answers_while_the_first_is_away_and_is_made_once(clock: Clock) -> None:
    engine, made = engines(ScriptedEngine(AWAY, AWAY, "first"), clock)
    assert [await answer(engine, HI) for _ in range(2)] == ["second", "second"]
    assert len(made) == 1


async def test_after_failures_the_first_is_left_alone_until_one_request_tries_it_again(clock: Clock) -> None:
    first = ScriptedEngine(AWAY, AWAY, AWAY, "first")
    engine, _ = engines(first, clock)
    assert [await answer(engine, HI) for _ in range(4)] == ["second"] * 4
    assert len(first.requests) == 2
    clock.now = 11.0
    assert [await answer(engine, HI) for _ in range(2)] == ["second"] * 2
    assert len(first.requests) == 3, "one trial, which failed, and the next waits again"
    clock.now = 22.0
    assert [await answer(engine, HI) for _ in range(2)] == ["first"] * 2
    assert not engine.breaker.is_open


@pytest.mark.parametrize("refusal", [EngineBusy("busy", retry_after=2), VoiceRefused("no"), EngineError("no")])
async def test_a_refusal_is_the_answer_and_counts_as_no_failure(clock: Clock, refusal: Exception) -> None:
    engine, made = engines(ScriptedEngine(refusal), clock)
    for _ in range(3):
        with pytest.raises(type(refusal)):
            await answer(engine, HI)
    assert made == []
    assert not engine.breaker.is_open


async def test_an_answer_that_breaks_off_is_never_finished_by_another_engine(clock: Clock) -> None:
    engine, made = engines(BreaksOffEngine(), clock)
    with pytest.raises(EngineUnreachable):
        await answer(engine, HI)
    assert made == []


async def test_the_workload_is_that_of_the_engine_that_answers(clock: Clock) -> None:
    class Busy(ScriptedEngine):
        def workload(self) -> Workload:
            return Workload(1, 2, 3)

    engine = FallbackEngine(ScriptedEngine(AWAY), lambda: Busy("second"), breaker=Breaker(BreakerLimits(2, 10.0)))
    assert engine.workload() == Workload(0, 0, 0), "the first cannot tell"
    await answer(engine, HI)
    assert not engine.workload().away
    await answer(engine, HI)
    assert engine.workload() == Workload(1, 2, 3, away=True)


async def test_both_forget_a_person(clock: Clock) -> None:
    forgotten: list[str] = []

    class Forgetting(ScriptedEngine):
        def people(self) -> list[str]:
            return ["ann"]

        def forget(self, person: str) -> None:
            forgotten.append(person)

    engine = FallbackEngine(Forgetting(AWAY), Forgetting)
    await answer(engine, HI)
    assert engine.people() == ["ann"]
    engine.forget("ann")
    FallbackEngine(ScriptedEngine(), ScriptedEngine).forget("ann")
    assert forgotten == ["ann", "ann"]
