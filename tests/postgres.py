"""A throw-away PostgreSQL server, started from the programs on this machine and gone after the tests."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOW_TO_INSTALL = (
    "no PostgreSQL on this machine (initdb and postgres are neither in PATH nor where pg_config says): "
    "install postgresql (apt, dnf, brew) to run this over PostgreSQL as well"
)
NOT_AS_ROOT = "PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody to run it as"
QUICK = ("fsync=off", "full_page_writes=off", "max_connections=60", "shared_buffers=16MB", "listen_addresses=")


def programs() -> Path | None:
    """The folder with initdb and postgres, or None."""
    folders = [*_said_by_pg_config(), *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    folders += [Path(folder) for folder in os.get_exec_path()]
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


def run_as() -> dict[str, Any]:
    """What to give to subprocess so that the server does not run as root; LookupError when there is no way."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise LookupError(NOT_AS_ROOT)


@dataclass
class PostgresServer:
    """Reached by a socket in its own folder, so no port is taken."""

    folder: Path
    _number: Iterator[int] = field(default_factory=itertools.count)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://brandvoice@/{database}?host={self.folder}"

    def make_database(self) -> str:
        """The URL of a new and empty database."""
        name = f"test_{next(self._number)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE template0")
        return self.url(name)

    def make_by_language(self, name: str) -> None:
        """A database that sorts as a dictionary does, as most servers do, where this PostgreSQL can (15 and later)."""
        import psycopg

        try:
            self.run(f"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'")
        except psycopg.Error:
            self.run(f"CREATE DATABASE {name} TEMPLATE template0")

    def drop_database(self, url: str) -> None:
        self.run(f"DROP DATABASE {url.split('/')[3].split('?')[0]} WITH (FORCE)")

    def empty(self, database: str, *, tables: Iterable[str]) -> None:
        """Delete every row; much quicker than a new database for each test."""
        self.run("; ".join(f"DELETE FROM {table}" for table in tables), database=database)

    def run(self, statement: str, *, database: str = "postgres") -> None:
        import psycopg

        options = {"host": str(self.folder), "user": "brandvoice", "dbname": database}
        with psycopg.connect(**options, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running() -> Iterator[PostgresServer]:
    """Start a server for as long as the block lasts. LookupError says what this machine lacks."""
    found, user = programs(), run_as()
    if found is None:
        raise LookupError(HOW_TO_INSTALL)
    folder = Path(tempfile.mkdtemp(prefix="bv-pg-"))  # not pytest's folder: a socket's path has at most 107 letters
    try:
        if user:
            os.chown(folder, user["user"], user["group"])
        _make(found, folder / "data", user=user)
        with _server(found, folder, user=user) as process:
            _wait(process, folder)
            yield PostgresServer(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _said_by_pg_config() -> list[Path]:
    if shutil.which("pg_config") is None:
        return []
    return [Path(subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True).stdout.strip())]


def _make(found: Path, data: Path, *, user: dict[str, Any]) -> None:
    options = ("-U", "brandvoice", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    subprocess.run([found / "initdb", "-D", data, *options], check=True, capture_output=True, cwd="/", **user)


@contextmanager
def _server(found: Path, folder: Path, *, user: dict[str, Any]) -> Iterator[subprocess.Popen[bytes]]:
    settings = [part for setting in (*QUICK, f"unix_socket_directories={folder}") for part in ("-c", setting)]
    command = [found / "postgres", "-D", folder / "data", *settings]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **user)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGQUIT)  # at once, for there is nothing to keep
        process.wait(timeout=30)


def _wait(process: subprocess.Popen[bytes], folder: Path, seconds: float = 60) -> None:
    import psycopg

    deadline = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(host=str(folder), user="brandvoice", dbname="postgres").close()
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()}") from error
            time.sleep(0.05)
        else:
            return
