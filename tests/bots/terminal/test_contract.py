"""The terminal does what every platform has to do."""

from __future__ import annotations

import asyncio
import queue
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bots.terminal.terminal import Terminal
from brandvoice.testing import ScriptedEngine
from conversations.store import ConversationStore, open_store
from tests.bots.platform_contract import *  # noqa: F403 (the tests of the contract)
from tests.bots.workplace import assistant_on, contributions_to, running


class TerminalStage:
    lacks = frozenset({"redelivery", "stop"})

    def __init__(self, engine: ScriptedEngine, store: ConversationStore) -> None:
        self.engine, self.store = engine, store
        self.terminal = Terminal("harbor", lines=self._lines, write=self._write)
        self._typed: queue.Queue[str] = queue.Queue()
        self._is_waiting = threading.Event()
        self._screen: list[str] = []

    def ask(self, text: str, *, after: None = None) -> None:
        self._type(text)

    def shown(self, question: None) -> str:
        return "".join(self._screen)

    def vote(self, question: None, thumb: str) -> None:
        self._type("/good" if thumb == "up" else "/bad wrong facts")

    def better(self, question: None, text: str) -> None:
        self._type(f"/better {text}")

    def wait_for_words(self, question: None) -> None:
        raise NotImplementedError

    deliver_again = stop = wait_for_words

    def _type(self, line: str) -> None:
        """Type a line and wait for the next prompt."""
        assert self._is_waiting.wait(10)
        self._is_waiting.clear()
        self._typed.put(line)
        assert self._is_waiting.wait(10)

    def _write(self, text: str) -> None:
        self._screen.append(text)

    async def _lines(self, prompt: str) -> AsyncIterator[str]:
        while True:
            self._is_waiting.set()
            while self._typed.empty():  # noqa: ASYNC110 (lines come from another thread)
                await asyncio.sleep(0.005)
            yield self._typed.get()


@pytest.fixture
def stage(ready_file: Path, tmp_path: Path) -> Iterator[TerminalStage]:
    engine = ScriptedEngine()
    with open_store(f"sqlite:///{shutil.copy(ready_file, tmp_path / 'conversations.db')}") as store:
        stage = TerminalStage(engine, store)
        with running(stage.terminal, assistant_on(store, engine, tmp_path), contributions_to(store)):
            yield stage
