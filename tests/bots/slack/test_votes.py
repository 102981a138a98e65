"""Votes and better answers: once for each person, with the version, and only where they belong."""

from __future__ import annotations

import json

import pytest

from bots.slack.controls import AGAIN, BETTER, VOTE
from tests.bots.slack.desk import Bot, MakeBot, reply_id
from tests.emulators.slack import Json, SlackEmulator


def given(bot: Bot) -> list[tuple[str, str | None, str | None]]:
    return [(f.person, f.thumb, f.voice) for f in bot.store.feedback()]


def test_a_thumb_up_is_kept_with_the_version_and_thanked_in_private(bot: Bot, slack: SlackEmulator) -> None:
    reply = bot.answered()
    bot.vote(reply, "up")
    assert bot.private() == "Thank you. You found this answer good."
    assert given(bot) == [("T1/U1", "up", "harbor@0")]
    assert slack.message("C1", reply["ts"]) == reply  # what others see does not give a vote away


def test_a_vote_can_be_changed_and_taken_back(bot: Bot, slack: SlackEmulator) -> None:
    reply = bot.answered()
    bot.vote(reply, "down")
    slack.wait_view("U1")
    bot.vote(reply, "up")
    bot.private()
    bot.vote(reply, "up", user="U2")
    bot.private(2)
    assert given(bot) == [("T1/U1", "up", "harbor@0"), ("T1/U2", "up", "harbor@0")]
    slack.click("C1", slack.ephemerals[0]["ts"], "U1", "brandvoice_undo")
    slack.wait_for(lambda: slack.ephemerals[0]["text"] == "Your vote is taken back.")
    assert given(bot) == [("T1/U2", "up", "harbor@0")]


def test_a_thumb_down_asks_why_at_once_and_a_better_answer_waits_for_review(bot: Bot, slack: SlackEmulator) -> None:
    reply = bot.answered()
    bot.vote(reply, "down")
    view = slack.wait_view("U1")
    assert given(bot) == [("T1/U1", "down", "harbor@0")]  # also for those who close the form
    same = slack.submit_view(view["id"], "U1", {"better": "Your parcel is on its way."})
    assert "This is what I said already" in same["errors"]["better"]
    form = {"reason": "tone", "comment": "too cold", "better": "Good news, your parcel is nearly there!"}
    assert slack.submit_view(view["id"], "U1", form) is None
    assert "waits for review by somebody else" in bot.private()
    (feedback,) = bot.store.feedback()
    assert (feedback.thumb, feedback.reason, feedback.comment) == ("down", "It does not sound like us", "too cold")
    (submission,) = bot.store.submissions()
    assert (submission.state, submission.person, submission.replaces) == ("waiting", "T1/U1", reply_id(reply))
    assert [m.content for m in submission.messages] == [
        "Where is my parcel?",
        "Good news, your parcel is nearly there!",
    ]
    assert submission.id[:10] in bot.private()


@pytest.mark.parametrize("way", ["button", "shortcut"])
def test_a_better_answer_starts_from_the_answer(bot: Bot, slack: SlackEmulator, way: str) -> None:
    reply = bot.answered()
    if way == "button":
        slack.click("C1", reply["ts"], "U2", BETTER)
    else:
        slack.message_shortcut("better_answer", "U2", "C1", reply["ts"])
    view = slack.wait_view("U2")
    (field,) = [block for block in view["blocks"] if block["type"] == "input"]
    assert field["element"]["initial_value"] == "Your parcel is on its way."
    slack.submit_view(view["id"], "U2", {"better": "It left today."})
    assert "waits for review" in bot.private()
    assert [s.person for s in bot.store.submissions(state="waiting")] == ["T1/U2"]


def test_an_answer_too_long_for_a_form_is_not_filled_in(bot: Bot, slack: SlackEmulator) -> None:
    bot.engine.scripts = ["Long words. " * 300]
    reply = bot.answered()
    slack.click("C1", reply["ts"], "U1", BETTER)
    view = slack.wait_view("U1")
    (field,) = [block for block in view["blocks"] if block["type"] == "input"]
    assert "initial_value" not in field["element"]
    assert "longer than the 3,000 characters" in field["hint"]["text"]


@pytest.mark.parametrize("who", ["guest", "stranger", "bot", "gone"])
def test_votes_and_examples_of_guests_strangers_and_bots_do_not_count(bot: Bot, slack: SlackEmulator, who: str) -> None:
    marks: Json = {
        "guest": {"is_restricted": True},
        "stranger": {"team": "T9"},
        "bot": {"is_bot": True},
        "gone": {"deleted": True},
    }
    slack.add_user("U7", "seven", **marks[who])
    slack.channels["C1"]["members"].append("U7")
    reply = bot.answered()
    bot.vote(reply, "down", user="U7")
    bot.private()
    slack.click("C1", reply["ts"], "U7", BETTER)
    bot.private(2)
    slack.message_shortcut("save_example", "U7", "C1", reply["ts"])
    bot.private(3)
    assert (bot.store.feedback(), bot.store.submissions(), slack.view_stack["U7"]) == ([], [], [])


