"""Who is answered when, who is turned away, and what happens to those who leave."""

from __future__ import annotations

import asyncio
import gc
import time
from typing import Any

import pytest

from bots.engine import Request
from bots.engines.batching import BatchingEngine
from bots.engines.batching.outbox import Outbox
from bots.engines.batching.replies import Prompt, Reply, TurnQueue
from bots.engines.batching.sampling import Chooser
from bots.engines.batching.text import ReplyText
from bots.engines.deadline import Deadline
from conversations.errors import EngineBusy, EngineError
from tests.bots.engines.conftest import MakeEngine
from tests.bots.engines.models import Voices, answer, asked, greedy, resident_bytes, until


def slow_down(engine: BatchingEngine, seconds: float) -> None:
    engine._loop.runtime.model.register_forward_pre_hook(lambda *_: time.sleep(seconds))


async def until_idle(engine: BatchingEngine) -> None:
    await until(lambda: not engine.stats().running and not engine.stats().waiting)


def reply_to(person: str) -> Reply:
    text, sampling = ReplyText(lambda _: ""), greedy()
    return Reply(Prompt((1,), 0, None), sampling, person, Outbox(Deadline(None)), text, Chooser(sampling))


async def finish_order(engine: BatchingEngine, *asking: str) -> list[str]:
    """Who got their answer in which order, when all asked in the given order while somebody else was answered."""
    order: list[str] = []

    async def ask(name: str) -> None:
        await answer(engine, Request(asked(f"It is me, {name}"), None, greedy(6), person=name.rstrip("0123456789")))
        order.append(name)

    talking = engine.stream(Request(asked("Go on and on"), None, greedy(450)))
    await anext(talking)
    asked_now = [asyncio.create_task(ask(name)) for name in asking]
    await until(lambda: engine.stats().waiting == len(asking))
    await talking.aclose()
    await asyncio.gather(*asked_now)
    return order


async def test_people_take_turns(make_engine: MakeEngine) -> None:
    engine = make_engine(slots=1)
    slow_down(engine, 0.002)
    assert await finish_order(engine, "ann1", "ann2", "ann3", "bob1", "cy1", "bob2") == [
        "ann1", "bob1", "cy1", "ann2", "bob2", "ann3",
    ]  # fmt: skip


async def test_whoever_has_the_fewest_answers_running_comes_first() -> None:
    queue = TurnQueue(per_person=2)
    ann_running, ann_waiting, bob_waiting = reply_to("ann"), reply_to("ann"), reply_to("bob")
    queue.add(ann_waiting)
    queue.add(bob_waiting)
    assert queue.next([ann_running]) is bob_waiting
    assert queue.next([ann_running, ann_running]) is None
    assert queue.next([ann_running]) is ann_waiting


async def test_one_person_is_answered_one_message_after_the_other(make_engine: MakeEngine) -> None:
    engine = make_engine(slots=4)
    slow_down(engine, 0.002)
    work = asyncio.gather(*(answer(engine, Request(asked("Hi"), None, greedy(9), person="ann")) for _ in range(3)))
    most = 0
    while not work.done():
        most = max(most, engine.stats().running)
        await asyncio.sleep(0.001)
    assert most == 1


async def test_requests_of_nobody_in_particular_run_together(make_engine: MakeEngine) -> None:
    engine = make_engine(slots=4)
    slow_down(engine, 0.002)
    work = asyncio.gather(*(answer(engine, Request(asked("Hi"), None, greedy(9))) for _ in range(4)))
    most = 0
    while not work.done():
        most = max(most, engine.stats().running)
        await asyncio.sleep(0.001)
    assert most == 4


async def test_closing_the_iterator_frees_the_slot_at_once(make_engine: MakeEngine, voices: Voices) -> None:
    engine = make_engine(slots=1)
    stream = engine.stream(Request(asked("Tell me everything"), None, greedy(450)))
    await anext(stream)
    await stream.aclose()
    expected = voices.plain(None, asked("Hi"), max_tokens=5)
    assert await answer(engine, Request(asked("Hi"), None, greedy(5))) == expected
    assert engine.stats().counts.tokens < 100, "the closed answer must not have been finished"


