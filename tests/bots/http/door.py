"""An API for tests, and the clients that knock at its door."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import openai

from bots.http import Http, Options
from bots.http.desk import Desk
from bots.http.rates import RequestRates
from brandvoice.testing import ScriptedEngine
from conversations.api_keys import ApiKeyStore
from conversations.store import ConversationStore
from conversations.tables import metadata
from styles.facts import Facts
from tests.bots.workplace import Running, assistant_on, contributions_to, running

ASKED = [{"role": "user", "content": "Where is my parcel?"}]
PAGE = "https://shop.example"


@dataclass
class Api:
    http: Http
    run: Running
    store: ConversationStore
    engine: ScriptedEngine
    stack: ExitStack
    folder: Path
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.http.address

    @property
    def desk(self) -> Desk:
        assert self.http.desk is not None, "it runs"
        return self.http.desk

    def begin_anew(self) -> None:
        """Forget everything but the keys."""
        until(lambda: self.desk.open == 0)
        self.engine.__init__("Your parcel is on its way.")  # type: ignore[misc]
        self.desk.assistant.engine, self.desk.assistant.facts = self.engine, Facts()
        self.desk.rates, self.desk.jobs = RequestRates(), None
        shutil.rmtree(self.folder / "uploads", ignore_errors=True)
        with self.store.database.writing() as connection:
            for table in reversed(metadata.sorted_tables):
                if table.name not in ("keys", "api_keys"):
                    connection.execute(table.delete())

    @property
    def port(self) -> int:
        return int(self.address.rsplit(":", 1)[1])

    def openai(self, role: str = "operator") -> openai.OpenAI:
        client = openai.OpenAI(base_url=f"{self.address}/v1", api_key=self.keys[role], max_retries=0, timeout=20)
        self.stack.callback(client.close)
        return client

    def call(
        self, method: str, path: str, *, role: str | None = "operator", headers: Mapping[str, str] = {}, **more: Any
    ) -> httpx2.Response:
        key = {"authorization": f"Bearer {self.keys[role]}"} if role else {}
        with httpx2.Client(base_url=self.address, timeout=20) as client:
            return client.request(method, path, headers={**key, **headers}, **more)

    def chat(self, role: str = "operator", headers: Mapping[str, str] = {}, **said: Any) -> httpx2.Response:
        body = {"model": "harbor", "messages": ASKED, **said}
        return self.call("POST", "/v1/chat/completions", role=role, headers=headers, json=body)

    def raw(self, request: bytes) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        connection.sendall(request)
        return connection


@contextmanager
def serving(store: ConversationStore, engine: ScriptedEngine, folder: Path) -> Iterator[Callable[..., Api]]:
    with ExitStack() as stack:

        def make(*, with_keys: bool = True, jobs: Any = None, **options: Any) -> Api:
            keys = make_keys(store) if with_keys else {}
            http = Http(Options(**{"port": 0, **options}), uploads=folder / "uploads", jobs=jobs)
            changes = {"limits": options.pop("limits")} if "limits" in options else {}
            assistant = assistant_on(store, engine, folder, **changes)
            run = stack.enter_context(running(http, assistant, contributions_to(store)))
            until(lambda: http.address)
            return Api(http, run, store, engine, stack, folder, keys)

        yield make


def make_keys(store: ConversationStore) -> dict[str, str]:
    keys = ApiKeyStore(store.database)
    made = {role: keys.add(role, role)[1] for role in ("member", "curator", "operator")}  # type: ignore[arg-type]
    return made | {"page": keys.add("page", "member", publishable=True, origins=[PAGE])[1]}


def until(true: Callable[[], object], *, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.005)
