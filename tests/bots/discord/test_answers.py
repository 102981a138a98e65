"""Answers in Discord: to whom, where, how often, and what is kept of them."""

from __future__ import annotations

from tests.bots.discord.desk import Bot, reply_id
from tests.emulators.discord import DiscordEmulator


def test_a_mention_gets_one_streamed_answer_as_a_reply_that_pings_nobody(bot: Bot, disc: DiscordEmulator) -> None:
    question = bot.ask()
    reply = bot.answer()
    disc.settle(0.2)
    assert reply["content"] == "Your parcel is on its way."
    assert reply["message_reference"]["message_id"] == question["id"]
    assert disc.bot_messages("C1") == [reply]
    assert disc.typing
    asked, said = bot.history(question)
    assert (asked.content, asked.author) == ("Where is my parcel?", bot.person("ann"))
    assert (said.content, said.voice, said.id) == ("Your parcel is on its way.", "harbor@0", reply_id(reply))
