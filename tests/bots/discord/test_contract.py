"""Discord does what every platform has to do."""

from __future__ import annotations

import pytest

from tests.bots.discord.desk import Bot, Json
from tests.bots.platform_contract import *  # noqa: F403 (the tests of the contract)


class DiscordStage:
    lacks = frozenset[str]()

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._disc = bot.disc
        self.engine, self.store = bot.engine, bot.store

    def ask(self, text: str, *, after: Json | None = None) -> Json:
        return self._bot.ask(text, **({"reply_to": self._answer(after)} if after else {}))

    def shown(self, question: Json) -> str:
        self._answer(question)
        self._disc.settle(0.4)
        return "\n".join(self._bot.said())

    def wait_for_words(self, question: Json) -> None:
        self._answer(question)

    def deliver_again(self, question: Json) -> None:
        self._disc._world.events.message_created(self._disc.message(question["id"]))

    def stop(self, question: Json) -> None:
        self._disc.click(self._answer(question), "ann", label="Stop")

    def vote(self, question: Json, thumb: str) -> None:
        self._disc.click(self._bot.answer(), "ann", label={"up": "👍", "down": "👎"}[thumb])
        self._disc.wait_for(lambda: [f for f in self.store.feedback() if f.thumb == thumb])

    def better(self, question: Json, text: str) -> None:
        self._disc.click(self._bot.answer(), "ann", label="✏️")
        self._disc.wait_modal("ann")
        self._disc.submit_modal("ann", {"better": text})
        self._disc.wait_private("ann")

    def _answer(self, question: Json) -> Json:
        """The message that replies to a question."""
        return self._disc.wait_reply(
            "C1", where=lambda reply: (reply.get("message_reference") or {}).get("message_id") == question["id"]
        )


@pytest.fixture
def stage(bot: Bot) -> DiscordStage:
    return DiscordStage(bot)
