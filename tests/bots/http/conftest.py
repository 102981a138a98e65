"""The API on a real socket, with a scripted engine behind it and a key for each role."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from brandvoice.testing import ScriptedEngine
from conversations.store import ConversationStore, open_store
from tests.bots.http.door import Api, serving

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@pytest.fixture(autouse=True, scope="session")
def no_proxy() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        for name in PROXIES:
            environment.delenv(name, raising=False)
        yield


@pytest.fixture
def store(ready_file: Path, tmp_path: Path) -> Iterator[ConversationStore]:
    with open_store(f"sqlite:///{shutil.copy(ready_file, tmp_path / 'conversations.db')}") as opened:
        yield opened


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine("Your parcel is on its way.")


MakeApi = Callable[..., Api]


@pytest.fixture
def make_api(store: ConversationStore, engine: ScriptedEngine, tmp_path: Path) -> Iterator[MakeApi]:
    """Makes an API with the options that a test wants; all of them are stopped in the end."""
    with serving(store, engine, tmp_path) as make:
        yield make


@pytest.fixture(scope="module")
def standing(ready_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The one API behind `api`."""
    folder = tmp_path_factory.mktemp("standing")
    with (
        open_store(f"sqlite:///{shutil.copy(ready_file, folder / 'conversations.db')}") as store,
        serving(store, ScriptedEngine(), folder) as make,
    ):
        yield make()


@pytest.fixture
def api(standing: Api) -> Api:
    """An API in which nothing has happened yet but that keys were made."""
    standing.begin_anew()
    return standing


@pytest.fixture(scope="module")
def shared(ready_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One API for all tests of a module that change nothing in it."""
    folder = tmp_path_factory.mktemp("api")
    with (
        open_store(f"sqlite:///{shutil.copy(ready_file, folder / 'conversations.db')}") as store,
        serving(store, ScriptedEngine("Your parcel is on its way."), folder) as make,
    ):
        yield make(per_minute=10_000)
