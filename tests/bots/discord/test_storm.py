"""A storm: many people at once, while deliveries come twice and the gateway is cut."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

from bots.limits import Limits
from brandvoice.testing import ScriptedEngine
from conversations.store import ConversationStore
from tests.bots.discord.desk import Bot, Json, is_finished, serving
from tests.emulators.discord import DiscordEmulator

PEOPLE, CHANNELS, QUESTIONS = 40, 50, 200
SECONDS = 10.0
CUTS = {25: 4009, 75: None, 125: 4009, 175: None}


def storm(bot: Bot) -> list[Json]:
    """What was asked: every tenth question comes once more, and now and then the connection is cut."""
    asked, began = [], time.monotonic()
    for number in range(QUESTIONS):
        asked.append(bot.ask(f"question {number}", channel=f"X{number % CHANNELS}", user=f"p{number % PEOPLE}"))
        if number % 10 == 9:
            bot.disc._world.events.message_created(bot.disc.message(asked[number - 5]["id"]))
        if number in CUTS:
            bot.disc.drop(CUTS[number])
        time.sleep(max(0.0, began + (number + 1) * SECONDS / QUESTIONS - time.monotonic()))
    return asked


@pytest.mark.slow
def test_two_hundred_mentions_in_ten_seconds_are_each_answered_once(
    disc: DiscordEmulator, store: ConversationStore, engine: ScriptedEngine, tmp_path: Path
) -> None:
    for number in range(CHANNELS):
        disc.add_channel(f"X{number}", f"talk-{number}")
    for number in range(PEOPLE):
        disc.add_member(f"p{number}")
    with serving(disc, store, engine, folder=tmp_path, limits=Limits(per_person=QUESTIONS)) as bot:
        asked = storm(bot)
        for number in range(CHANNELS):
            disc.wait_reply(f"X{number}", 20, nth=QUESTIONS // CHANNELS, where=is_finished)
        disc.settle(0.5)
        answered = Counter(m["message_reference"]["message_id"] for n in range(CHANNELS) for m in said(bot, f"X{n}"))
    assert answered == {question["id"]: 1 for question in asked}
    assert len(engine.requests) == QUESTIONS
    assert all(is_finished(message) for number in range(CHANNELS) for message in said(bot, f"X{number}"))
    kept = Counter(message.role for talk in store.conversations(None) for message in talk.messages)
    assert kept == {"user": QUESTIONS, "assistant": QUESTIONS}
    assert [what for what, _ in disc.gateway_log].count("resume") == len(CUTS)
    assert not list((tmp_path / "discord" / "answers").glob("*"))


def said(bot: Bot, channel: str) -> list[Json]:
    return bot.disc.bot_messages(channel)
