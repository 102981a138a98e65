"""Slack does what every platform has to do."""

from __future__ import annotations

import pytest

from bots.slack.controls import BETTER
from tests.bots.platform_contract import *  # noqa: F403 (the tests of the contract)
from tests.bots.slack.desk import Bot, markdown_of
from tests.emulators.slack import Json


class SlackStage:
    lacks = frozenset[str]()

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._slack = bot.slack
        self._private = 0
        self.engine, self.store = bot.engine, bot.store

    def ask(self, text: str, *, after: Json | None = None) -> Json:
        return self._bot.ask(text, **({"thread_ts": after["ts"]} if after else {}))

    def shown(self, question: Json) -> str:
        thread = question.get("thread_ts") or question["ts"]
        self._slack.wait_reply("C1", thread, nth=2 if "thread_ts" in question else 1)
        self._slack.settle(quiet=0.2)
        return "\n".join(markdown_of(message) for message in self._slack.bot_messages("C1", thread))

    def wait_for_words(self, question: Json) -> None:
        self._slack.wait_call("chat.startStream")

    def deliver_again(self, question: Json) -> None:
        for envelope in list(self._slack.envelopes):
            if envelope.payload["event"]["ts"] == question["ts"]:
                self._slack.deliver_again(envelope)

    def stop(self, question: Json) -> None:
        self._slack.stop_session("C1", question["ts"], "U1")

    def vote(self, question: Json, thumb: str) -> None:
        self._bot.vote(self._bot.answer(question), thumb)
        self._slack.wait_for(lambda: [f for f in self.store.feedback() if f.thumb == thumb])

    def better(self, question: Json, text: str) -> None:
        self._slack.click("C1", self._bot.answer(question)["ts"], "U1", BETTER)
        self._slack.submit_view(self._slack.wait_view("U1")["id"], "U1", {"better": text})


@pytest.fixture
def stage(bot: Bot) -> SlackStage:
    return SlackStage(bot)
