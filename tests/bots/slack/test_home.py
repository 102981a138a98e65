"""The Home tab, commands and prompts: what people see of themselves and can take back."""

from __future__ import annotations

import json

import pytest

from bots.slack import Options
from bots.slack.home import FORGET, OPT_IN, OPT_OUT, WITHDRAW
from tests.bots.slack.desk import Bot, MakeBot
from tests.emulators.slack import Json, SlackEmulator


def home(slack: SlackEmulator, user: str = "U1") -> Json:
    before = len(slack.calls("views.publish"))
    slack.open_home(user)
    slack.wait_call("views.publish", nth=before + 1)
    return slack.homes[user]


def shows(slack: SlackEmulator, text: str, user: str = "U1") -> str:
    """The Home tab once it shows a text."""
    return slack.wait_for(lambda: text in json.dumps(slack.homes.get(user, {})) and json.dumps(slack.homes[user]))


def hand_in(bot: Bot, slack: SlackEmulator) -> str:
    reply = bot.answered()
    slack.message_shortcut("save_example", "U1", "C1", reply["ts"])
    slack.submit_view(slack.wait_view("U1")["id"], "U1", {})
    bot.private()
    return bot.store.submissions()[0].id


def test_the_home_tab_says_who_speaks_and_what_is_kept(bot: Bot, slack: SlackEmulator) -> None:
    shown = json.dumps(home(slack), ensure_ascii=False)
    assert "Harbor, harbor@0" in shown
    assert "What is kept" in shown
    assert "Nothing yet." in shown


def test_what_was_handed_in_is_listed_and_can_be_withdrawn(bot: Bot, slack: SlackEmulator) -> None:
    submission = hand_in(bot, slack)
    view = home(slack)
    assert submission[:10] in json.dumps(view)
    slack.click_view(view["id"], "U1", WITHDRAW, value=submission)
    assert "*withdrawn*" in shows(slack, "is withdrawn.")
    assert [s.state for s in bot.store.submissions()] == ["withdrawn"]


def test_what_somebody_else_handed_in_cannot_be_withdrawn(bot: Bot, slack: SlackEmulator) -> None:
    submission = hand_in(bot, slack)
    mine = bot.store.submission(submission)
    bot.store.submit(mine.__class__("other", "harbor", "T1/U2", mine.messages))
    view = home(slack)
    for block in view["blocks"]:
        if "accessory" in block:
            block["accessory"]["value"] = "other"
    slack.click_view(view["id"], "U1", WITHDRAW, value="other")
    shows(slack, "no such submission of yours")
    assert {s.state for s in bot.store.submissions()} == {"waiting"}


def test_a_person_opts_out_and_in_again(bot: Bot, slack: SlackEmulator) -> None:
    slack.click_view(home(slack)["id"], "U1", OPT_OUT)
    shows(slack, "You have opted out")
    assert bot.store.opted_out("T1/U1")
    slack.click_view(slack.homes["U1"]["id"], "U1", OPT_IN)
    shows(slack, "You have opted in again")
    assert not bot.store.opted_out("T1/U1")


def test_a_person_is_forgotten_after_saying_so_twice(bot: Bot, slack: SlackEmulator) -> None:
    hand_in(bot, slack)
    view = home(slack)
    (forget,) = [e for b in view["blocks"] for e in b.get("elements") or [] if e.get("action_id") == FORGET]
    assert forget["confirm"]["title"]["text"] == "Erase everything?"
    slack.click_view(view["id"], "U1", FORGET)
    shows(slack, "1 conversations and 1 examples of yours were erased")
    assert (bot.store.count(), bot.store.submissions()) == (0, [])


def test_the_messages_tab_suggests_at_most_four_prompts(bot: Bot, slack: SlackEmulator) -> None:
    slack.open_home("U1", "messages")
    slack.wait_call("assistant.threads.setSuggestedPrompts")
    shown = slack.prompts["DU1"]
    assert [p["message"] for p in shown["prompts"]][:2] == ["Where is my order?", "Can I return this?"]
    assert len(shown["prompts"]) == 4
    assert shown["thread_ts"] is None


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("help", "Mention me in a channel"),
        ("", "Mention me in a channel"),
        ("status", "Here speaks *Harbor*, version harbor@0."),
        ("privacy", "*What is kept:*"),
        ("forget", "This cannot be undone"),
        ("dance <!channel>", "`dance &lt;!channel&gt;` is not known here."),
    ],
)
def test_commands_are_answered_in_private(bot: Bot, slack: SlackEmulator, word: str, answer: str) -> None:
    envelope = slack.slash("/brandvoice", word, "U1", "C1")
    slack.wait_ack(envelope)
    assert answer in json.dumps(slack.ephemerals[0]["blocks"], ensure_ascii=False)
    assert slack.bot_messages("C1") == []


def test_forgetting_by_command(bot: Bot, slack: SlackEmulator) -> None:
    bot.answered()
    slack.wait_ack(slack.slash("/brandvoice", "forget", "U1", "C1"))
    slack.click("C1", slack.ephemerals[0]["ts"], "U1", FORGET)
    shows(slack, "1 conversations and 0 examples of yours were erased")
    assert bot.store.count() == 0


@pytest.mark.parametrize("named", ["U1", "S1"])
def test_who_may_approve_hears_how_much_waits(bot_with: MakeBot, slack: SlackEmulator, named: str) -> None:
    slack.usergroups["S1"] = ["U1"]
    assert slack.workspace.grants.scopes is not None
    slack.workspace.grants.scopes.add("usergroups:read")  # optional: whoever installs the app grants it or not
    bot_with(Options(approvers=(named,)))
    for user in ("U1", "U2"):
        slack.wait_ack(slack.slash("/brandvoice", "status", user, "C1"))
    assert ["You may approve" in json.dumps(shown) for shown in slack.ephemerals] == [True, False]
