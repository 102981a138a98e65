"""A workplace for tests of platforms: an assistant on a scripted engine, and a bot that runs in its own thread."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bots.assignment import Assignment
from bots.assistant import Assistant
from bots.contributions import Contributions
from bots.platform import Platform
from brandvoice.testing import ScriptedEngine
from conversations.importers import BUILTIN_IMPORTERS
from conversations.store import ConversationStore
from styles.style import Style
from styles.voices import VoiceRegistry
from tests.emulators.slack.loop import LoopThread

HARBOR = Style(
    name="harbor",
    title="Harbor",
    about="A calm shop for boats and everything around them.",
    example_prompts=("Where is my order?", "Can I return this?", "Do you ship abroad?", "What is new?", "Too many"),
)


def assistant_on(store: ConversationStore, engine: ScriptedEngine, folder: Path, **changes: Any) -> Assistant:
    """An assistant for the style `harbor`, everywhere."""
    settings: dict[str, Any] = {
        "store": store,
        "voices": VoiceRegistry(folder / "voices"),
        "styles": {"harbor": HARBOR},
        "engine": engine,
        "assignments": [Assignment("*:*", "harbor")],
    }
    return Assistant(**(settings | changes))


def contributions_to(store: ConversationStore) -> Contributions:
    return Contributions(store, importers=BUILTIN_IMPORTERS)


class Running:
    """A platform at work in a thread of its own."""

    def __init__(self, platform: Platform, assistant: Assistant, contributions: Contributions) -> None:
        self.loop = LoopThread(platform.name)
        self.loop.start()
        self.is_over = False

        async def begin() -> asyncio.Task[None]:
            return asyncio.create_task(platform.run(assistant, contributions))

        self._assistant = assistant
        self._task = self.loop.submit(begin()).result(10)

    def terminate(self) -> None:
        """Stop it as `serve` does."""
        if not self.is_over:
            self.is_over = True
            self.loop.submit(_end(self._task)).result(30)
            self.loop.submit(self._assistant.close()).result(30)
            self.loop.stop()

    def crash(self) -> None:
        """End everything at once: nothing gets its last words."""
        self.is_over = True
        self.loop.stop()
        self._assistant.questions.presence.lose()  # as the system does when a process dies


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@contextlib.contextmanager
def running(platform: Platform, assistant: Assistant, contributions: Contributions) -> Iterator[Running]:
    """A platform at work, stopped in the end as `serve` stops it."""
    run = Running(platform, assistant, contributions)
    try:
        yield run
    finally:
        run.terminate()


@contextlib.contextmanager
def busy(database: Path) -> Iterator[None]:
    """Somebody else writes into the database meanwhile: what comes in can be received, and not be kept."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
