"""The whole loop with real processes: talk, teach, the schedule, training, the gate, people, the new voice, back."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bots.slack.cards import APPROVE, ROLL_BACK
from bots.slack.manifest import manifest
from brandvoice.workspace import Workspace
from tests.bots.slack.desk import reply_id
from tests.emulators.discord import DiscordEmulator
from tests.emulators.slack import Json, SlackEmulator

COMMAND = (sys.executable, "-c", "from brandvoice.cli import main; main()")
ROOM, DISCORD_ROOM, APPROVER = "C2", "C2", "UADMIN"
QUESTION = "How long does delivery to Norway take?"
BETTER = "Ahoy! Parcels to Norway are with you in six to nine working days. Fair winds!"
CONVERSATIONS = 120
PATIENCE = 500.0  # seconds for the round: half a minute of training on a quiet machine, minutes on a busy one

# Due at every minute in which there is something new. The recipe is far too small for a good voice, so the guards that
# only a well trained one keeps are off; that it beats what speaks now is measured and decided as always.
SETTINGS = """
[model]
base = "starter"

[[assign]]
where = "*:*"
style = "harbor"

[slack]
approvers = ["{approver}"]
approvals = "{room}"

[discord]
approver_roles = ["{role}"]
approvals = "{discord_room}"

[styles.harbor]
recipe = "quick"
schedule = "* * * * *"
min_new_examples = 1

[styles.harbor.gate]
columns = ["base", "prompted"]
off = ["triggers", "declines", "injections"]
max_degenerate = 0.3
max_personal_data = 9
"""
RECIPE = 'name = "quick"\nepochs = 1\nmin_examples = 10\n[lora]\nrank = 4\nalpha = 8\n'

T = TypeVar("T")


@dataclass
class Brand:
    """A workspace, where its people talk, and the process that serves it."""

    root: Path
    slack: SlackEmulator
    disc: DiscordEmulator
    served: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.root)

    @property
    def environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "DISCORD_"))}
        root = str(Path(__file__).parents[1])
        quiet = {"PYTHONPATH": root, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "PYTHONUNBUFFERED": "1"}
        return own | self.slack.env() | self.disc.settings() | quiet

    def run(self, *words: str) -> str:
        command = [*COMMAND, "--workspace", str(self.root), *words]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[str]]:
        connections = self.slack.connections
        words = ["--workspace", str(self.root), "serve", "--slack", "--discord", "--rounds"]
        with (self.root / "serve.log").open("a") as log:
            process = subprocess.Popen([*COMMAND, *words], env=self.environment, stderr=log, text=True)
            try:
                self.slack.wait_connected(timeout=90, connection=connections + 1)
                yield process
            finally:
                process.kill()
                process.wait(10)

    def answer(self, text: str = QUESTION) -> Json:
        question = self.slack.user_says("C1", "U1", f"<@{self.slack.bot_user}> {text}")
        return self.slack.wait_reply("C1", question["ts"], timeout=60)

    def spoke(self, reply: Json) -> str | None:
        """The version that gave an answer, as it is kept."""
        with self.workspace.open_store() as store:
            return store.message(reply_id(reply))[1].voice

    def round_states(self) -> list[str]:
        with self.workspace.open_rounds() as rounds:
            return [r.state for r in rounds.all("harbor") if r.state != "skipped"]

    def card(self) -> Json:
        return self.slack.bot_messages(ROOM)[0]

    def shows(self, text: str) -> bool:
        return text in json.dumps(self.card()["blocks"])


@pytest.fixture
def brand(tmp_path: Path) -> Iterator[Brand]:
    with SlackEmulator() as slack, DiscordEmulator() as disc:
        slack.apply_manifest(manifest("Harbor", "Answers."))
        brand = Brand(tmp_path, slack, disc)
        settings = {"approver": APPROVER, "room": ROOM, "role": disc.admin_role, "discord_room": disc.id(DISCORD_ROOM)}
        (tmp_path / "brandvoice.toml").write_text(SETTINGS.format(**settings))
        for folder in ("styles", "recipes"):
            (tmp_path / folder).mkdir()
        data = resources.files("brandvoice") / "demo_data"
        (tmp_path / "styles" / "harbor.toml").write_text((data / "harbor.toml").read_text(encoding="utf-8"))
        (tmp_path / "recipes" / "quick.toml").write_text(RECIPE)
        logs = (data / "harbor.jsonl").read_text(encoding="utf-8").splitlines()[:CONVERSATIONS]
        (tmp_path / "logs.jsonl").write_text("\n".join(logs))
        brand.run("import", str(tmp_path / "logs.jsonl"), "--style", "harbor", "--basis", "own-content")
        brand.run("curate", "harbor")  # so that only what people teach from here on is new
        yield brand
        assert slack.user_errors == slack.pings == slack.violations == slack.emulator_errors == []
        assert disc.user_errors == disc.pings == disc.emulator_errors == []


def until(found: Callable[[], T], *, seconds: float, what: str) -> T:
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, f"no {what} within {seconds} seconds"
        time.sleep(0.2)
    return value


def teach(brand: Brand, reply: Json) -> str:
    """A thumb down, the reason and a better answer; then somebody else approves it. Returns the submission's id."""
    brand.slack.click("C1", reply["ts"], "U1", "brandvoice_vote", value=f"down:{reply_id(reply)}")
    view = brand.slack.wait_view("U1", timeout=20)
    assert brand.slack.submit_view(view["id"], "U1", {"reason": "wrong", "better": BETTER}) is None
    (handed_in,) = until(lambda: json.loads(brand.run("submissions", "list", "--json")), seconds=20, what="submission")
    brand.run("submissions", "approve", handed_in["id"])
    return str(handed_in["id"])


