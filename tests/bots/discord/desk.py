"""The bot beside an emulated Discord, and what people do with it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bots.assistant import Assistant
from bots.discord.platform import Discord, Options
from brandvoice.testing import ScriptedEngine
from conversations.messages import Feedback, Message
from conversations.store import ConversationStore
from tests.bots.workplace import Running, assistant_on, contributions_to, running
from tests.emulators.discord import DiscordEmulator

Json = dict[str, Any]
OPTIONS = ("guilds", "message_content", "every", "approver_roles", "approvals", "votes", "look_every")


@dataclass(frozen=True, slots=True)
class Bot:
    disc: DiscordEmulator
    store: ConversationStore
    engine: ScriptedEngine
    assistant: Assistant
    run: Running

    def ask(self, text: str = "Where is my parcel?", *, channel: str = "C1", user: str = "ann", **more: Any) -> Json:
        """Somebody mentions the bot."""
        return self.disc.user_says(channel, user, f"<@{self.disc.bot_id}> {text}", **more)

    def answer(self, channel: str = "C1", *, nth: int = 1) -> Json:
        """The nth finished answer in a channel: the one with thumbs."""
        return self.disc.wait_reply(channel, nth=nth, where=is_finished)

    def answered(self, text: str = "Where is my parcel?", *, channel: str = "C1", nth: int = 1, **more: Any) -> Json:
        self.ask(text, channel=channel, **more)
        return self.answer(channel, nth=nth)

    def said(self, channel: str = "C1") -> list[str]:
        return [self.text(message) for message in self.disc.bot_messages(channel)]

    def text(self, message: Json) -> str:
        """What an answer says, without the line that says who wrote it."""
        text: str = message["content"].partition("\n-# Written by AI")[0]
        return text

    def kept_as(self, message: Json) -> str:
        return f"{message.get('guild_id') or 'dm'}/{message['channel_id']}/{message['id']}"

    def history(self, question: Json) -> tuple[Message, ...]:
        """The conversation that a question is in, as kept."""
        conversation, _ = self.store.message(self.kept_as(question))
        return self.store.history(conversation, 100)

    def feedback(self, reply: Json) -> list[Feedback]:
        return self.store.feedback(reply=reply_id(reply))

    def private(self, user: str = "ann", *, nth: int = 1) -> str:
        """The nth text that only one person saw."""
        return self.disc.text_of(self.disc.wait_private(user, nth=nth))

    def person(self, user: str) -> str:
        return f"discord/{self.disc.id(user)}"


def is_finished(message: Json) -> bool:
    return any(":up:" in custom_id for custom_id in custom_ids(message))


def custom_ids(message: Json) -> list[str]:
    return [child["custom_id"] for line in message["components"] for child in line.get("components", ())]


def reply_id(reply: Json) -> str:
    return custom_ids(reply)[0].rpartition(":")[2]


@contextlib.contextmanager
def serving(
    disc: DiscordEmulator, store: ConversationStore, engine: ScriptedEngine, *, folder: Path, **settings: Any
) -> Iterator[Bot]:
    """The bot at work; `settings` are options of the platform or of the assistant."""
    options = {"every": 0.2} | {name: settings.pop(name) for name in OPTIONS if name in settings}
    platform = Discord(
        disc.token,
        Options(
            folder / "discord",
            api_url=disc.api_url,
            gateway_url=disc.gateway_url,
            pause=0.0,
            **options,
        ),
        approvals=settings.pop("approvals_desk", None),
    )
    assistant = assistant_on(store, engine, folder, **settings)
    before = set(disc.sessions)
    with running(platform, assistant, contributions_to(store)) as run:
        disc.wait_for(lambda: set(disc.sessions) - before, 30, what="session")
        disc.wait_ready()
        yield Bot(disc, store, engine, assistant, run)
