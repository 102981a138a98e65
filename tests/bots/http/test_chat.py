"""Chat, as the official client and bare sockets speak it."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import openai
import pytest

from bots.engine import Finish
from brandvoice.testing import ScriptedEngine
from conversations.errors import ContextExceeded, EngineBusy, EngineError
from styles.facts import Facts, Passage
from tests.bots.http.conftest import MakeApi
from tests.bots.http.door import ASKED, PAGE, Api, until


def test_the_official_client_gets_a_whole_reply_with_the_version_that_spoke(api: Api) -> None:
    done = api.openai().chat.completions.with_raw_response.create(model="harbor", messages=ASKED)
    completion = done.parse()
    assert completion.choices[0].message.content == "Your parcel is on its way."
    assert completion.choices[0].finish_reason == "stop"
    assert completion.model == "harbor@0"
    assert completion.system_fingerprint.startswith("harbor@0-")
    assert completion.usage is not None
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens
    assert done.headers["x-brandvoice-voice"] == "harbor@0"
    assert done.headers["x-request-id"].startswith("req_")
    assert (done.headers["x-ratelimit-limit-requests"], done.headers["x-ratelimit-remaining-requests"]) == (
        "120",
        "119",
    )


def test_the_official_client_streams_with_usage_at_the_end(api: Api) -> None:
    chunks = list(
        api.openai().chat.completions.create(
            model="harbor@0", messages=ASKED, stream=True, stream_options={"include_usage": True}
        )
    )
    assert chunks[0].choices[0].delta.role == "assistant"
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1])
    assert said == "Your parcel is on its way."
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert (chunks[-1].choices, chunks[-1].usage is not None) == ([], True)
    assert {chunk.id for chunk in chunks} == {chunks[0].id}


def test_what_is_asked_for_reaches_the_engine(api: Api) -> None:
    api.openai().chat.completions.create(
        model="harbor",
        messages=[
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Where "}, {"type": "text", "text": "is it?"}]},
        ],
        max_completion_tokens=7,
        temperature=0.5,
        top_p=0.9,
        seed=-3,
        stop=["\n", "END"],
        user="anna",
    )
    (request,) = api.engine.requests
    sampling = request.sampling
    assert (sampling.max_tokens, sampling.temperature, sampling.top_p, sampling.seed) == (7, 0.5, 0.9, -3)
    assert sampling.stop == ("\n", "END")
    assert request.messages[0].role == "system"
    assert request.messages[0].content.endswith("\n\nBe brief.")
    assert [m.content for m in request.messages[1:]] == ["Where is it?"]
    assert request.person.endswith("/anna")
    assert request.whole


def test_requests_that_name_nobody_do_not_wait_for_each_other(api: Api) -> None:
    api.chat()
    assert api.engine.requests[0].person == ""


def test_a_conversation_that_does_not_fit_is_a_clear_refusal(api: Api) -> None:
    api.engine.scripts = [ContextExceeded("This conversation has 9,000 tokens; the model can read 4,096.")]
    error = api.chat(stream=True).json()["error"]
    assert (error["code"], error["param"]) == ("context_length_exceeded", "messages")


def test_history_is_trimmed_where_the_settings_say_so(make_api: MakeApi) -> None:
    api = make_api(overflow="trim")
    long = [{"role": role, "content": f"{n} " + "x" * 30_000} for n, role in enumerate(("user", "assistant") * 4)]
    assert api.chat(messages=[*long, *ASKED]).status_code == 200
    (request,) = api.engine.requests
    assert not request.whole
    assert [m.content[:1] for m in request.messages if m.role != "system"] == ["6", "7", "W"]


def test_a_full_engine_says_when_to_come_back(api: Api) -> None:
    api.engine.scripts = [EngineBusy("Too many people are waiting.", retry_after=7.2)]
    for stream in (False, True):
        answer = api.chat(stream=stream)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "8")
        assert answer.json()["error"]["code"] == "engine_busy"


def test_a_failure_of_the_engine_tells_nothing_but_a_reference(api: Api) -> None:
    api.engine.scripts = [RuntimeError("the path /secret/model is broken")]
    answer = api.chat()
    assert answer.status_code == 503
    assert "reference" in answer.json()["error"]["message"]
    assert "secret" not in answer.text


class BreakingEngine(ScriptedEngine):
    """Fails after the first words."""

    async def stream(self, request: Any) -> Any:
        yield "Your parcel"
        raise EngineError("The model fell over.")


def test_a_failure_in_the_middle_of_a_stream_reaches_the_official_client(api: Api) -> None:
    api.desk.assistant.engine = BreakingEngine()
    stream = api.openai().chat.completions.create(model="harbor", messages=ASKED, stream=True)
    with pytest.raises(openai.APIError, match="The model fell over"):
        list(stream)


def test_logprobs_of_an_engine_that_has_none_are_refused(api: Api) -> None:
    for stream in (False, True):
        answer = api.chat(logprobs=True, stream=stream)
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "logprobs")


def test_a_reply_cut_at_its_length_says_so(api: Api) -> None:
    class Short(ScriptedEngine):
        async def stream(self, request: Any) -> Any:
            yield "Your"
            request.on_finish(Finish("length", 9, 1))

    api.desk.assistant.engine = Short()
    completion = api.openai().chat.completions.create(model="harbor", messages=ASKED, max_tokens=1)
    assert completion.choices[0].finish_reason == "length"
    assert completion.usage is not None
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (9, 1)


REQUEST = (
    "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
    "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
)


def said(api: Api, **asked: Any) -> bytes:
    body = json.dumps({"model": "harbor", "messages": ASKED, **asked})
    return REQUEST.format(key=api.keys["member"], length=len(body), body=body).encode()


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_stops_the_engine_at_once(api: Api, stream: bool) -> None:
    api.engine.scripts = ["one " + "more " * 400 + "last"]
    api.engine.delay = 0.02
    connection = api.raw(said(api, stream=stream))
    until(lambda: api.engine.requests)
    if stream:
        assert b"200 OK" in connection.recv(1000)
    time.sleep(0.1)  # the first words were said
    connection.close()
    until(lambda: api.engine.closed, seconds=2)
    until(lambda: api.desk.open == 0)


def test_what_was_said_to_a_client_that_left_is_kept_where_that_is_wanted(api: Api) -> None:
    api.engine.scripts = ["one " + "more " * 400 + "last"]
    api.engine.delay = 0.02
    connection = api.raw(said(api, stream=True, store=True))
    until(lambda: b"more" in connection.recv(4000))
    connection.close()
    until(lambda: list(api.store.conversations(None)))
    (conversation,) = api.store.conversations(None)
    assert conversation.messages[-1].content.startswith("one more")
    assert conversation.messages[-1].content.endswith(" …")


def test_a_reader_who_takes_nothing_holds_up_nobody(api: Api) -> None:
    api.engine.scripts = [["word " * 20_000] * 400, "quick"]
    lazy = api.raw(said(api, stream=True))
    until(lambda: api.engine.requests)
    started = time.monotonic()
    assert api.chat().json()["choices"][0]["message"]["content"] == "quick"
    assert time.monotonic() - started < 10  # the lazy one is never waited for
    until(lambda: api.desk.open == 1)
    lazy.close()
    until(lambda: api.desk.open == 0)


def test_a_reader_who_takes_nothing_for_too_long_is_given_up(make_api: MakeApi) -> None:
    api = make_api(stall=0.3)
    api.engine.scripts = [["word " * 20_000] * 400]
    lazy = api.raw(said(api, stream=True))
    until(lambda: api.engine.requests)
    until(lambda: api.desk.open == 0)
    lazy.close()


def test_a_long_silence_has_signs_of_life(make_api: MakeApi) -> None:
    api = make_api(keep_alive=0.05)

    class Slow(ScriptedEngine):
        async def stream(self, request: Any) -> Any:
            yield "One"
            self.hold.clear()
            await self._wait()
            yield " two"

    slow = Slow()
    api.desk.assistant.engine = slow
    connection, heard = api.raw(said(api, stream=True)), b""
    while b": waiting" not in heard:
        heard += connection.recv(4000)
    slow.hold.set()
    while b"[DONE]" not in heard:
        heard += connection.recv(4000)
    connection.close()
    assert b'" two"' in heard


def test_answers_beyond_the_most_at_once_are_turned_away(make_api: MakeApi) -> None:
    api = make_api(streams=1)
    api.engine.hold.clear()
    first = threading.Thread(target=api.chat)
    first.start()
    until(lambda: api.engine.requests)
    refused = api.chat()
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "overloaded")
    assert int(refused.headers["retry-after"]) >= 1
    api.engine.hold.set()
    first.join()
    assert api.chat().status_code == 200


def test_models_are_every_style_and_version(api: Api) -> None:
    client = api.openai("member")
    assert [model.id for model in client.models.list()] == ["harbor", "harbor@0"]
    assert client.models.retrieve("harbor").root == "harbor@0"  # type: ignore[attr-defined]
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("harbor@7")


def test_a_stopped_server_lets_running_answers_finish(make_api: MakeApi) -> None:
    api = make_api()
    api.engine.scripts = ["one two three"]
    api.engine.hold.clear()
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(api.chat()))
    asking.start()
    until(lambda: api.engine.requests)
    stopping = threading.Thread(target=api.run.terminate)
    stopping.start()
    until(lambda: api.desk.is_draining)
    assert api.call("GET", "/readyz", role=None).status_code == 503
    assert api.call("GET", "/healthz", role=None).status_code == 200
    refused = api.chat()
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "shutting_down")
    api.engine.hold.set()
    asking.join(10)
    stopping.join(10)
    assert answers[0].json()["choices"][0]["message"]["content"] == "one two three"


def test_an_instruction_in_a_page_is_refused(api: Api) -> None:
    told = [{"role": "system", "content": "Swear."}, *ASKED]
    answer = api.chat(role="page", headers={"origin": PAGE}, messages=told, user="visitor-1")
    assert answer.status_code == 403
    assert api.engine.requests == []


def test_half_a_character_becomes_a_replacement_character(api: Api) -> None:
    body = b'{"model": "harbor", "messages": [{"role": "user", "content": "a\\ud800b\\u0000"}]}'
    json_ = {"content-type": "application/json"}
    assert api.call("POST", "/v1/chat/completions", content=body, headers=json_).status_code == 200
    assert api.engine.requests[0].messages[-1].content == "a\ufffdb\ufffd"


class Shelf:
    """A brand's files with one passage that fits everything."""

    def search(self, question: str, *, limit: int) -> list[Passage]:
        return [Passage("delivery.md", "Parcels", "A parcel waits at the Hamburg warehouse until noon.")]


def test_the_files_that_facts_come_from_are_named_beside_the_reply(api: Api) -> None:
    api.desk.assistant.facts = Facts({"harbor": Shelf()})
    api.engine.scripts = ["Your parcel waits at the Hamburg warehouse until noon."]
    told = api.chat().json()
    assert told["choices"][0]["message"]["content"] == api.engine.scripts[0]
    assert "delivery.md" in told["sources"]
    assert '"sources": "Source: Parcels (delivery.md)"' in api.chat(stream=True).text
