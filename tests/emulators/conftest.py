"""A running emulated Slack, and the real client for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from slack_sdk import WebClient

from tests.emulators.slack import SlackEmulator

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackEmulator]:
    """An emulated Slack that finds no fault in itself."""
    for name in PROXIES:  # slack_sdk would send requests for 127.0.0.1 to a proxy
        monkeypatch.delenv(name, raising=False)
    with SlackEmulator() as emulator:
        yield emulator
        assert emulator.emulator_errors == []


@pytest.fixture
def client(slack: SlackEmulator) -> WebClient:
    return WebClient(slack.bot_token, base_url=slack.api_url)


@pytest.fixture
def question(slack: SlackEmulator) -> str:
    """The ts of something that ann said in C1."""
    return str(slack.user_says("C1", "U1", "hi")["ts"])
