"""Blind votes in Slack and Discord: two unnamed answers, one vote for each person and pair, names only afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bots.slack import Credentials, Options
from bots.slack.ballots import BEGIN, NEXT, PICKS
from bots.slack.manifest import manifest
from brandvoice.approving import WorkspaceApprovals
from brandvoice.testing import ScriptedEngine
from brandvoice.workspace import Workspace
from conversations.blind_votes import Between, Proposal
from tests.bots.discord import desk as discord_desk
from tests.bots.slack import desk as slack_desk
from tests.brandvoice.decidable import NASTY, harbor
from tests.emulators.discord import DiscordEmulator
from tests.emulators.slack import Json, SlackEmulator

BETWEEN = Between("harbor@1", "harbor@2")
LEFT, RIGHT, TIE = PICKS


@pytest.fixture
def workspace(tmp_path: Path, ready_file: Path) -> Workspace:
    workspace = harbor(tmp_path, database=ready_file)
    with workspace.open_store() as store:
        store.blind_votes.propose(
            Proposal("harbor", BETWEEN, [("user", f"Question {n}? {NASTY}")], f"First {n}. {NASTY}", f"Second {n}.")
            for n in range(2)
        )
    return workspace


def kept(workspace: Workspace) -> list[tuple[str, str]]:
    with workspace.open_store() as store:
        return sorted((vote.person, vote.choice) for vote in store.blind_votes.votes("harbor", BETWEEN))


@pytest.fixture
def slack(workspace: Workspace) -> Iterator[SlackEmulator]:
    with SlackEmulator() as emulator:
        emulator.apply_manifest(manifest("Harbor", "Answers."))
        secrets = Credentials(emulator.bot_token, emulator.app_token, api_url=emulator.api_url)
        options = Options(votes="C2", every=0.1)
        with (
            workspace.open_store() as store,
            slack_desk.serving(
                emulator,
                store,
                ScriptedEngine("Yes."),
                credentials=secrets,
                folder=workspace.data,
                options=options,
                approvals=WorkspaceApprovals(workspace),
            ),
        ):
            yield emulator
        assert emulator.user_errors == emulator.pings == emulator.violations == emulator.emulator_errors == []


def begun(slack: SlackEmulator, user: str = "U1") -> Json:
    invitation = slack.wait_reply("C2")
    before = len(slack.ephemerals)
    slack.click("C2", invitation["ts"], user, BEGIN)
    slack.wait_for(lambda: len(slack.ephemerals) > before, what="ballot")
    return slack.ephemerals[-1]


def test_in_slack_whose_the_answers_are_is_told_after_the_vote(workspace: Workspace, slack: SlackEmulator) -> None:
    ballot = begun(slack)
    shown = json.dumps(ballot["blocks"])
    assert "First" in shown
    assert "Second" in shown
    assert "harbor@" not in shown
    assert "<!channel>" not in shown
    left_is_first = shown.index("First") < shown.index("Second")
    slack.click("C2", ballot["ts"], "U1", LEFT)
    slack.wait_for(lambda: "harbor@1" in slack.ephemerals[-1]["text"], what="names")
    told = "A was harbor@1, B was harbor@2." if left_is_first else "A was harbor@2, B was harbor@1."
    assert told in slack.ephemerals[-1]["text"]
    assert kept(workspace) == [("T1/U1", "one" if left_is_first else "other")]


def test_in_slack_one_goes_on_until_there_is_nothing_left_and_a_pair_counts_once(
    workspace: Workspace, slack: SlackEmulator
) -> None:
    ballot = begun(slack)
    again = dict(ballot)
    slack.click("C2", ballot["ts"], "U1", TIE)
    slack.wait_for(lambda: "Thank you: About the same" in slack.ephemerals[-1]["text"], what="thanks")
    slack.ephemerals[-1]["blocks"] = again["blocks"]  # pressed twice before the answer came
    slack.click("C2", ballot["ts"], "U1", LEFT)
    slack.wait_for(lambda: "your first vote stays" in slack.ephemerals[-1]["text"], what="refusal of a second vote")
    assert kept(workspace) == [("T1/U1", "tie")]
    slack.click("C2", ballot["ts"], "U1", NEXT)
    slack.wait_for(lambda: "Which answer is better" in slack.ephemerals[-1]["text"], what="second pair")
    slack.click("C2", ballot["ts"], "U1", RIGHT)
    slack.wait_for(lambda: "Thank you: B" in slack.ephemerals[-1]["text"], what="thanks")
    slack.click("C2", ballot["ts"], "U1", NEXT)
    slack.wait_for(lambda: "compared everything" in slack.ephemerals[-1]["text"], what="end")
    assert len(kept(workspace)) == 2
    slack.settle(quiet=0.4)
    assert len(slack.bot_messages("C2")) == 1  # one invitation for each two voices


def test_in_slack_a_vote_elsewhere_is_refused(workspace: Workspace, slack: SlackEmulator) -> None:
    ballot = begun(slack)
    forged = slack.user_says("C1", "U2", "a message with buttons")
    slack.message("C1", forged["ts"])["blocks"] = ballot["blocks"]
    slack.click("C1", forged["ts"], "U2", LEFT)
    slack.wait_for(lambda: "their own channel only" in slack.ephemerals[-1]["text"], what="refusal")
    assert kept(workspace) == []


@pytest.fixture
def disc(workspace: Workspace) -> Iterator[DiscordEmulator]:
    with DiscordEmulator() as emulator, emulator.patch():
        settings = {"votes": emulator.id("C2"), "look_every": 0.1, "approvals_desk": WorkspaceApprovals(workspace)}
        with (
            workspace.open_store() as store,
            discord_desk.serving(emulator, store, ScriptedEngine("Yes."), folder=workspace.data, **settings),
        ):
            yield emulator
        assert emulator.user_errors == emulator.pings == emulator.rate_hits == emulator.emulator_errors == []


def test_in_discord_each_person_votes_alone_and_once(workspace: Workspace, disc: DiscordEmulator) -> None:
    invitation = disc.wait_reply("C2")
    for user in ("ann", "bob"):
        disc.click(invitation, user, label="Compare")
        ballot = disc.wait_private(user)
        shown = json.dumps(disc.message(ballot["id"])["embeds"])
        assert "First" in shown
        assert "harbor@" not in shown
        disc.click(ballot, user, label="B")
        disc.wait_for(lambda ballot=ballot: "Thank you: B" in disc.message(ballot["id"])["content"])
        assert disc.message(ballot["id"])["embeds"] == []
        disc.click(ballot, user, label="Next")
        disc.wait_for(lambda ballot=ballot: "Which answer" in disc.message(ballot["id"])["content"])
        disc.click(ballot, user, label="About the same")
        disc.wait_for(lambda ballot=ballot: "About the same. A was" in disc.message(ballot["id"])["content"])
        disc.click(ballot, user, label="Next")
        disc.wait_for(lambda ballot=ballot: "compared everything" in disc.message(ballot["id"])["content"])
    assert len(kept(workspace)) == 4
    assert len({person for person, _ in kept(workspace)}) == 2
    assert len(disc.bot_messages("C2")) == 1
