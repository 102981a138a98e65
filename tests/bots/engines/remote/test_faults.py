"""A server that fails, hangs, refuses or talks nonsense: tried again before the first word, never after it."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from bots.engine import Request
from bots.engines.remote import Patience, RemoteEngine
from conversations.errors import EngineBusy, EngineError, EngineUnreachable, VoiceRefused
from tests.bots.engines.models import Voices, answer, asked, greedy, until
from tests.bots.engines.remote.conftest import MakeRemote
from tests.emulators.vllm import BreaksOff, Refuses, VllmEmulator

HI = Request(asked("Hi"), None, greedy(8))


@pytest.mark.parametrize("status", [500, 502, 503, 429])
async def test_a_passing_fault_is_waited_out_before_the_first_word(
    remote: RemoteEngine, vllm: VllmEmulator, voices: Voices, status: int
) -> None:
    vllm.faults += [Refuses(status, retry_after="0.01")] * 2
    assert await answer(remote, HI) == voices.plain(None, asked("Hi"), max_tokens=8)
    assert len(vllm.bodies("/v1/completions")) == 3


async def test_a_fault_that_stays_is_told_in_a_sentence(remote: RemoteEngine, vllm: VllmEmulator) -> None:
    vllm.faults += [Refuses(503)] * 3
    with pytest.raises(EngineUnreachable, match="cannot be reached right now"):
        await answer(remote, HI)


async def test_a_busy_server_says_when_to_come_back(remote: RemoteEngine, vllm: VllmEmulator) -> None:
    vllm.faults.append(Refuses(429, retry_after="90"))
    with pytest.raises(EngineBusy) as refused:
        await answer(remote, HI)
    assert refused.value.retry_after == 90
    assert len(vllm.bodies("/v1/completions")) == 1


@pytest.mark.parametrize("error", [None, "CUDA out of memory"])
async def test_an_answer_that_breaks_off_is_not_asked_for_again(
    remote: RemoteEngine, vllm: VllmEmulator, error: str | None
) -> None:
    vllm.faults.append(BreaksOff(3, error))
    with pytest.raises(EngineUnreachable, match="try again"):
        await answer(remote, HI)
    assert len(vllm.bodies("/v1/completions")) == 1
    assert await answer(remote, HI)


async def test_a_refused_request_is_passed_on_in_the_servers_words(remote: RemoteEngine, vllm: VllmEmulator) -> None:
    vllm.faults.append(Refuses(400))
    with pytest.raises(EngineError, match=r"refused the request: It is so\."):
        await answer(remote, HI)
    assert len(vllm.bodies("/v1/completions")) == 1


async def test_a_key_is_sent_and_a_wrong_one_is_named(make_remote: MakeRemote, vllm: VllmEmulator) -> None:
    vllm.settings.api_key = "s3cret"
    assert await answer(make_remote(key="s3cret"), HI)
    with pytest.raises(EngineError, match="BRANDVOICE_ENDPOINT_KEY"):
        await answer(make_remote(key="wrong"), HI)


async def test_hanging_up_stops_the_server(remote: RemoteEngine, vllm: VllmEmulator) -> None:
    vllm.settings.pause = 0.01
    stream = remote.stream(Request(asked("Go on and on"), None, greedy(400)))
    await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    await until(lambda: vllm.hung_up == 1)


async def test_an_answer_past_its_deadline_ends_and_stops_the_server(remote: RemoteEngine, vllm: VllmEmulator) -> None:
    await answer(remote, HI)
    vllm.settings.pause = 0.05
    with pytest.raises(EngineError, match=r"longer than 0\.2 seconds"):
        await answer(remote, Request(asked("Hi"), None, greedy(400), deadline=0.2))
    await until(lambda: vllm.hung_up == 1)


async def test_too_many_at_once_are_turned_away_at_the_door(make_remote: MakeRemote, vllm: VllmEmulator) -> None:
    engine = make_remote(open_requests=2)
    vllm.settings.pause = 0.01
    speaking = [asyncio.create_task(answer(engine, HI)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(EngineBusy, match="Too many people") as refused:
        await answer(engine, HI)
    assert refused.value.retry_after > 0
    await asyncio.gather(*speaking)


async def test_separators_that_are_no_ends_of_lines_stay_in_the_text(remote: RemoteEngine, vllm: VllmEmulator) -> None:
    vllm.script = ["one\u2028two", "\x85three", " 😀\r\n"]
    assert await answer(remote, HI) == "one\u2028two\x85three 😀\r\n"


async def test_what_is_no_such_server_is_told_in_a_sentence(make_remote: MakeRemote) -> None:
    app = web.Application()
    app.add_routes([web.get("/v1/models", _page)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    with pytest.raises(EngineError, match="does not speak the OpenAI API"):
        await answer(make_remote(address=f"http://127.0.0.1:{runner.addresses[0][1]}"), HI)
    await runner.cleanup()


async def _page(_: web.Request) -> web.Response:
    return web.Response(text="<html>Welcome</html>", content_type="text/html")


async def test_nobody_at_the_address_is_told_in_a_sentence(make_remote: MakeRemote) -> None:
    engine = make_remote(address="http://127.0.0.1:9", patience=Patience(attempts=1))
    with pytest.raises(EngineUnreachable, match="cannot be reached"):
        await answer(engine, HI)


async def test_any_other_server_gets_the_messages_and_its_models_by_their_names(
    make_remote: MakeRemote, vllm: VllmEmulator, voices: Voices
) -> None:
    vllm.settings.owner = "somebody"
    vllm.settings.more_models = ("acme@1",)
    with pytest.raises(EngineError, match="endpoint_model to one of its models: tiny, acme@1"):
        await answer(make_remote(), HI)
    engine = make_remote(model="tiny")
    expected = voices.plain(None, asked("Hi", system="Be kind."), max_tokens=8)
    assert await answer(engine, Request(asked("Hi", system="Be kind."), None, greedy(8))) == expected
    assert vllm.bodies("/v1/chat/completions")[0]["messages"][0] == {"role": "system", "content": "Be kind."}
    await answer(engine, Request(asked("Hi"), voices.registry.version("acme", 1), greedy(2)))
    assert vllm.bodies("/v1/chat/completions")[-1]["model"] == "acme@1"
    with pytest.raises(VoiceRefused, match="no model named bolt@1"):
        await answer(engine, Request(asked("Hi"), voices.registry.version("bolt", 1), greedy(2)))
