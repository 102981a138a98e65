"""The bot beside an emulated Slack, and what people do with it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bots.assistant import Assistant
from bots.slack import Credentials, Options, Slack
from bots.slack.controls import VOTE
from brandvoice.testing import ScriptedEngine
from conversations.messages import Message
from conversations.store import ConversationStore
from tests.bots.workplace import Running, assistant_on, contributions_to, running
from tests.emulators.slack import Json, SlackEmulator


@dataclass(frozen=True, slots=True)
class Bot:
    slack: SlackEmulator
    store: ConversationStore
    engine: ScriptedEngine
    assistant: Assistant
    platform: Slack
    run: Running

    def ask(self, text: str = "Where is my parcel?", *, channel: str = "C1", user: str = "U1", **more: Any) -> Json:
        """Somebody mentions the bot."""
        return self.slack.user_says(channel, user, f"<@{self.slack.bot_user}> {text}", **more)

    def answer(self, question: Json, *, nth: int = 1) -> Json:
        """The nth message of the bot in the thread of a question."""
        thread = question.get("thread_ts") or question["ts"]
        return self.slack.wait_reply(question["channel"], thread, nth=nth)

    def answered(self, text: str = "Where is my parcel?", **more: Any) -> Json:
        return self.answer(self.ask(text, **more))

    def vote(self, reply: Json, thumb: str, user: str = "U1") -> None:
        self.slack.click(reply["channel"], reply["ts"], user, VOTE, value=f"{thumb}:{reply_id(reply)}")

    def history(self, question: Json) -> tuple[Message, ...]:
        """The conversation that a question is in, as kept."""
        conversation, _ = self.store.message(f"{self.slack.team}/{question['channel']}/{question['ts']}")
        return self.store.history(conversation, 100)

    def private(self, nth: int = 1) -> str:
        """The nth line that only one person saw."""
        self.slack.wait_for(lambda: len(self.slack.ephemerals) >= nth, what=f"private line {nth}")
        return str(self.slack.ephemerals[nth - 1]["text"])


def reply_id(reply: Json) -> str:
    return str(reply["metadata"]["event_payload"]["reply"])


def markdown_of(message: Json) -> str:
    """What a message of the bot says, without what stands under it."""
    blocks = message.get("blocks") or []
    return str(message.get("streamed") or next((b["text"] for b in blocks if b["type"] == "markdown"), message["text"]))


class MakeBot(Protocol):
    """The bot with other options, or an assistant with other settings."""

    def __call__(self, options: Options | None = None, **assistant_settings: Any) -> Bot: ...


@contextlib.contextmanager
def serving(
    slack: SlackEmulator,
    store: ConversationStore,
    engine: ScriptedEngine,
    *,
    credentials: Credentials,
    folder: Path,
    options: Options | None = None,
    **assistant_settings: Any,
) -> Iterator[Bot]:
    """The bot at work."""
    platform = Slack(credentials, options, approvals=assistant_settings.pop("approvals", None))
    assistant = assistant_on(store, engine, folder, **assistant_settings)
    connections = slack.connections
    with running(platform, assistant, contributions_to(store)) as run:
        if options is None or options.mode == "socket":
            slack.wait_connected(connection=connections + 1)
        yield Bot(slack, store, engine, assistant, platform, run)
        if not run.is_over:
            slack.wait_delivered()
