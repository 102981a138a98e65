"""Streams: in parts, at Slack's pace, and another way when Slack refuses to stream."""

from __future__ import annotations

import pytest

from bots.assistant import Limits
from bots.slack import status, writer
from bots.slack.pacing import Meter
from brandvoice.testing import ScriptedEngine
from tests.bots.slack.desk import Bot, MakeBot, markdown_of, reply_id
from tests.emulators.slack import Json, SlackEmulator

LONG = "\n\n".join(f"Paragraph {n}. " + "It says something about boats. " * 20 for n in range(30))


@pytest.fixture
def long(engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long answer, a paragraph at a time, every one of them shown at once."""
    engine.scripts = [[f"{paragraph}\n\n" for paragraph in LONG.split("\n\n")]]
    monkeypatch.setattr(writer, "EVERY", 0.0)


def whole(messages: list[Json]) -> str:
    """What the messages of an answer say together."""
    return "\n\n".join(markdown_of(message).strip() for message in messages)


def buttons(message: Json) -> list[str]:
    return [block["type"] for block in message.get("blocks") or [] if block["type"].endswith("actions")]


@pytest.mark.usefixtures("long")
def test_a_long_answer_rolls_over_and_has_its_buttons_under_the_last_part(bot: Bot, slack: SlackEmulator) -> None:
    question = bot.ask()
    slack.wait_call("chat.stopStream", nth=3)
    slack.settle(quiet=0.2)
    messages = slack.bot_messages("C1", question["ts"])
    assert [buttons(message) for message in messages] == [[], [], ["context_actions", "actions"]]
    assert all(len(message["streamed"].encode()) < 9_500 for message in messages)
    assert whole(messages).split() == LONG.split()
    assert bot.history(question)[-1].content == LONG.strip()


@pytest.mark.parametrize("error", ["internal_error", "not_allowed_token_type", "method_not_supported_for_channel_type"])
def test_an_answer_that_cannot_stream_comes_as_one_message(bot: Bot, slack: SlackEmulator, error: str) -> None:
    slack.fail_next("chat.startStream", error)
    question = bot.ask()
    reply = bot.answer(question)
    assert whole([reply]) == "Your parcel is on its way."
    assert buttons(reply) == ["context_actions", "actions"]
    assert (reply["unfurl_links"], reply["unfurl_media"]) == (False, False)
    assert len(slack.bot_messages("C1", question["ts"])) == 1


@pytest.mark.parametrize("method", ["chat.appendStream", "chat.stopStream"])
def test_a_stream_that_breaks_is_completed_in_its_place(bot: Bot, slack: SlackEmulator, method: str) -> None:
    bot.engine.scripts = ["First words, " + "and more of them " * 5]
    bot.engine.delay = 0.07  # long enough for an addition
    slack.fail_next(method, "internal_error")
    question = bot.ask()
    reply = bot.answer(question)
    slack.wait_for(lambda: buttons(reply), what="buttons")
    slack.settle(quiet=0.2)
    assert slack.bot_messages("C1", question["ts"]) == [reply]
    assert whole([reply]).startswith("First words, and more of them")
    assert len(slack.calls("chat.update")) == 1


def test_a_stream_that_slack_ended_is_completed_by_an_update(bot: Bot, slack: SlackEmulator) -> None:
    slack.rules.stream_lifetime = 0.1
    bot.engine.scripts = ["word " * 20]
    bot.engine.delay = 0.05
    question = bot.ask()
    slack.wait_call("chat.update")
    slack.settle(quiet=0.2)
    (reply,) = slack.bot_messages("C1", question["ts"])
    assert whole([reply]) == "word " * 19 + "word"
    assert buttons(reply) == ["context_actions", "actions"]


def test_above_the_limit_of_starts_answers_come_whole_and_nothing_is_refused(bot: Bot, slack: SlackEmulator) -> None:
    slack.enforce_rates = True
    questions = [
        bot.ask(channel=channel, user=user) for channel in ("C1", "C2", "G1") for user in ("U1", "U2") for _ in range(4)
    ]
    for question in questions:
        bot.answer(question)
    assert len(slack.calls("chat.startStream")) == 18
    assert len(slack.calls("chat.postMessage")) == 6
    assert slack.rate_violations == []


def test_a_rate_limit_of_slack_is_waited_out(bot: Bot, slack: SlackEmulator) -> None:
    slack.fail_next("chat.startStream", status=429, retry_after=1)
    reply = bot.answered()
    assert whole([reply]) == "Your parcel is on its way."
    assert [call.http_status for call in slack.calls("chat.startStream")] == [429, 200]


def test_words_do_not_wait_for_a_status_that_slack_delays(
    bot: Bot, slack: SlackEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "LONGEST", 0.2)
    slack.fail_next("assistant.threads.setStatus", status=429, retry_after=30)
    slack.fail_next("agents.sessions.setStatus", "not_allowed")
    reply = bot.answered()
    assert whole([reply]) == "Your parcel is on its way."
    assert len(slack.calls("agents.sessions.setStatus")) == 1


def test_stop_ends_the_answer_with_what_was_said(bot: Bot, slack: SlackEmulator) -> None:
    bot.engine.scripts = ["one two three four five six seven eight nine ten"]
    bot.engine.delay = 0.1
    question = bot.ask()
    slack.wait_call("chat.startStream")
    assert slack.sessions["C1", question["ts"]]["status"] == "processing"
    slack.stop_session("C1", question["ts"], "U1")
    slack.wait_call("chat.update")
    slack.settle(quiet=0.3)
    (reply,) = slack.bot_messages("C1", question["ts"])
    said = bot.history(question)[-1]
    assert said.content.startswith("one")
    assert said.content.endswith("…")
    assert "ten" not in said.content
    assert whole([reply]) == said.content
    assert slack.sessions["C1", question["ts"]]["status"] == "active"
    assert bot.engine.closed == 1


def test_an_engine_that_fails_is_one_plain_sentence_with_a_reference(bot: Bot, slack: SlackEmulator) -> None:
    bot.engine.scripts = [RuntimeError("secret path /var/model")]
    question = bot.ask()
    reply = bot.answer(question)
    assert "Something went wrong while answering. Please try again (reference " in reply["text"]
    assert "secret" not in reply["text"]
    slack.settle(quiet=0.2)
    assert len(slack.bot_messages("C1", question["ts"])) == 1
    assert slack.sessions["C1", question["ts"]]["status"] == "active"


def test_filters_change_an_answer_before_anybody_sees_it(bot_with: MakeBot, slack: SlackEmulator) -> None:
    bot = bot_with(reply_filters=[lambda text: text.replace("parcel", "[hidden]")])
    reply = bot.answered()
    assert whole([reply]) == "Your [hidden] is on its way."
    assert not any("parcel" in str(call.params) for call in slack.calls())


def test_a_new_answer_takes_the_place_of_the_last_one(bot: Bot, slack: SlackEmulator) -> None:
    bot.engine.scripts = ["The first.", "The second."]
    question = bot.ask()
    first = bot.answer(question)
    slack.click("C1", first["ts"], "U1", "brandvoice_again")
    second = bot.answer(question, nth=2)
    slack.wait_call("chat.update")
    assert [m.content for m in bot.history(question)] == ["Where is my parcel?", "The second."]
    old = slack.message("C1", first["ts"])
    assert buttons(old) == []
    assert "The first." in slack.text_of(old)
    assert reply_id(second) != reply_id(first)


def test_only_the_last_answer_can_be_given_anew(bot: Bot, slack: SlackEmulator) -> None:
    question = bot.ask()
    first = bot.answer(question)
    bot.answer(bot.ask("more", thread_ts=question["ts"]), nth=2)
    slack.click("C1", first["ts"], "U1", "brandvoice_again")
    assert "Only the last answer" in bot.private()


def test_new_answers_count_against_the_limits(bot_with: MakeBot, slack: SlackEmulator) -> None:
    bot = bot_with(limits=Limits(per_person=1))
    reply = bot.answered()
    slack.click("C1", reply["ts"], "U1", "brandvoice_again")
    assert "Please try again in" in bot.private()
    assert len(bot.engine.requests) == 1


def test_a_meter_counts_one_minute() -> None:
    now = [0.0]
    meter = Meter(2, clock=lambda: now[0])
    assert [meter.take(), meter.take(), meter.take()] == [True, True, False]
    now[0] = 60.0
    assert meter.take(2)
    assert not meter.take()