def forge(slack: SlackEmulator, channel: str, action: str, value: str, **more: object) -> None:
    """A press with a value that nobody was offered."""
    said = slack.user_says(channel, "U1", "a message")
    slack.messages[channel].append(
        {
            "type": "message",
            "ts": "1.1",
            "channel": channel,
            "user": slack.bot_user,
            "bot_id": slack.bot_id,
            "text": "x",
        }
        | {
            "blocks": [
                {
                    "type": "actions",
                    "block_id": "b",
                    "elements": [{"type": "button", "action_id": action, "value": value}],
                }
            ]
        }
        | more
    )
    assert said["channel"] == channel
    slack.click(channel, "1.1", "U1", action, value=value)


@pytest.mark.parametrize("action", [VOTE, AGAIN, BETTER])
def test_an_answer_of_another_channel_cannot_be_reached_by_its_id(bot: Bot, slack: SlackEmulator, action: str) -> None:
    secret = reply_id(bot.answered(channel="G1"))
    forge(slack, "C2", action, f"up:{secret}" if action == VOTE else secret)
    assert bot.private() == "That answer is not there any more."
    assert bot.store.feedback() == []
    assert len(bot.engine.requests) == 1


@pytest.mark.parametrize("value", ["up:nothing", "sideways:x", "", "up:" + "x" * 1_000, "up:'; DROP TABLE messages"])
def test_a_made_up_id_finds_nothing(bot: Bot, slack: SlackEmulator, value: str) -> None:
    forge(slack, "C1", VOTE, value)
    assert bot.private() == "That answer is not there any more."


def test_a_vote_under_a_message_of_another_bot_does_not_count(bot: Bot, slack: SlackEmulator) -> None:
    reply = bot.answered()
    forge(slack, "C1", VOTE, f"up:{reply_id(reply)}", bot_id="BOTHER")
    assert bot.private() == "That answer is not there any more."
    assert bot.store.feedback() == []


@pytest.mark.parametrize("change", ["channel", "reply", "seal", "everything"])
def test_a_form_with_other_ids_in_it_is_not_taken(bot: Bot, slack: SlackEmulator, change: str) -> None:
    secret = bot.answered(channel="G1")
    reply = bot.answered()
    slack.click("C1", reply["ts"], "U1", BETTER)
    view = slack.wait_view("U1")
    carried = json.loads(view["private_metadata"])
    about = json.loads(carried["about"])
    about |= {"channel": "G1"} if change == "channel" else {"reply": reply_id(secret)}
    if change == "seal":
        carried["seal"] = "0" * 64
    else:
        carried["about"] = json.dumps(about)
    view["private_metadata"] = "nonsense" if change == "everything" else json.dumps(carried)
    shown = slack.submit_view(view["id"], "U1", {"better": "Something."})
    assert shown["response_action"] == "update"
    assert "expired" in shown["view"]["blocks"][0]["text"]["text"]
    assert (bot.store.feedback(), bot.store.submissions()) == ([], [])


def test_a_form_of_somebody_else_is_not_taken(bot: Bot, slack: SlackEmulator) -> None:
    reply = bot.answered()
    slack.click("C1", reply["ts"], "U1", BETTER)
    theirs = slack.wait_view("U1")["private_metadata"]
    slack.click("C1", reply["ts"], "U2", BETTER)
    mine = slack.wait_view("U2")
    mine["private_metadata"] = theirs
    assert slack.submit_view(mine["id"], "U2", {"better": "Something."})["response_action"] == "update"
    assert bot.store.submissions() == []


def test_who_opted_out_gives_no_better_answers(bot: Bot, slack: SlackEmulator) -> None:
    bot.store.opt_out("T1/U1")
    reply = bot.answered()
    slack.click("C1", reply["ts"], "U1", BETTER)
    view = slack.wait_view("U1")
    shown = slack.submit_view(view["id"], "U1", {"better": "Something."})
    assert "opted out" in shown["view"]["blocks"][0]["text"]["text"]
    assert (bot.store.feedback(), bot.store.submissions()) == ([], [])


def test_buttons_of_an_earlier_process_still_work(bot_with: MakeBot, slack: SlackEmulator) -> None:
    first = bot_with()
    reply = first.answered()
    first.run.terminate()
    again = bot_with()
    again.vote(reply, "up")
    assert "Thank you" in again.private()
    assert len(again.store.feedback()) == 1
