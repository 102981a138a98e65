"""Rounds in Discord: one card a round, decided by people with the approvers' roles only, after asking once more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from brandvoice import decisions
from brandvoice.approving import WorkspaceApprovals
from brandvoice.testing import ScriptedEngine
from brandvoice.workspace import Workspace
from tests.bots.discord.desk import Bot, custom_ids, serving
from tests.brandvoice.decidable import harbor, rejected_round, taught, waiting_round
from tests.emulators.discord import DiscordEmulator

Json = dict[str, object]


@pytest.fixture
def disc() -> Iterator[DiscordEmulator]:
    with DiscordEmulator() as emulator, emulator.patch():
        yield emulator
        assert emulator.user_errors == emulator.pings == emulator.rate_hits == emulator.emulator_errors == []


@pytest.fixture
def workspace(tmp_path: Path, ready_file: Path) -> Workspace:
    return harbor(tmp_path, database=ready_file)


@contextmanager
def bot_of(workspace: Workspace, disc: DiscordEmulator) -> Iterator[Bot]:
    options = {"approver_roles": (disc.admin_role,), "approvals": disc.id("C2"), "look_every": 0.1}
    with workspace.open_store() as store:
        desk = WorkspaceApprovals(workspace)
        with serving(disc, store, ScriptedEngine("Yes."), folder=workspace.data, approvals_desk=desk, **options) as bot:
            yield bot


@pytest.fixture
def bot(workspace: Workspace, disc: DiscordEmulator) -> Iterator[Bot]:
    with bot_of(workspace, disc) as bot:
        yield bot


def words(disc: DiscordEmulator, message: Json) -> str:
    shown = disc.message(message["id"])
    return json.dumps([shown["content"], shown["embeds"]], ensure_ascii=False)


def until_it_says(disc: DiscordEmulator, message: Json, text: str) -> str:
    disc.wait_for(lambda: text in words(disc, message), what=text)
    return words(disc, message)


def test_a_waiting_round_is_one_card_that_rings_nobody(workspace: Workspace, bot: Bot, disc: DiscordEmulator) -> None:
    round_ = waiting_round(workspace)
    shown = disc.wait_reply("C2")
    said = words(disc, shown)
    for text in ("harbor@1 waits for your decision", "Fine-tuning pays.", "Style score", "0.84", "After 3."):
        assert text in said
    assert f"data/rounds/{round_.id}/report.html" in said
    assert "@everyone" in said  # as it was written; it rings nobody, which the emulator watches
    disc.settle(quiet=0.5)
    assert len(disc.bot_messages("C2")) == 1


def test_approved_after_asking_once_more_it_speaks_and_can_be_rolled_back(
    workspace: Workspace, bot: Bot, disc: DiscordEmulator
) -> None:
    waiting_round(workspace)
    shown = disc.wait_reply("C2")
    disc.click(shown, "root", label="Approve")
    asked = disc.wait_private("root")
    assert "Let harbor@1 speak" in disc.text_of(asked)
    assert workspace.voices.current("harbor") is None
    disc.click(asked, "root", label="Yes, let it speak")
    said = until_it_says(disc, shown, "harbor@1 speaks now")
    assert f"discord/{disc.id('root')}" in said
    disc.wait_for(lambda: "Approved" in disc.message(asked["id"])["content"])
    disc.click(shown, "root", label="Roll back")
    asked = disc.wait_private("root", nth=2)
    disc.click(asked, "root", label="Yes, take it back")
    assert "harbor@0 spoke again" in until_it_says(disc, shown, "Rolled back by ")
    assert custom_ids(disc.message(shown["id"])) == []
    assert workspace.voices.current("harbor") is None


def test_who_has_no_such_role_decides_nothing(workspace: Workspace, bot: Bot, disc: DiscordEmulator) -> None:
    waiting_round(workspace)
    shown = disc.wait_reply("C2")
    for nth, label in enumerate(("Approve", "Reject"), start=1):
        disc.click(shown, "ann", label=label)
        assert "Only people with a role" in bot.private("ann", nth=nth)
    assert workspace.voices.current("harbor") is None


def test_a_role_that_was_taken_away_meanwhile_counts_no_more(
    workspace: Workspace, bot: Bot, disc: DiscordEmulator
) -> None:
    waiting_round(workspace)
    disc.click(disc.wait_reply("C2"), "root", label="Approve")
    asked = disc.wait_private("root")
    disc.add_member("root", roles=[])
    disc.click(asked, "root", label="Yes")
    assert "Only people with a role" in bot.private("root", nth=2)
    assert workspace.voices.current("harbor") is None


def test_a_rejection_asks_why_and_keeps_it(workspace: Workspace, bot: Bot, disc: DiscordEmulator) -> None:
    round_ = waiting_round(workspace)
    shown = disc.wait_reply("C2")
    disc.click(shown, "root", label="Reject")
    disc.wait_modal("root")
    disc.submit_modal("root", {"why": "Too @everyone chatty"})
    assert "chatty" in until_it_says(disc, shown, "Rejected by ")
    assert bot.private("root") == "Rejected, and your reason is kept."
    with workspace.open_rounds() as rounds:
        assert "chatty" in rounds.load(round_.id).reason


def test_a_card_shows_what_was_decided_elsewhere_and_a_late_yes_is_refused(
    workspace: Workspace, bot: Bot, disc: DiscordEmulator
) -> None:
    round_ = waiting_round(workspace)
    shown = disc.wait_reply("C2")
    disc.click(shown, "root", label="Approve")
    asked = disc.wait_private("root")
    with workspace.open_rounds() as rounds:
        decisions.decide(workspace, rounds, round_.id, who="kim", verdict="reject", reason="not yet")
    until_it_says(disc, shown, "Rejected by kim on ")
    disc.click(asked, "root", label="Yes")
    assert "does not wait for a decision any more" in bot.private("root", nth=2)
    assert workspace.voices.current("harbor") is None


def test_buttons_work_after_a_restart_and_a_card_is_not_sent_again(workspace: Workspace, disc: DiscordEmulator) -> None:
    waiting_round(workspace)
    with bot_of(workspace, disc):
        shown = disc.wait_reply("C2")
        disc.settle(quiet=0.3)
    with workspace.open_rounds() as rounds, rounds.database.writing() as connection:
        forget = "UPDATE news_deliveries SET receipt = NULL, done_at = NULL, again_at = '2020-01-01 00:00:00.000000'"
        connection.exec_driver_sql(forget)
    with bot_of(workspace, disc):
        disc.settle(quiet=0.5)
        assert len(disc.bot_messages("C2")) == 1
        disc.click(shown, "root", label="Approve")
        disc.click(disc.wait_private("root"), "root", label="Yes")
        until_it_says(disc, shown, "speaks now")


def test_two_processes_put_a_card_up_once(workspace: Workspace, disc: DiscordEmulator) -> None:
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(bot_of(workspace, disc))
        for _ in range(3):
            waiting_round(workspace)
        disc.wait_reply("C2", nth=3)
        disc.settle(quiet=0.5)
        assert len(disc.bot_messages("C2")) == 3


def test_refused_rounds_are_a_notice_and_people_hear_of_their_examples_once(
    workspace: Workspace, bot: Bot, disc: DiscordEmulator
) -> None:
    rejected_round(workspace)
    assert "Too few examples: 40" in disc.wait_reply("C2")["content"]
    with workspace.open_store() as store:
        store.opt_out(bot.person("bob"))
    for person in (bot.person("ann"), bot.person("bob"), "T1/U1"):
        taught(workspace, person)
    told = disc.wait_reply("Dann")
    assert "harbor@1 learned from it" in told["content"]
    disc.settle(quiet=0.5)
    assert len(disc.bot_messages("Dann")) == 1
    assert disc.bot_messages("Dbob") == []
