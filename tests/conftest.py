"""What tests of several rooms need: a PostgreSQL server, and a store over every kind of database."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis
import pytest

from conversations.store import ConversationStore, open_store
from conversations.tables import metadata
from tests import postgres as machine

# A check of a change tries the same inputs each time; BRANDVOICE_FUZZ=1 goes looking for new ones.
hypothesis.settings.register_profile("steady", derandomize=True, database=None)
if not os.environ.get("BRANDVOICE_FUZZ"):
    hypothesis.settings.load_profile("steady")

DATABASES = ("sqlite", "postgresql")


class Clock:
    """A clock that goes on by a second each time somebody looks at it."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


@pytest.fixture(scope="session")
def postgres() -> Iterator[machine.PostgresServer]:
    """A server for the whole session, with a migrated database `ready`; skips where there is none."""
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install 'brandvoice[postgres]'")
    try:
        with machine.running() as server:
            server.make_by_language("ready")
            open_store(server.url("ready")).close()
            yield server
    except LookupError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def ready_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("ready") / "brandvoice.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture(params=DATABASES)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with nothing in it, not even tables, of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/brandvoice.db"
        return
    server: machine.PostgresServer = request.getfixturevalue("postgres")
    url = server.make_database()
    yield url
    server.drop_database(url)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated database without a row, of each kind."""
    if request.param == "sqlite":
        copy = shutil.copy(request.getfixturevalue("ready_file"), tmp_path)
        yield f"sqlite:///{copy}"
        return
    server: machine.PostgresServer = request.getfixturevalue("postgres")
    yield server.url("ready")
    server.empty("ready", tables=[table.name for table in reversed(metadata.sorted_tables) if table.name != "keys"])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(database_url: str, clock: Callable[[], datetime]) -> Iterator[ConversationStore]:
    """An empty store, over SQLite and over PostgreSQL."""
    with open_store(database_url, now=clock) as opened:
        yield opened
