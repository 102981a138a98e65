"""A storm: many people at once, while deliveries come twice and sockets are cut."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from bots.limits import Limits
from brandvoice.testing import ScriptedEngine
from conversations.store import ConversationStore
from tests.bots.slack.desk import Bot, MakeBot
from tests.emulators.slack import Json, SlackEmulator

PEOPLE, CHANNELS, QUESTIONS = 40, 20, 200
SECONDS = 10.0
CUTS = {60: {"graceful": False}, 140: {"graceful": True}}


def storm(bot: Bot) -> list[Json]:
    """What was asked: every tenth event comes once more, and now and then the socket is cut."""
    asked, began = [], time.monotonic()
    for number in range(QUESTIONS):
        asked.append(bot.ask(f"question {number}", channel=f"CX{number % CHANNELS}", user=f"UX{number % PEOPLE}"))
        if number % 10 == 9:
            bot.slack.deliver_again(bot.slack.envelopes[-10])
        if number in CUTS:
            bot.slack.drop_sockets(**CUTS[number])
        time.sleep(max(0.0, began + (number + 1) * SECONDS / QUESTIONS - time.monotonic()))
    return asked


@pytest.mark.slow
def test_two_hundred_mentions_in_ten_seconds_are_each_answered_once(
    bot_with: MakeBot, slack: SlackEmulator, store: ConversationStore, engine: ScriptedEngine
) -> None:
    for number in range(PEOPLE):
        slack.add_user(f"UX{number}", f"p{number}")
    for number in range(CHANNELS):
        slack.add_channel(f"CX{number}", f"talk-{number}")
    bot = bot_with(limits=Limits(per_person=QUESTIONS))
    asked = storm(bot)
    for question in asked:
        slack.wait_reply(question["channel"], question["ts"], timeout=20)
    slack.wait_delivered(20)
    slack.settle(quiet=0.5)
    assert [len(slack.bot_messages(question["channel"], question["ts"])) for question in asked] == [1] * QUESTIONS
    assert len(engine.requests) == QUESTIONS
    kept = Counter(message.role for talk in store.conversations(None) for message in talk.messages)
    assert kept == {"user": QUESTIONS, "assistant": QUESTIONS}
    assert slack.connections > len(CUTS)
    assert slack.rate_violations == []
