"""The API does what every platform has to do."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.bots.http.door import Api
from tests.bots.platform_contract import *  # noqa: F403 (the tests of the contract)


class HttpStage:
    """A page that remembers the conversation, as clients of a stateless API do."""

    lacks = frozenset({"redelivery", "stop"})  # a client that leaves is tested with the chat

    def __init__(self, api: Api) -> None:
        self.engine, self.store = api.engine, api.store
        self._api = api

    def ask(self, text: str, *, after: Any = None) -> Any:
        before = [*after["said"], {"role": "assistant", "content": self.shown(after)}] if after else []
        said = [*before, {"role": "user", "content": text}]
        name = after["name"] if after else uuid.uuid4().hex
        answer = self._api.chat(messages=said, store=True, user="anna", metadata={"conversation": name}).json()
        return {"said": said, "name": name, "answer": answer}

    def shown(self, question: Any) -> str:
        answer = question["answer"]
        told = answer["error"]["message"] if "error" in answer else answer["choices"][0]["message"]["content"]
        return str(told)

    def vote(self, question: Any, thumb: str) -> None:
        self._feedback(question, thumb=thumb)

    def better(self, question: Any, text: str) -> None:
        self._feedback(question, better_answer=text, consent=True)

    def wait_for_words(self, question: Any) -> None:
        raise NotImplementedError

    deliver_again = stop = wait_for_words

    def _feedback(self, question: Any, **given: Any) -> None:
        said = {"completion_id": question["answer"]["id"], "user": "anna", **given}
        kept = self._api.call("POST", "/v1/feedback", json=said)
        assert kept.status_code == 200, kept.text


@pytest.fixture
def stage(api: Api) -> HttpStage:
    return HttpStage(api)
