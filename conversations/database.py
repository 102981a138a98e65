"""One database, SQLite or PostgreSQL: opened, brought up to date, and read and written in transactions."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy
from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from sqlalchemy.pool import QueuePool

from conversations import pending_tables as _pending_tables  # noqa: F401 - as above
from conversations import round_tables as _round_tables  # noqa: F401 - its tables are of the same schema
from conversations import trial_tables as _trial_tables  # noqa: F401 - as above
from conversations.errors import StoreError
from conversations.tables import SCHEMA, SCHEMA_TABLE

BUSY_SECONDS = 30
WIPE_SECONDS = 3
CONNECT_SECONDS = 10
MIGRATION_LOCK = 7_265_001
WHOLE_CONVERSATIONS_LOCK = 7_265_002

# How a transaction begins in SQLite. A writer takes its lock at once: one that starts as a reader may be refused
# without any waiting. A migration may rebuild a table, and must not empty the tables that point to it.
READ = ("BEGIN",)
WRITE = ("PRAGMA foreign_keys=ON", "BEGIN IMMEDIATE")
MIGRATE = ("PRAGMA journal_mode=WAL", "PRAGMA foreign_keys=OFF", "BEGIN IMMEDIATE")

ADVICE = (
    ("not a database", "is not a database. Name another file as database_url, or put a backup in its place"),
    ("malformed", "is damaged. Put a backup in its place"),
    ("readonly", "cannot be written. Make the file, its folder and its disk writable, or name another file"),
    ("read-only", "cannot be written. Make the database writable, or name another one as database_url"),
    ("unable to open", "cannot be opened. Make its folder writable, or name another file as database_url"),
    ("permission denied", "may not be changed by this user. Give the user the right to create tables in it"),
    ("is full", "cannot be written because its disk is full. Make room"),
    ("locked", f"was kept locked by another program for over {BUSY_SECONDS} s. Close that program, then try again"),
)


class Database:
    """A pool of connections that threads share; every `reading()` and `writing()` is one transaction."""

    def __init__(self, url: str) -> None:
        """Open and migrate what the URL names. Raises StoreError with what is wrong and what to do."""
        self.url = _url(url)
        # SQLite lets writers that meet sleep and try again; our own threads queue up instead.
        self._turn: AbstractContextManager[object] = threading.Lock() if _is_sqlite(self.url) else nullcontext()
        with _plain_errors(self.url):
            self._engine = _engine(self.url)
            self._reader = self._engine.execution_options(begin=READ)
        with _anything_plain(self.url), ExitStack() as undo:
            undo.callback(self.close)
            self._bring_up_to_date()
            undo.pop_all()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with _plain_errors(self.url), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with self._turn, _plain_errors(self.url), self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    def wipe(self) -> bool:
        """Move deleted text out of SQLite's log as well; False while another program still reads what was there.

        PostgreSQL does it by itself with the next VACUUM.
        """
        if not _is_sqlite(self.url):
            return True
        with _plain_errors(self.url), _outside_transaction(self._engine) as raw:
            raw.execute(f"PRAGMA busy_timeout={WIPE_SECONDS * 1000}")
            busy = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            raw.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
            return not busy

    def _bring_up_to_date(self) -> None:
        with self._reader.begin() as connection:
            ready = _schema(connection) == SCHEMA and _journal_is_kept(connection)
        if not ready:
            migrating = self._engine.execution_options(begin=MIGRATE)
            with _only_one(self.url), migrating.begin() as connection:
                _migrate(connection, url=self.url)


def inserting_missing(connection: Connection, table: Table) -> Any:
    """An insert that leaves out rows whose key is there. Safe against others who try the same."""
    build: Any = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return build(table).on_conflict_do_nothing()


def insert_missing(connection: Connection, table: Table, **row: Any) -> bool:
    """Insert the row unless its key is there; whether it was inserted."""
    # Without the option, SQLAlchemy does not ask PostgreSQL how many rows an insert made.
    counted = {"preserve_rowcount": True}
    statement = inserting_missing(connection, table).values(**row)
    return connection.execute(statement, execution_options=counted).rowcount == 1


def upsert(connection: Connection, table: Table, *, row: dict[str, Any], keep: tuple[str, ...] = ()) -> None:
    """Insert the row, or overwrite the one with its key; columns in `keep` never change to None."""
    build: Any = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = build(table).values(**row)
    key = [column.name for column in table.primary_key]
    new = {name: statement.excluded[name] for name in row if name not in key}
    merged = {name: sqlalchemy.func.coalesce(new[name], table.c[name]) if name in keep else new[name] for name in new}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=merged))


def lock_whole_conversations(connection: Connection) -> None:
    """Until this transaction ends, nobody else imports or erases; SQLite has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sqlalchemy.select(sqlalchemy.func.pg_advisory_xact_lock(WHOLE_CONVERSATIONS_LOCK)))


