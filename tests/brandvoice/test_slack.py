"""Slack through the command line: the manifest, the doctor, and a bot that is killed and started again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from bots.slack.manifest import manifest
from tests.emulators.slack import SlackEmulator

COMMAND = (sys.executable, "-c", "from brandvoice.cli import main; main()")


@pytest.fixture
def slack() -> Iterator[SlackEmulator]:
    with SlackEmulator() as emulator:
        emulator.apply_manifest(manifest("Harbor", "Answers."))
        yield emulator
        assert emulator.user_errors == emulator.pings == emulator.violations == emulator.emulator_errors == []
        assert emulator.statuses == {}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace that speaks without a model."""
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles" / "harbor.toml").write_text(
        'name = "harbor"\ntitle = "Harbor"\nabout = "A calm shop for boats."\n'
        'example_prompts = ["Where is my order?"]\n'
    )
    settings = '[model]\nengine = "echo"\n[[assign]]\nwhere = "slack:*"\nstyle = "harbor"\n'
    (tmp_path / "brandvoice.toml").write_text(settings)
    return tmp_path


def environment(slack: SlackEmulator | None) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "DISCORD_"))}
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    return own | (slack.env() if slack else {}) | proxies | {"PYTHONUNBUFFERED": "1"}


def run(workspace: Path, *words: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, "--workspace", str(workspace), *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)


@contextmanager
def serving(workspace: Path, slack: SlackEmulator) -> Iterator[subprocess.Popen[str]]:
    """`brandvoice serve --slack` as a process of its own; killed in the end if it still runs."""
    connections = slack.connections
    log = (workspace / "serve.log").open("a")
    command = [*COMMAND, "--workspace", str(workspace), "serve", "--slack"]
    process = subprocess.Popen(command, env=environment(slack), stderr=log, text=True)
    try:
        slack.wait_connected(timeout=90, connection=connections + 1)
        yield process
    finally:
        process.kill()
        process.wait(10)
        log.close()


def test_the_manifest_has_the_name_and_prompts_of_the_style(workspace: Path) -> None:
    done = run(workspace, "slack", "manifest", env=environment(None))
    made = json.loads(done.stdout)
    assert made["display_information"] == {
        "name": "Harbor",
        "description": "A calm shop for boats.",
        "background_color": "#1f2937",
    }
    assert made["features"]["agent_view"]["suggested_prompts"] == [
        {"title": "Where is my order?", "message": "Where is my order?"}
    ]


def test_serving_without_tokens_is_one_plain_sentence(workspace: Path) -> None:
    done = run(workspace, "serve", "--slack", env=environment(None))
    assert (done.returncode, done.stdout) == (1, "")
    assert "slack: not configured" in done.stderr
    done = run(workspace, "serve", "--slack", env=environment(None) | {"SLACK_BOT_TOKEN": "xoxb-x"})
    assert done.returncode == 1
    assert "SLACK_APP_TOKEN: Basic Information > App-Level Tokens" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_bot_that_is_killed_between_question_and_answer_answers_once_when_it_is_back(
    workspace: Path, slack: SlackEmulator
) -> None:
    with serving(workspace, slack) as process:
        question = slack.user_says("C1", "U1", f"<@{slack.bot_user}> where is my parcel?")
        mention = next(e for e in slack.envelopes if e.payload["event"]["type"] == "app_mention")
        slack.wait_ack(mention)
        process.kill()
        process.wait(10)
        assert slack.bot_messages("C1", question["ts"]) == []
    with serving(workspace, slack) as process:
        slack.deliver_again(mention)
        reply = slack.wait_reply("C1", question["ts"])
        slack.settle(quiet=1.0)
        assert slack.bot_messages("C1", question["ts"]) == [reply]
        assert reply["streamed"] == "You said: where is my parcel?"
        process.terminate()
        assert process.wait(20) == 0
    log = (workspace / "serve.log").read_text()
    assert "Traceback" not in log
    assert slack.bot_token not in log


@pytest.mark.slow
def test_the_doctor_asks_slack_when_tokens_are_set(workspace: Path, slack: SlackEmulator) -> None:
    done = run(workspace, "doctor", "--json", env=environment(slack))
    found = {finding["subject"]: finding for finding in json.loads(done.stdout)}
    assert found["slack bot token"]["detail"] == "bot in emul (T1)"
    assert found["slack app token"]["state"] == "ok"
    assert found["slack scopes"]["state"] == "ok"
