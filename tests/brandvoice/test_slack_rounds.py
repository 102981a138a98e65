"""Rounds in Slack: one card a round, decided by named approvers only, true wherever it was decided."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bots.slack import Credentials, Options
from bots.slack.cards import APPROVE, REJECT, ROLL_BACK
from bots.slack.manifest import manifest
from brandvoice import decisions
from brandvoice.approving import WorkspaceApprovals
from brandvoice.news import Newsroom
from brandvoice.testing import ScriptedEngine
from brandvoice.workspace import Workspace
from tests.bots.slack.desk import Bot, serving
from tests.brandvoice.decidable import harbor, promoted_round, rejected_round, taught, waiting_round
from tests.emulators.slack import Json, SlackEmulator

ROOM = "C2"
APPROVER = "UADMIN"


@pytest.fixture
def slack() -> Iterator[SlackEmulator]:
    with SlackEmulator() as emulator:
        emulator.apply_manifest(manifest("Harbor", "Answers."))
        yield emulator
        assert emulator.user_errors == emulator.pings == emulator.violations == emulator.emulator_errors == []


@pytest.fixture
def workspace(tmp_path: Path, ready_file: Path) -> Workspace:
    return harbor(tmp_path, database=ready_file)


@contextmanager
def bot_of(workspace: Workspace, slack: SlackEmulator) -> Iterator[Bot]:
    credentials = Credentials(slack.bot_token, slack.app_token, slack.signing_secret, api_url=slack.api_url)
    options = Options(approvers=(APPROVER,), approvals=ROOM, every=0.1)
    with workspace.open_store() as store:
        approvals = WorkspaceApprovals(workspace)
        engine, folder = ScriptedEngine("Yes."), workspace.data
        with serving(
            slack, store, engine, credentials=credentials, folder=folder, options=options, approvals=approvals
        ) as bot:
            yield bot


@pytest.fixture
def bot(workspace: Workspace, slack: SlackEmulator) -> Iterator[Bot]:
    with bot_of(workspace, slack) as bot:
        yield bot


def card(slack: SlackEmulator, *, nth: int = 1) -> Json:
    return slack.wait_reply(ROOM, nth=nth)


def words(slack: SlackEmulator, message: Json) -> str:
    return json.dumps(slack.message(ROOM, message["ts"])["blocks"])


def until_it_says(slack: SlackEmulator, message: Json, text: str) -> str:
    slack.wait_for(lambda: text in words(slack, message), what=text)
    return words(slack, message)


def press(slack: SlackEmulator, message: Json, action: str, user: str = APPROVER, **extra: object) -> None:
    slack.click(ROOM, message["ts"], user, action, **extra)


def test_a_waiting_round_is_one_card_with_its_verdict_table_and_examples(
    workspace: Workspace, bot: Bot, slack: SlackEmulator
) -> None:
    round_ = waiting_round(workspace)
    shown = words(slack, card(slack))
    for text in ("harbor@1 waits for your decision", "Fine-tuning pays.", "Style score", "0.31", "0.84", "After 3."):
        assert text in shown
    assert f"data/rounds/{round_.id}/report.html" in shown
    assert "Before 1." not in shown  # said the same before
    assert "After 4." not in shown
    assert "<!channel>" not in shown
    assert "<https://evil" not in shown
    slack.settle(quiet=0.5)
    assert len(slack.bot_messages(ROOM)) == 1
    assert [button["confirm"]["title"]["text"] for button in buttons(slack) if "confirm" in button] == [
        "Let harbor@1 speak?"
    ]


def buttons(slack: SlackEmulator) -> list[Json]:
    blocks = slack.bot_messages(ROOM)[0]["blocks"]
    return [element for block in blocks if block["type"] == "actions" for element in block["elements"]]


def test_approved_in_slack_it_speaks_and_can_be_rolled_back(
    workspace: Workspace, bot: Bot, slack: SlackEmulator
) -> None:
    waiting_round(workspace)
    shown = card(slack)
    press(slack, shown, APPROVE)
    said = until_it_says(slack, shown, "harbor@1 speaks now")
    assert "Approved by " in said
    assert f"T1/{APPROVER}" in said
    assert [b["action_id"] for b in buttons(slack)] == [ROLL_BACK]
    current = workspace.voices.current("harbor")
    assert current is not None
    assert current.reference == "harbor@1"
    press(slack, shown, ROLL_BACK)
    said = until_it_says(slack, shown, "Rolled back by ")
    assert "harbor@0 spoke again" in said
    assert buttons(slack) == []
    assert workspace.voices.current("harbor") is None


def test_who_is_not_named_decides_nothing(workspace: Workspace, bot: Bot, slack: SlackEmulator) -> None:
    waiting_round(workspace)
    shown = card(slack)
    for nth, action in enumerate((APPROVE, REJECT), start=1):
        press(slack, shown, action, "U1")
        assert "Only the people named under [slack] approvers" in bot.private(nth)
    assert workspace.voices.current("harbor") is None


def test_a_rejection_asks_why_and_keeps_it(workspace: Workspace, bot: Bot, slack: SlackEmulator) -> None:
    round_ = waiting_round(workspace)
    shown = card(slack)
    press(slack, shown, REJECT)
    view = slack.wait_view(APPROVER)
    assert slack.submit_view(view["id"], APPROVER, {"reason": "Too <!here> chatty"}) is None
    said = until_it_says(slack, shown, "Rejected by ")
    assert "chatty" in said
    assert "<!here>" not in said
    assert buttons(slack) == []
    with workspace.open_rounds() as rounds:
        ended = rounds.load(round_.id)
    assert ended.state == "rejected"
    assert "Too <!here> chatty" in ended.reason
    assert workspace.voices.version("harbor", 1).state == "rejected"


def test_a_card_shows_what_was_decided_elsewhere_and_refuses_to_decide_again(
    workspace: Workspace, bot: Bot, slack: SlackEmulator
) -> None:
    round_ = waiting_round(workspace)
    shown = card(slack)
    old = dict(slack.message(ROOM, shown["ts"]))
    with workspace.open_rounds() as rounds:
        decisions.decide(workspace, rounds, round_.id, who="kim", verdict="reject", reason="not yet")
    said = until_it_says(slack, shown, "Rejected by kim on ")
    assert "harbor@1 waits" not in said
    slack.message(ROOM, shown["ts"])["blocks"] = old["blocks"]  # somebody's window that was not drawn anew
    press(slack, shown, APPROVE)
    assert "does not wait for a decision any more" in bot.private()
    assert workspace.voices.current("harbor") is None


def test_a_newer_round_makes_the_older_card_stale(workspace: Workspace, bot: Bot, slack: SlackEmulator) -> None:
    waiting_round(workspace)
    first = card(slack)
    waiting_round(workspace)
    card(slack, nth=2)
    assert "came after it and took its place" in until_it_says(slack, first, "took its place")


def test_forged_presses_find_nothing(workspace: Workspace, bot: Bot, slack: SlackEmulator) -> None:
    waiting_round(workspace)
    shown = card(slack)
    forged = slack.user_says("C1", APPROVER, "a message with a button")
    slack.message("C1", forged["ts"])["blocks"] = slack.message(ROOM, shown["ts"])["blocks"]
    slack.click("C1", forged["ts"], APPROVER, APPROVE)
    assert bot.private() == "Rounds are decided in the approvals channel only."
    forged = slack.user_says(ROOM, APPROVER, "another")
    slack.message(ROOM, forged["ts"])["blocks"] = slack.message(ROOM, shown["ts"])["blocks"]
    press(slack, forged, APPROVE)
    assert bot.private(2) == "That is not a card of mine."
    assert workspace.voices.current("harbor") is None


def test_the_card_of_one_round_does_not_decide_another(workspace: Workspace, bot: Bot, slack: SlackEmulator) -> None:
    waiting_round(workspace)
    first = card(slack)
    old = dict(slack.message(ROOM, first["ts"]))
    waiting_round(workspace)
    second = card(slack, nth=2)
    until_it_says(slack, first, "took its place")
    swapped = json.loads(json.dumps(slack.message(ROOM, second["ts"])["blocks"]))
    slack.message(ROOM, first["ts"])["blocks"] = swapped
    press(slack, first, APPROVE)
    assert "not the card of that round" in bot.private()
    assert old["blocks"]
    assert workspace.voices.current("harbor") is None


def test_two_processes_put_a_card_up_once(workspace: Workspace, slack: SlackEmulator) -> None:
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(bot_of(workspace, slack))
        for _ in range(3):
            waiting_round(workspace)
        slack.wait_for(lambda: len(slack.bot_messages(ROOM)) >= 3, what="three cards")
        slack.settle(quiet=0.6)
        assert len(slack.bot_messages(ROOM)) == 3


def test_a_card_posted_by_a_process_that_died_is_not_posted_again(workspace: Workspace, slack: SlackEmulator) -> None:
    round_ = waiting_round(workspace)
    with bot_of(workspace, slack):
        first = card(slack)
    with workspace.open_rounds() as rounds, rounds.database.writing() as connection:
        forget = "UPDATE news_deliveries SET receipt = NULL, done_at = NULL, again_at = '2020-01-01 00:00:00.000000'"
        connection.exec_driver_sql(forget)
    with bot_of(workspace, slack) as bot:
        slack.wait_call("conversations.history")
        slack.settle(quiet=1.0)
        assert len(slack.bot_messages(ROOM)) == 1
        press(slack, first, APPROVE)
        until_it_says(slack, first, "speaks now")
        assert bot.slack is slack
    assert round_.id in words(slack, first)


@pytest.mark.slow
def test_bots_that_die_at_any_moment_leave_one_card_a_round(
    workspace: Workspace, slack: SlackEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brandvoice.news.HELD", timedelta(seconds=0.4))
    chance = random.Random(7)
    for _ in range(12):
        waiting_round(workspace)
        with bot_of(workspace, slack) as bot:
            time.sleep(chance.uniform(0.0, 0.25))
            bot.run.crash()
    with bot_of(workspace, slack):
        slack.wait_for(lambda: len(slack.bot_messages(ROOM)) >= 12, timeout=20, what="twelve cards")
        slack.wait_for(lambda: sum("took its place" in text for text in all_cards(slack)) == 11, 20, "true cards")
        slack.settle(quiet=1.0)
    headers = [text.split("harbor: ")[1].split('"')[0].split()[0] for text in all_cards(slack)]
    assert sorted(headers) == sorted(f"harbor@{n}" for n in range(1, 13))


def all_cards(slack: SlackEmulator) -> list[str]:
    return [json.dumps(message["blocks"]) for message in slack.bot_messages(ROOM)]


def test_failed_and_refused_rounds_are_a_short_notice(workspace: Workspace, bot: Bot, slack: SlackEmulator) -> None:
    round_ = rejected_round(workspace)
    said = card(slack)["text"]
    assert said.startswith("A round of harbor ended without a new voice: Too few examples: 40")
    assert f"brandvoice rounds show {round_.id}" in said


def test_a_voice_that_was_promoted_without_asking_can_be_rolled_back_too(
    workspace: Workspace, slack: SlackEmulator
) -> None:
    promoted_round(workspace)
    with bot_of(workspace, slack):
        shown = card(slack)
        assert "Promoted without asking on " in words(slack, shown)
        press(slack, shown, ROLL_BACK)
        until_it_says(slack, shown, "harbor@0 spoke again")
        slack.settle(quiet=0.4)
        assert len(slack.bot_messages(ROOM)) == 1


def test_what_a_canary_came_to_is_a_notice(workspace: Workspace, bot: Bot, slack: SlackEmulator) -> None:
    with workspace.open_rounds() as rounds:
        facts = {"message": "harbor@2 was heard by some, beside harbor@1. The votes say: promote."}
        Newsroom(rounds.database, now=rounds.now).publish("canary.advice", key="c", style="harbor", facts=facts)
    assert "harbor@2 was heard by some" in card(slack)["text"]


def test_in_quiet_hours_nothing_is_put_up(tmp_path: Path, ready_file: Path, slack: SlackEmulator) -> None:
    quiet = harbor(tmp_path / "quiet", database=ready_file, settings='[styles.harbor]\nquiet_hours = "00:00-00:00"\n')
    with bot_of(quiet, slack):
        waiting_round(quiet)
        slack.settle(quiet=0.5)
        assert slack.bot_messages(ROOM) == []


def test_people_hear_once_that_their_examples_are_in_a_version(
    workspace: Workspace, bot: Bot, slack: SlackEmulator
) -> None:
    with workspace.open_store() as store:
        store.opt_out("T1/U2")
    for person, examples in (("T1/U1", 1), ("T1/UADMIN", 30), ("T1/U2", 1), ("discord/77", 1), ("kim", 1)):
        taught(workspace, person, examples=examples)
    slack.wait_for(lambda: len(direct(slack)) >= 2, what="two thanks")
    slack.settle(quiet=0.5)
    assert sorted(direct(slack)) == [
        "30 of your examples helped: harbor@1 learned from them. Thank you.",
        "Your example abcdef0000 helped: harbor@1 learned from it. Thank you.",
    ]


def direct(slack: SlackEmulator) -> list[str]:
    return [call.params["text"] for call in slack.calls("chat.postMessage") if "helped" in str(call.params["text"])]