async def test_somebody_who_leaves_while_waiting_is_never_answered(make_engine: MakeEngine) -> None:
    engine = make_engine(slots=1)
    slow_down(engine, 0.002)
    first = asyncio.create_task(answer(engine, Request(asked("Hi"), None, greedy(60), person="ann")))
    second = asyncio.create_task(answer(engine, Request(asked("Hi"), None, greedy(60), person="bob")))
    await until(lambda: engine.stats().waiting == 1)
    second.cancel()
    await first
    await until_idle(engine)
    assert engine.stats().counts.tokens <= 60


async def test_a_full_queue_says_so_and_when_to_come_back(make_engine: MakeEngine) -> None:
    engine = make_engine(slots=1, queue=2)
    slow_down(engine, 0.002)
    work = [asyncio.create_task(answer(engine, Request(asked("Hi"), None, greedy(20)))) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(EngineBusy, match="Too many people are waiting") as refused:
        await answer(engine, Request(asked("Hi"), None, greedy(20)))
    assert refused.value.retry_after >= 1
    await asyncio.gather(*work)
    assert await answer(engine, Request(asked("Hi"), None, greedy(20)))


async def test_one_person_cannot_fill_the_queue(make_engine: MakeEngine) -> None:
    engine = make_engine(slots=1, queue=50, waiting_per_person=1)
    work = [asyncio.create_task(answer(engine, Request(asked("Hi"), None, greedy(), person="ann"))) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(EngineBusy, match="earlier messages"):
        await answer(engine, Request(asked("Hi"), None, greedy(), person="ann"))
    assert await answer(engine, Request(asked("Hi"), None, greedy(), person="bob"))
    await asyncio.gather(*work)


@pytest.mark.parametrize("ahead", [0, 1])
async def test_an_answer_past_its_deadline_ends_and_frees_its_place(make_engine: MakeEngine, ahead: int) -> None:
    engine = make_engine(slots=1)
    slow_down(engine, 0.01)
    others = [asyncio.create_task(answer(engine, Request(asked("Hi"), None, greedy(30)))) for _ in range(ahead)]
    await asyncio.sleep(0.02)
    with pytest.raises(EngineError, match=r"longer than 0\.2 seconds"):
        await answer(engine, Request(asked("Hi"), None, greedy(400), deadline=0.2))
    await asyncio.gather(*others)
    await until_idle(engine)
    assert engine.stats().counts.tokens < 100


async def test_after_closing_everybody_is_told(make_engine: MakeEngine) -> None:
    engine = make_engine(slots=1)
    slow_down(engine, 0.005)
    work = [asyncio.create_task(answer(engine, Request(asked("Hi"), None, greedy(400)))) for _ in range(3)]
    await until(lambda: engine.stats().running + engine.stats().waiting == 3)
    await engine.close()
    assert [str(e) for e in await asyncio.gather(*work, return_exceptions=True)] == ["The engine was closed."] * 3
    with pytest.raises(EngineError, match="closed"):
        await answer(engine, Request(asked("Hi")))


async def test_a_thousand_people_who_leave_cost_nothing(make_engine: MakeEngine, voices: Voices) -> None:
    engine = make_engine(slots=8)
    voice = voices.registry.version("acme", 1)

    async def leave(number: int) -> None:
        request = Request(asked(f"Number {number}"), voice if number % 2 else None, greedy(300), person=str(number))
        stream = engine.stream(request)
        if number % 3:
            await anext(stream)
        await stream.aclose()

    async def leave_all(numbers: range) -> None:
        for start in numbers[::8]:
            await asyncio.gather(*(leave(number) for number in range(start, start + 8)))
        await until_idle(engine)

    async def grown(numbers: range) -> int:
        before = resident_bytes()
        await leave_all(numbers)
        gc.collect()
        return resident_bytes() - before

    await leave_all(range(200))
    # What is kept for each person shows in every thousand; what the allocator fetches once does not.
    growth = await grown(range(200, 1200))
    if growth >= 16 * 2**20:
        growth = min(growth, await grown(range(1200, 2200)))
    left = [o for o in gc.get_objects() if type(o) in (Reply, Outbox)]
    assert not left
    assert sorted(engine._loop._free) == list(range(8))
    assert engine._open == 0
    assert not engine._open_of
    assert engine.stats().prefixes == 0
    assert growth < 16 * 2**20


async def test_an_engine_serves_one_event_loop_after_another(base: Any, make_engine: MakeEngine) -> None:
    engine = make_engine()
    here = await answer(engine, Request(asked("Hi"), None, greedy(8)))
    there = await asyncio.to_thread(asyncio.run, answer(engine, Request(asked("Hi"), None, greedy(8))))
    assert here == there
