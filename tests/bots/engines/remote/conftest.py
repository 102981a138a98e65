"""A stand-in for vLLM on loopback and an engine that speaks through it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from bots.engines.remote import Patience, RemoteEngine, RemoteOptions, Server
from styles.base_model import BaseModel
from tests.emulators.vllm import Speaker, VllmEmulator

MakeRemote = Callable[..., RemoteEngine]
QUICK = Patience(pause=0.01, connect=1.0, silence=5.0)


@pytest.fixture(scope="session")
def speaker(base: BaseModel) -> Speaker:
    return Speaker(base.path)


@pytest.fixture
async def vllm(speaker: Speaker) -> AsyncIterator[VllmEmulator]:
    async with VllmEmulator(speaker).listening() as emulator:
        yield emulator


@pytest.fixture
async def make_remote(base: BaseModel, vllm: VllmEmulator) -> AsyncIterator[MakeRemote]:
    async with AsyncExitStack() as opened:

        def make(
            *, address: str = "", key: str | None = None, patience: Patience = QUICK, **options: Any
        ) -> RemoteEngine:
            server = Server(address or vllm.address, key=key, patience=patience)
            engine = RemoteEngine(server, lambda: base, options=RemoteOptions(**options))
            opened.push_async_callback(engine.close)
            return engine

        yield make


@pytest.fixture
def remote(make_remote: MakeRemote) -> RemoteEngine:
    return make_remote()
