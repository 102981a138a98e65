"""Two `brandvoice serve` on one database: each message is answered by one, and by the other if that is killed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bots.slack.manifest import manifest
from conversations.store import open_store
from tests import postgres
from tests.emulators.slack import SlackEmulator

SETTINGS = """\
[workspace]
database_url = "{database}"

[model]
engine = "echo"

[[assign]]
where = "slack:*"
style = "tea"
"""
STYLE = 'name = "tea"\ntitle = "Tea"\nabout = "A shop that sells tea and cups."\n'
COMMAND = (sys.executable, "-c", "from brandvoice.cli import main; main()")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/shared.db"
        return
    try:
        with postgres.running() as server:
            yield server.make_database()
    except LookupError as lacking:
        pytest.skip(str(lacking))


@contextlib.contextmanager
def serving(slack: SlackEmulator, workspace: Path) -> Iterator[subprocess.Popen[bytes]]:
    tokens = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token, "SLACK_API_URL": slack.api_url}
    root = str(Path(__file__).parents[2])
    environment = os.environ | tokens | {"PYTHONPATH": root, "OMP_NUM_THREADS": "1"}
    before = slack.connections
    process = subprocess.Popen((*COMMAND, "serve", "--slack"), cwd=workspace, env=environment)
    try:
        slack.wait_connected(60, connection=before + 1)
        yield process
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.slow
def test_what_a_killed_process_was_answering_is_answered_by_the_other_and_once(database: str, tmp_path: Path) -> None:
    (tmp_path / "styles").mkdir()
    (tmp_path / "brandvoice.toml").write_text(SETTINGS.format(database=database))
    (tmp_path / "styles" / "tea.toml").write_text(STYLE)
    words = " ".join(f"word{number}" for number in range(80))
    with SlackEmulator(ack_timeout=3.0) as slack:
        slack.apply_manifest(manifest("Tea", "Answers."))
        with serving(slack, tmp_path) as first:
            asked = slack.user_says("C1", "U1", f"<@{slack.bot_user}> {words}")
            slack.wait_call("chat.startStream", timeout=20)
            again = slack.user_says("C1", "U1", "And once more", thread_ts=asked["ts"])  # waits for the first one
            slack.wait_delivered()
            with serving(slack, tmp_path):
                first.kill()
                first.wait(10)
                slack.wait_for(lambda: len(_finished(slack, asked["ts"])) == 2, timeout=40, what="two answers")
                slack.settle()
                whole, second = _finished(slack, asked["ts"])
                assert words in str(whole)
                assert "And once more" in str(second)
                assert len(slack.bot_messages("C1", asked["ts"])) == 2  # the half one was made whole
        assert slack.statuses == {}
        assert slack.violations == []
    with open_store(database) as store:
        conversation, _ = store.message(f"{slack.team}/C1/{again['ts']}")
        assert [message.role for message in store.history(conversation, 9)].count("assistant") == 2
        assert store.pending.listed("slack") == []


def _finished(slack: SlackEmulator, thread: str) -> list[object]:
    return [m for m in slack.bot_messages("C1", thread) if m.get("metadata")]
