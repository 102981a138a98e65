"""Opening, migrating and losing the database under the store."""

from __future__ import annotations

import importlib
import os
import pkgutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import conversations
from conversations.errors import StoreError
from conversations.messages import Message
from conversations.store import open_store
from conversations.tables import SCHEMA, SCHEMA_TABLE, metadata
from tests.conversations.samples import DESK, talk
from tests.postgres import PostgresServer

ROOT = Path(__file__).parents[2]
for module in pkgutil.iter_modules(conversations.__path__):
    if module.name.endswith("_tables"):
        importlib.import_module(f"conversations.{module.name}")  # each puts its tables into `metadata`

OPENER = """
import sys
from conversations.store import open_store
from conversations.messages import Message
print("ready", flush=True)
sys.stdin.readline()
with open_store(sys.argv[1]) as store:
    store.append(store.open_conversation("slack", "C1", style="harbor"), Message("user", "Hello", id=sys.argv[2]))
"""

WRITER = """
import sys
from conversations.store import open_store
from conversations.messages import Message
store = open_store(sys.argv[1])
opened = store.open_conversation("slack", "C1", style="harbor")
while True:
    print(store.append(opened, Message("user", "Hello")).id, flush=True)
"""


def start(program: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def test_an_empty_database_is_migrated_to_what_the_tables_say(empty_database: str) -> None:
    open_store(empty_database).close()
    engine = sqlalchemy.create_engine(empty_database)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": SCHEMA_TABLE, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == SCHEMA
    engine.dispose()


def test_the_schema_that_the_program_names_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "conversations" / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA


def test_a_store_opened_again_holds_what_it_held(empty_database: str) -> None:
    for _ in range(2):
        with open_store(empty_database) as store:
            store.add_conversations([talk("a")], source=DESK)
            assert store.count() == 1


def test_processes_that_open_an_empty_database_at_once_all_succeed(empty_database: str) -> None:
    processes = [start(OPENER, empty_database, str(n)) for n in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0, 0, 0]
    with open_store(empty_database) as store:
        assert len(store.history(store.open_conversation("slack", "C1", style="harbor"), 10)) == 3


def test_kill_9_loses_no_message_that_was_acknowledged(database_url: str) -> None:
    with start(WRITER, database_url) as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline().strip() for _ in range(20)]
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged += [line.strip() for line in writer.stdout if line.endswith("\n")]
    assert writer.returncode == -signal.SIGKILL
    with open_store(database_url) as store:
        kept = [m.id for m in store.history(store.open_conversation("slack", "C1", style="harbor"), 100_000)]
        assert kept[: len(acknowledged)] == acknowledged
        assert len(kept) <= len(acknowledged) + 1
        assert store.append(store.open_conversation("slack", "C1", style="harbor"), Message("user", "Still here")).id


def test_sqlite_is_kept_as_promised(tmp_path: Path) -> None:
    with (
        open_store(f"sqlite:///{tmp_path}/new/folder/brandvoice.db") as store,
        store._database.writing() as connection,
    ):
        names = ("journal_mode", "foreign_keys", "synchronous", "busy_timeout", "secure_delete")
        assert [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names] == ["wal", 1, 2, 30_000, 1]


def test_a_backup_copy_becomes_wal_again(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/a.db") as store:
        store.add_conversations([talk("a")], source=DESK)
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute(f"VACUUM INTO '{tmp_path}/b.db'")
    connection.close()
    with open_store(f"sqlite:///{tmp_path}/b.db") as store, store._database.reading() as reading:
        assert reading.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert store.count() == 1


def test_a_store_in_memory_works_and_is_gone_afterwards() -> None:
    for _ in range(2):
        with open_store("sqlite://") as store:
            assert store.count() == 0
            store.add_conversations([talk("a")], source=DESK)
            assert [c.id for c in store.conversations("harbor")] == ["a"]


def test_a_newer_schema_is_refused(empty_database: str) -> None:
    open_store(empty_database).close()
    engine = sqlalchemy.create_engine(empty_database)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text(f"UPDATE {SCHEMA_TABLE} SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match=r"schema 9999, which is newer than .* knows \(0007\)\. Update brandvoice"):
        open_store(empty_database)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, " * 100)
    with pytest.raises(StoreError, match=r"notes\.txt is not a database\. Name another file"):
        open_store(f"sqlite:///{path}")
    assert path.read_text().startswith("Dear diary")


def test_a_database_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "empty.db").close()
    with pytest.raises(StoreError, match=r"empty\.db cannot be written\. Make the file, its folder and its disk writ"):
        open_store(f"sqlite:///file:{tmp_path}/empty.db?mode=ro&uri=true")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file, not a folder")
    with pytest.raises(StoreError, match=r"folder .*/data/more for the database cannot be made"):
        open_store(f"sqlite:///{tmp_path}/data/more/brandvoice.db")


@pytest.mark.parametrize("host", ["127.0.0.1:9", "no-such-host.invalid"])
def test_a_server_that_cannot_be_reached_is_named_without_its_password(host: str) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError) as caught:
        open_store(f"postgresql+psycopg://me:secret@{host}/brandvoice")
    sentence = str(caught.value)
    assert f"postgresql+psycopg://me:***@{host}/brandvoice cannot be reached:" in sentence
    assert sentence.endswith("Start the server, or correct database_url.")
    assert "secret" not in sentence


def test_a_database_that_the_server_does_not_have_is_named(postgres: PostgresServer) -> None:
    with pytest.raises(StoreError, match=r'cannot be reached: .*database "nothing" does not exist'):
        open_store(postgres.url("nothing"))


def test_a_user_who_may_not_make_tables_is_told(postgres: PostgresServer) -> None:
    postgres.run("CREATE ROLE guest LOGIN")
    postgres.run("REVOKE CREATE ON SCHEMA public FROM PUBLIC", database="template1")
    postgres.run("CREATE DATABASE closed TEMPLATE template1")
    with pytest.raises(StoreError, match=r"may not be changed by this user.*permission denied for schema public\)\.$"):
        open_store(postgres.url("closed").replace("brandvoice@", "guest@"))


def test_a_plain_postgres_url_means_psycopg(postgres: PostgresServer) -> None:
    url = postgres.url("ready").replace("postgresql+psycopg://", "postgres://")
    with open_store(url) as store:
        assert store.count() == 0


def test_a_store_goes_on_after_the_server_dropped_its_connections(postgres: PostgresServer) -> None:
    with open_store(postgres.url("ready")) as store:
        before = store.count()
        postgres.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'ready'")
        assert store.count() == before


@pytest.mark.parametrize("url", ["", "brandvoice.db", "mysql://me:secret@host/x", "nonsense://x"])
def test_a_url_of_something_else_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match="names no database that brandvoice can use") as caught:
        open_store(url)
    assert "secret" not in str(caught.value)


def test_the_words_and_the_errors_are_there_without_sqlalchemy() -> None:
    rooms = "conversations.messages, conversations.errors, conversations.sources"
    program = f"import sys, {rooms}; print('sqlalchemy' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert found.stdout == "False\n"
