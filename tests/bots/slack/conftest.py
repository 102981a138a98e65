"""A Slack workspace with our app in it, granted exactly what its manifest asks for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bots.slack import Credentials, Options
from bots.slack.manifest import manifest
from brandvoice.testing import ScriptedEngine
from conversations.store import ConversationStore, open_store
from tests.bots.slack.desk import Bot, MakeBot, serving
from tests.emulators.slack import SlackEmulator

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackEmulator]:
    """Slack, with a proxy in the environment that must not be asked; nothing may have gone wrong in it afterwards."""
    for name in PROXIES:
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with SlackEmulator(ack_timeout=2.0) as emulator:
        emulator.apply_manifest(manifest("Harbor", "Answers in our voice."))
        yield emulator
        assert emulator.user_errors == []
        assert emulator.pings == []
        assert emulator.violations == []
        assert emulator.emulator_errors == []
        assert emulator.statuses == {}


@pytest.fixture
def store(ready_file: Path, tmp_path: Path) -> Iterator[ConversationStore]:
    with open_store(f"sqlite:///{shutil.copy(ready_file, tmp_path / 'conversations.db')}") as opened:
        yield opened


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine("Your parcel is on its way.")


@pytest.fixture
def credentials(slack: SlackEmulator) -> Credentials:
    return Credentials(slack.bot_token, slack.app_token, slack.signing_secret, api_url=slack.api_url)


@pytest.fixture
def bot(
    slack: SlackEmulator, store: ConversationStore, engine: ScriptedEngine, credentials: Credentials, tmp_path: Path
) -> Iterator[Bot]:
    """The bot, connected."""
    with serving(slack, store, engine, credentials=credentials, folder=tmp_path) as bot:
        yield bot


@pytest.fixture
def bot_with(
    slack: SlackEmulator, store: ConversationStore, engine: ScriptedEngine, credentials: Credentials, tmp_path: Path
) -> Iterator[MakeBot]:
    with ExitStack() as stack:

        def make(options: Options | None = None, **assistant_settings: Any) -> Bot:
            settings = assistant_settings | {"credentials": credentials, "folder": tmp_path, "options": options}
            return stack.enter_context(serving(slack, store, engine, **settings))

        yield make
