"""`brandvoice` as a process of its own beside an emulated Discord: killed, started again, looked at."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bots.discord.desk import is_finished
from tests.emulators.discord import BOT_PERMISSIONS, DiscordEmulator, Permission

SETTINGS = """\
[model]
engine = "echo"

[[assign]]
where = "discord:*"
style = "tea"
"""
STYLE = 'name = "tea"\ntitle = "Tea"\nabout = "A shop that sells tea and cups."\n'
COMMAND = (sys.executable, "-c", "from brandvoice.cli import main; main()")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "styles").mkdir()
    (tmp_path / "brandvoice.toml").write_text(SETTINGS)
    (tmp_path / "styles" / "tea.toml").write_text(STYLE)
    return tmp_path


def environment(disc: DiscordEmulator) -> dict[str, str]:
    root = str(Path(__file__).parents[3])
    return os.environ | disc.settings() | {"PYTHONPATH": root, "OMP_NUM_THREADS": "1"}


@contextlib.contextmanager
def serving(disc: DiscordEmulator, workspace: Path) -> Iterator[subprocess.Popen[bytes]]:
    before = set(disc.sessions)
    process = subprocess.Popen((*COMMAND, "serve", "--discord"), cwd=workspace, env=environment(disc))
    try:
        disc.wait_for(lambda: set(disc.sessions) - before or process.poll() is not None, 60, what="session")
        yield process
    finally:
        process.terminate()
        assert process.wait(30) is not None


def brandvoice(disc: DiscordEmulator, workspace: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (*COMMAND, *words), cwd=workspace, env=environment(disc), capture_output=True, text=True, timeout=60
    )


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before the first word", "in the middle of the answer"])
def test_a_message_outlives_kill_9_and_is_answered_exactly_once(
    disc: DiscordEmulator, workspace: Path, moment: str
) -> None:
    words = " ".join(f"word{number}" for number in range(100))
    with serving(disc, workspace) as process:
        question = disc.user_says("C1", "ann", f"<@{disc.bot_id}> {words}")
        if moment == "before the first word":
            disc.wait_call("POST", "/channels/{}/typing", timeout=20)
        else:
            disc.wait_reply("C1")
        process.kill()
        process.wait(10)
    assert not any(map(is_finished, disc.bot_messages("C1")))
    with serving(disc, workspace):
        reply = disc.wait_reply("C1", 30, where=is_finished)
        assert reply["content"].startswith(f"You said: {words}\n-# Written by AI")
        assert reply["message_reference"]["message_id"] == question["id"]
        disc.settle(0.5)
        assert disc.bot_messages("C1") == [reply]
    with serving(disc, workspace):
        disc.settle(0.5)
        assert disc.bot_messages("C1") == [reply]


@pytest.mark.slow
def test_the_invitation_asks_for_what_is_needed_and_never_for_everyone(disc: DiscordEmulator, workspace: Path) -> None:
    shown = json.loads(brandvoice(disc, workspace, "discord", "invite", "--json").stdout)
    assert f"client_id={disc.app_id}" in shown["url"]
    assert "scope=bot+applications.commands" in shown["url"]
    asked = int(shown["url"].partition("permissions=")[2].partition("&")[0])
    assert asked & Permission.SEND_MESSAGES
    assert asked & Permission.SEND_MESSAGES_IN_THREADS
    assert not asked & (Permission.MENTION_EVERYONE | Permission.ADMINISTRATOR | Permission.MANAGE_MESSAGES)
    assert "Send Messages" in shown["permissions"]


@pytest.mark.slow
def test_the_doctor_looks_at_discord_and_says_how_to_mend_it(disc: DiscordEmulator, workspace: Path) -> None:
    disc.members[disc.guild_id][disc.bot_id]["permissions"] = BOT_PERMISSIONS & ~Permission.READ_MESSAGE_HISTORY
    shown = brandvoice(disc, workspace, "doctor", "--json").stdout
    found = {finding["subject"]: finding for finding in json.loads(shown)}
    assert found["discord token"]["state"] == "ok"
    assert found["discord server emul"]["state"] == "fault"
    assert "Read Message History" in found["discord server emul"]["detail"]
    assert "https://discord.com/" in found["discord server emul"]["mend"]
    assert disc.token not in shown


@pytest.mark.slow
def test_without_a_token_serve_says_what_is_missing(disc: DiscordEmulator, workspace: Path) -> None:
    disc.rules.token = ""
    refused = brandvoice(disc, workspace, "serve", "--discord")
    assert refused.returncode == 1
    assert "discord: not configured" in refused.stderr
