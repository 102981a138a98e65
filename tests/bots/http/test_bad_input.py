"""What clients must not send, and what they are told."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from tests.bots.http.door import ASKED, Api


@pytest.fixture(autouse=True)
def nothing_reaches_the_engine(shared: Api) -> Any:
    yield
    assert shared.engine.requests == []


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"temperature": -0.1}, "temperature"),
        ({"temperature": 2.1}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"top_p": 1.5}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"seed": 2**70}, "seed"),
        ({"n": 2}, "n"),
        ({"presence_penalty": 0.5}, "presence_penalty"),
        ({"logit_bias": {"5": 1}}, "logit_bias"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"top_logprobs": 3}, "top_logprobs"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"stop": ""}, "stop"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "robot", "content": "hi"}]}, "messages.0.role"),
        ({"messages": [{"role": "tool", "content": "hi"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": None}]}, "messages.0.content"),
        ({"messages": [*ASKED, {"role": "assistant", "content": "hi"}]}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"model": 5}, "model"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages.0.content.0.type"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_its_name(shared: Api, asked: dict[str, Any], param: str) -> None:
    answer = shared.chat(**asked)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["param"] == param


@pytest.mark.parametrize(
    "body",
    [
        b'{"model": "harbor"',
        b"\xff\xfe",
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"[" * 100_000,
        b'{"model": "harbor", "messages": [{"role": "user", "content": "x"}], "temperature": NaN}',
        b'{"model": "harbor", "messages": [{"role": "user", "content": "x"}], "top_p": Infinity}',
    ],
)
def test_a_broken_body_is_refused(shared: Api, body: bytes) -> None:
    answer = shared.call("POST", "/v1/chat/completions", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["message"]


def test_what_is_wrong_with_a_body_is_said_in_words_of_its_sender(shared: Api) -> None:
    def told(body: bytes, **headers: str) -> dict[str, Any]:
        answer = shared.call("POST", "/v1/chat/completions", content=body, headers=headers)
        fault: dict[str, Any] = answer.json()["error"]
        return fault

    json_body = {"content-type": "application/json"}
    assert told(b'{"model" 5}', **json_body)["param"] is None
    assert "not valid JSON" in told(b'{"model" 5}', **json_body)["message"]
    for fault in (told(b"[]", **json_body), told(b'{"model": "harbor"}', **{"content-type": "text/plain"})):
        assert fault["message"] == "The body must be a JSON object, sent with Content-Type: application/json."


def test_a_path_that_is_not_there_and_a_method_that_is_not_taken_are_named(shared: Api) -> None:
    missing, wrong = shared.call("GET", "/v1/embeddings"), shared.call("GET", "/v1/chat/completions")
    assert missing.status_code == 404
    assert "GET /v1/embeddings" in missing.json()["error"]["message"]
    assert wrong.status_code == 405
    assert wrong.json()["error"]["message"] == "/v1/chat/completions does not take GET, but POST."


@pytest.mark.parametrize("model", ["gpt-4o", "harbor@9", "harbor@", "../harbor", "harbor@0x", "x" * 128, "h\x00"])
def test_an_unknown_voice_is_not_found(shared: Api, model: str) -> None:
    answer = shared.chat(model=model)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "model_not_found"
    with pytest.raises(openai.NotFoundError):
        shared.openai().chat.completions.create(model=model, messages=ASKED)


def exchange(api: Api, head: str, body: bytes = b"") -> bytes:
    connection = api.raw(
        f"{head}\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {api.keys['operator']}\r\n".encode() + body
    )
    heard = b""
    while b"}}" not in heard:
        heard += connection.recv(65_536)
    connection.close()
    return heard


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/files", "/v1/feedback"])
def test_a_body_of_100_mb_is_refused_before_any_of_it_was_sent(shared: Api, path: str) -> None:
    heard = exchange(shared, f"POST {path} HTTP/1.1", b"Content-Length: 100000000\r\nContent-Type: text/plain\r\n\r\n")
    assert heard.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"body_too_large"' in heard


def test_whoever_sends_100_mb_all_the_same_still_reads_why_it_is_refused(shared: Api) -> None:
    answer = shared.chat(padding="x" * 30_000_000)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")


def test_a_body_without_a_length_is_refused_where_it_grows_too_long(shared: Api) -> None:
    blocks = iter([b"x" * 65_536] * 40)
    answer = shared.call("POST", "/v1/chat/completions", content=blocks, headers={"content-type": "application/json"})
    assert answer.status_code == 413


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_what_is_not_sent_as_json_is_refused(shared: Api, kind: str) -> None:
    body = b'{"model": "harbor", "messages": [{"role": "user", "content": "x"}]}'
    answer = shared.call("POST", "/v1/chat/completions", content=body, headers={"content-type": kind})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v1/nothing", 404), ("GET", "/", 404), ("PUT", "/v1/models", 405)]
)
def test_a_wrong_address_is_refused_in_the_same_shape(shared: Api, method: str, path: str, status: int) -> None:
    answer = shared.call(method, path)
    assert answer.status_code == status
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_request_id_that_fits_is_given_back_and_another_is_replaced(shared: Api) -> None:
    assert shared.call("GET", "/healthz", headers={"x-request-id": "mine-1"}).headers["x-request-id"] == "mine-1"
    assert shared.call("GET", "/healthz", headers={"x-request-id": "a b<c>"}).headers["x-request-id"].startswith("req_")
