"""What every local engine keeps of the `Engine` protocol."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bots.engine import Engine, Measured, Request, Sampling, reply_text
from bots.engines.batching import BatchingEngine
from bots.engines.generate import GenerateEngine
from conversations.errors import EngineBusy, EngineError, VoiceRefused
from styles.base_model import BaseModel
from tests.bots.engines.conftest import MakeEngine
from tests.bots.engines.models import Voices, answer, answers, asked, greedy, tiny_base


@pytest.fixture(params=["batching", "generate"])
async def any_engine(request: pytest.FixtureRequest, base: BaseModel, make_engine: MakeEngine) -> AsyncIterator[Engine]:
    if request.param == "batching":
        yield make_engine()
        return
    engine = GenerateEngine(base, dtype="float32")
    yield engine
    await engine.close()


async def test_the_pieces_are_the_greedy_answer(any_engine: Engine, voices: Voices) -> None:
    voice = voices.registry.version("acme", 1)
    for speaker in (None, voice, None):
        pieces = [p async for p in any_engine.stream(Request(asked("Hello"), speaker, greedy(30)))]
        assert len(pieces) > 3
        assert "".join(pieces) == voices.plain(speaker, asked("Hello"), max_tokens=30)


async def test_many_at_once_each_get_their_own_answer(any_engine: Engine, voices: Voices) -> None:
    questions = [asked(f"Hello {n}") for n in range(4)]
    expected = [voices.plain(None, question, max_tokens=10) for question in questions]
    assert await answers(any_engine, *(Request(q, None, greedy(10)) for q in questions)) == expected


async def test_a_closed_iterator_stops_the_work_and_the_next_is_answered(any_engine: Engine, voices: Voices) -> None:
    stream = any_engine.stream(Request(asked("Go on and on"), None, greedy(450)))
    await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    assert await reply_text(any_engine, Request(asked("Hi"), None, greedy(5)))


async def test_it_tells_how_busy_it_is(any_engine: Engine, voices: Voices) -> None:
    assert isinstance(any_engine, Measured)
    idle = any_engine.workload()
    assert (idle.running, idle.waiting, idle.voices) == (0, 0, 0)
    assert idle.places >= 1
    stream = any_engine.stream(Request(asked("Go on and on"), voices.registry.version("acme", 1), greedy(450)))
    await anext(stream)
    busy = any_engine.workload()
    assert (busy.running, busy.voices) == (1, 1)
    await stream.aclose()  # type: ignore[attr-defined]


async def test_a_stop_string_is_not_part_of_the_reply(any_engine: Engine, voices: Voices) -> None:
    whole = voices.plain(None, asked("Hello"), max_tokens=30)
    stop = next(whole[i : i + 2] for i in range(6, 28) if "\ufffd" not in whole[i : i + 2])
    assert await answer(any_engine, Request(asked("Hello"), None, greedy(30, stop=(stop,)))) == whole.split(stop)[0]


async def test_a_seed_is_repeated_and_another_seed_is_not(any_engine: Engine) -> None:
    said = [
        await answer(any_engine, Request(asked("Hi"), None, Sampling(16, temperature=1.5, seed=seed)))
        for seed in (3, 3, 4)
    ]
    assert said[0] == said[1] != said[2]


async def test_a_deadline_ends_the_wait_with_a_sentence(any_engine: BatchingEngine | GenerateEngine) -> None:
    model = any_engine._model if isinstance(any_engine, GenerateEngine) else any_engine._loop.runtime.model
    model.register_forward_pre_hook(lambda *_: time.sleep(0.01))
    with pytest.raises(EngineError, match=r"longer than 0\.1 seconds"):
        await asyncio.wait_for(answer(any_engine, Request(asked("Hi"), None, greedy(400), deadline=0.1)), 5)
    assert await answer(any_engine, Request(asked("Hi"), None, greedy(2)))


async def test_a_voice_that_was_trained_with_another_renderer_is_refused(any_engine: Engine, voices: Voices) -> None:
    voice = voices.registry.version("acme", 1)
    other = replace(voice, manifest=replace(voice.manifest, template_hash="0" * 16))
    with pytest.raises(VoiceRefused, match="was trained with renderer 0000"):
        await answer(any_engine, Request(asked("Hi"), other, greedy(3)))


async def test_what_cannot_be_answered_is_refused_with_a_sentence(any_engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="leaves no room"):
        await answer(any_engine, Request(asked("Hi"), None, greedy(512)))
    other = Voices(tiny_base(tmp_path / "other", seed=9), tmp_path / "voices")
    with pytest.raises(VoiceRefused, match="was trained on"):
        await answer(any_engine, Request(asked("Hi"), other.make("acme"), greedy(5)))
    assert await answer(any_engine, Request(asked("Hi"), None, greedy(5)))


async def test_the_plain_engine_turns_away_whoever_finds_too_many_waiting(base: BaseModel) -> None:
    engine = GenerateEngine(base, dtype="float32", queue=1)
    speaking = [asyncio.create_task(answer(engine, Request(asked("Hi"), None, greedy(20)))) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(EngineBusy) as refused:
        await answer(engine, Request(asked("Hi"), None, greedy(20)))
    assert refused.value.retry_after > 0
    await asyncio.gather(*speaking)
    await engine.close()
