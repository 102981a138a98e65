"""Every engine says once how a whole reply ended, and says nothing about one that was broken off."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator

import pytest

from bots.engine import Engine, Finish, Request, ScoredToken
from bots.engines.batching import BatchingEngine
from bots.engines.echo import EchoEngine
from bots.engines.generate import GenerateEngine
from brandvoice.testing import ScriptedEngine
from conversations.errors import EngineError
from styles.base_model import BaseModel
from tests.bots.engines.conftest import MakeEngine
from tests.bots.engines.models import Voices, answer, asked, greedy


@pytest.fixture(params=["batching", "generate", "echo", "scripted"])
async def any_engine(request: pytest.FixtureRequest, base: BaseModel, make_engine: MakeEngine) -> AsyncIterator[Engine]:
    made = {
        "batching": make_engine,
        "generate": lambda: GenerateEngine(base, dtype="float32"),
        "echo": EchoEngine,
        "scripted": lambda: ScriptedEngine("One two three."),
    }
    engine = made[request.param]()
    yield engine
    await engine.close()


async def test_a_whole_reply_is_finished_once_before_its_stream_ends(any_engine: Engine) -> None:
    told: list[Finish | str] = []
    pieces = any_engine.stream(Request(asked("Hello there"), None, greedy(9), on_finish=told.append))
    async for piece in pieces:
        told.append(piece)  # noqa: PERF401 (in the order of what happens)
    *said, finish = told
    assert all(isinstance(piece, str) for piece in said)
    assert isinstance(finish, Finish)
    assert finish.prompt_tokens >= 2
    assert 0 < finish.completion_tokens <= 9


async def test_a_reply_that_is_broken_off_is_not_finished(any_engine: Engine) -> None:
    told: list[Finish] = []
    stream = any_engine.stream(Request(asked("Go on and on"), None, greedy(400), on_finish=told.append))
    await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    assert told == []


async def test_an_error_is_no_finish() -> None:
    told: list[Finish] = []
    with pytest.raises(EngineError):
        await answer(ScriptedEngine(EngineError("No.")), Request(asked("Hi"), on_finish=told.append))
    assert told == []


@pytest.mark.parametrize("kind", ["batching", "generate"])
async def test_tokens_are_counted_and_the_reason_is_told(
    kind: str, base: BaseModel, make_engine: MakeEngine, voices: Voices
) -> None:
    engine: Engine = make_engine() if kind == "batching" else GenerateEngine(base, dtype="float32")
    told: list[Finish] = []
    prompt = len(voices.renderer.prompt(asked("Hello")))
    text = await answer(engine, Request(asked("Hello"), None, greedy(30), on_finish=told.append))
    stop = next(text[i : i + 2] for i in range(6, 28) if "\ufffd" not in text[i : i + 2])
    await answer(engine, Request(asked("Hello"), None, greedy(30, stop=(stop,)), on_finish=told.append))
    assert told[0] == Finish("length", prompt, 30)
    assert (told[1].reason, told[1].prompt_tokens) == ("stop", prompt)
    assert told[1].completion_tokens < 30
    await engine.close()


async def test_every_token_comes_with_its_chance_where_it_is_asked_for(engine: BatchingEngine) -> None:
    told: list[ScoredToken] = []
    request = Request(asked("Hello"), None, greedy(12), on_token=told.append, likeliest=3)
    text = await answer(engine, request)
    assert len(told) == 12
    assert "".join(t.text for t in told).replace("\ufffd", "") == text.replace("\ufffd", "")
    for token in told:
        assert token.others[0] == (token.text, token.logprob), "greedy says the likeliest"
        chances = [math.exp(chance) for _, chance in token.others]
        assert chances == sorted(chances, reverse=True)
        assert 0 < sum(chances) <= 1.0001
