"""An emulated Discord with our bot in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from brandvoice.testing import ScriptedEngine
from conversations.store import ConversationStore, open_store
from tests.bots.discord.desk import Bot, serving
from tests.emulators.discord import DiscordEmulator


@pytest.fixture
def disc() -> Iterator[DiscordEmulator]:
    """Discord; nothing may have gone wrong in it afterwards."""
    with DiscordEmulator() as emulator, emulator.patch():
        yield emulator
        assert emulator.user_errors == []
        assert emulator.pings == []
        assert emulator.rate_hits == []
        assert emulator.emulator_errors == []


@pytest.fixture
def store(ready_file: Path, tmp_path: Path) -> Iterator[ConversationStore]:
    with open_store(f"sqlite:///{shutil.copy(ready_file, tmp_path / 'conversations.db')}") as opened:
        yield opened


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine("Your parcel is on its way.")


@pytest.fixture
def bot(disc: DiscordEmulator, store: ConversationStore, engine: ScriptedEngine, tmp_path: Path) -> Iterator[Bot]:
    """The bot, connected."""
    with serving(disc, store, engine, folder=tmp_path) as bot:
        yield bot


@pytest.fixture
def bot_with(
    disc: DiscordEmulator, store: ConversationStore, engine: ScriptedEngine, tmp_path: Path
) -> Iterator[Callable[..., Bot]]:
    """The bot with other options."""
    with ExitStack() as stack:

        def make(**changes: Any) -> Bot:
            return stack.enter_context(serving(disc, store, engine, folder=tmp_path, **changes))

        yield make