def _url(url: str) -> URL:
    try:
        parsed = sqlalchemy.make_url(url)
    except ArgumentError:
        raise StoreError(_unknown_url(url.split("@")[-1])) from None
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise StoreError(_unknown_url(parsed.render_as_string()))
    return parsed


def _unknown_url(shown: str) -> str:
    return (
        f"database_url = {shown!r} names no database that brandvoice can use. "
        "Write sqlite:///path/to/file.db or postgresql+psycopg://user@host/database."
    )


def _engine(url: URL) -> Engine:
    try:
        if _is_sqlite(url):
            return _sqlite_engine(url)
        return sqlalchemy.create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": CONNECT_SECONDS})
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StoreError(
            f"{_shown(url)} needs a driver that is not installed ({error}). Run: pip install 'brandvoice[postgres]'"
        ) from error


def _sqlite_engine(url: URL) -> Engine:
    path = _path(url)
    if path:
        _make_folder(path)
    # A database in memory lives in its only connection, so threads take turns with it.
    pool = {} if path else {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
    connect = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    engine = sqlalchemy.create_engine(url, connect_args=connect, **pool)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder {path.parent} for the database cannot be made ({error.strerror}). "
            "Make it by hand, or name another file as database_url."
        ) from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # Python's own BEGIN comes too late and locks too little.
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA secure_delete=ON")  # An erased person's words are overwritten, not only unlinked.


def _begin_sqlite(connection: Connection) -> None:
    for statement in connection.get_execution_options().get("begin", WRITE):
        connection.exec_driver_sql(statement).close()


def _is_sqlite(url: URL) -> bool:
    return url.drivername.startswith("sqlite")


def _path(url: URL) -> Path | None:
    name = (url.database or "").removeprefix("file:")
    return None if name in ("", ":memory:") or url.query.get("mode") == "memory" else Path(name)


def _shown(url: URL) -> str:
    return f"The database {(_is_sqlite(url) and _path(url)) or url.render_as_string()}"


def _schema(connection: Connection) -> str | None:
    if not sqlalchemy.inspect(connection).has_table(SCHEMA_TABLE):
        return None
    found: str | None = connection.scalar(sqlalchemy.text(f"SELECT version_num FROM {SCHEMA_TABLE}"))  # noqa: S608 - a constant
    return found


def _journal_is_kept(connection: Connection) -> bool:
    if connection.dialect.name != "sqlite":
        return True
    return connection.exec_driver_sql("PRAGMA journal_mode").scalar() in ("wal", "memory")


@contextmanager
def _outside_transaction(engine: Engine) -> Iterator[sqlite3.Connection]:
    connection = engine.raw_connection()
    try:
        assert isinstance(connection.driver_connection, sqlite3.Connection)
        yield connection.driver_connection
    finally:
        connection.close()


@contextmanager
def _only_one(url: URL) -> Iterator[None]:
    """Let one process at a time make a SQLite file ready; in PostgreSQL the migration takes a lock of the server."""
    path = _path(url) if _is_sqlite(url) else None
    if path is None:
        yield
        return
    try:
        with FileLock(f"{path}.lock", timeout=2 * BUSY_SECONDS):
            yield
    except Timeout:
        raise StoreError(f"{_shown(url)} is being migrated by another program. Wait for it, then try again.") from None
    except OSError as error:
        raise StoreError(
            f"{_shown(url)} cannot be made ready: {error.strerror} ({path}.lock). Make its folder writable."
        ) from error


def _migrate(connection: Connection, *, url: URL) -> None:
    # Alembic costs 0.2 s to import, and most starts have nothing to migrate.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    if connection.dialect.name == "postgresql":
        connection.execute(sqlalchemy.select(sqlalchemy.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    found = _schema(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(
            f"{_shown(url)} has schema {found}, which is newer than this brandvoice knows ({SCHEMA}). "
            "Update brandvoice, or name another database as database_url."
        )
    command.upgrade(config, "head")


@contextmanager
def _plain_errors(url: URL) -> Iterator[None]:
    """Say in a sentence what fails outside this program; a fault of its own SQL stays what it is."""
    try:
        yield
    except (IntegrityError, ProgrammingError):
        raise
    except (DBAPIError, NoConnectionLeft) as error:
        raise StoreError(_sentence(url, error)) from error


@contextmanager
def _anything_plain(url: URL) -> Iterator[None]:
    """As `_plain_errors`, for opening, where a refused right comes as a programming error."""
    try:
        yield
    except (DBAPIError, NoConnectionLeft) as error:
        raise StoreError(_sentence(url, error)) from error


def _sentence(url: URL, error: DBAPIError | NoConnectionLeft) -> str:
    said = str(error.orig if isinstance(error, DBAPIError) else error)
    cause = " ".join(said.partition("\nLINE ")[0].split()).rstrip(".")
    for sign, advice in ADVICE:
        if sign in cause:
            return f"{_shown(url)} {advice} ({cause})."
    if _is_sqlite(url):
        return f"{_shown(url)} failed: {cause}."
    return f"{_shown(url)} cannot be reached: {cause}. Start the server, or correct database_url."