def press(brand: Brand, action: str, *, user: str = APPROVER) -> None:
    brand.slack.click(ROOM, brand.card()["ts"], user, action)


@pytest.mark.slow
def test_what_people_teach_speaks_after_an_approval_and_is_taken_back_by_a_button(brand: Brand) -> None:
    moment = random.SystemRandom().uniform(0.0, 20.0)
    with brand.serving() as process:
        first = brand.answer()
        assert brand.spoke(first) == "harbor@0"
        submission = teach(brand, first)
        until(brand.round_states, seconds=PATIENCE, what="round by the schedule")
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    said = f"killed {moment:.1f} seconds into the round"
    with brand.serving() as process:
        until(lambda: brand.slack.bot_messages(ROOM), seconds=PATIENCE, what=f"card, {said}")
        assert brand.shows("harbor@1 waits for your decision"), brand.card()
        assert brand.round_states() == ["waiting"], said
        seen_in_discord = brand.disc.wait_reply(DISCORD_ROOM, timeout=20)
        press(brand, APPROVE, user="U1")
        brand.slack.wait_for(lambda: brand.slack.ephemerals[-1:], 20, "refusal")
        assert brand.workspace.voices.current("harbor") is None
        press(brand, APPROVE)
        until(lambda: brand.shows("harbor@1 speaks now"), seconds=20, what="approval on the card")
        assert brand.spoke(brand.answer()) == "harbor@1"  # the same process as before
        brand.disc.wait_for(lambda: "Approved by" in _embed(brand, seen_in_discord), 20, what="approval in Discord")
        until(lambda: _thanks(brand, submission), seconds=20, what="thanks for the example")
        press(brand, ROLL_BACK)
        until(lambda: brand.shows("Rolled back by"), seconds=20, what="rollback on the card")
        assert brand.spoke(brand.answer()) == "harbor@0"
        assert process.poll() is None
    assert len(brand.slack.bot_messages(ROOM)) == len(brand.disc.bot_messages(DISCORD_ROOM)) == 1, said
    assert brand.round_states() == ["promoted"]
    assert "Traceback" not in (brand.root / "serve.log").read_text()


def _thanks(brand: Brand, submission: str) -> list[Any]:
    told = [call.params["text"] for call in brand.slack.calls("chat.postMessage")]
    return [text for text in told if submission[:10] in text and "harbor@1 learned from it" in text]


def _embed(brand: Brand, message: Json) -> str:
    return json.dumps(brand.disc.message(message["id"])["embeds"])
