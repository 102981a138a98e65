"""Examples: handing in an exchange as training data, after a look at what would be kept of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from bots.contributions import CONSENT, Preview
from bots.slack import texts
from bots.slack.blocks import Json, modal, quotation, section, small
from bots.slack.carried import About, opened, sealed
from bots.slack.desk import Desk
from bots.slack.failures import SLACK_FAILURES, reason
from bots.slack.inbox import plain_text
from bots.slack.listening import channel_of, refusals_told, thread_of, view_refusals_shown
from bots.slack.places import person
from bots.slack.teams import Team
from bots.slack.telling import tell_privately
from conversations.errors import NotFound, StoreError
from conversations.messages import Message

SHORTCUT: Final = "save_example"
FORM: Final = "brandvoice_example_form"
_SHOWN: Final = 12  # messages in the preview; a view holds 100 blocks and 250 kB
_READ: Final = 100  # messages of a thread between people
_NAMES: Final = {"user": "Person", "assistant": "Reply", "system": "Instructions"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """Messages that end with the one that somebody chose, and the style they are an example of."""

    messages: tuple[Message, ...]
    style: str


class Examples:
    """Our own answers come from the store; what people wrote to each other is read when one of them hands it in."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, app: AsyncApp) -> None:
        app.shortcut(SHORTCUT)(self._show)
        app.view(FORM)(self._take)

    async def _show(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        team, user = await self._desk.team(context), body["user"]["id"]
        async with refusals_told(team, body):
            await self._desk.contributor(team, user)
            carried = await self._carried(team, body)
            exchange = await self._exchange(team, user, carried)
            preview = await asyncio.to_thread(self._desk.contributions.preview, exchange.messages)
            view = modal(
                FORM, "Save as example", _shown(preview), submit="Hand in", carried=sealed(carried, team, user)
            )
            await team.client.views_open(trigger_id=body["trigger_id"], view=view)

    async def _take(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        team, user = await self._desk.team(context), body["user"]["id"]
        async with view_refusals_shown(ack):
            carried = opened(body["view"]["private_metadata"], team, user)
            giver = await self._desk.contributor(team, user)
            exchange = await self._exchange(team, user, carried)
            submission = await self._desk.contributions.submit(exchange.messages, style=exchange.style, person=giver)
            await ack()
            text, thread = texts.receipt(submission.id), carried.thread or None
            await tell_privately(team, carried.channel, user, text=text, thread=thread)

    async def _carried(self, team: Team, body: Json) -> About:
        message, channel = body["message"], channel_of(body)
        reply = ""
        if message.get("bot_id") == team.bot_id:
            reply = (await self._desk.meant(team, channel, message)).id
        return About(channel, thread_of(body), str(message["ts"]), reply)

    async def _exchange(self, team: Team, user: str, carried: About) -> Exchange:
        if carried.reply:
            known = await self._desk.known(team, carried.channel, carried.reply)
            messages = await self._desk.contributions.conversation_up_to(known.conversation, known.id)
            return Exchange(messages, await self._desk.contributions.style_of(known.conversation))
        messages = await self._thread_up_to(team, carried)
        return Exchange(messages, self._desk.style_in(team, carried.channel, user))

    async def _thread_up_to(self, team: Team, carried: About) -> tuple[Message, ...]:
        """What people wrote to each other; whoever wrote the chosen message speaks for the brand in it."""
        if not carried.thread or carried.thread == carried.ts:
            raise StoreError("An example needs a question and a reply. Choose a reply in a thread.")
        said = await self._read_thread(team, carried)
        if not said or said[-1]["ts"] != carried.ts:
            raise NotFound("That message is not there any more.")
        authors = {str(message["user"]) for message in said}
        for author in sorted(authors):
            if await self._desk.contributions.opted_out(person(team.id, author)):
                raise StoreError("Somebody who wrote in it does not want their text used. It was not kept.")
        speaker = said[-1]["user"]
        turns = [_turn(message, team, is_reply=message["user"] == speaker) for message in said]
        messages = _merged(turns)
        if messages[0].role != "user":
            raise StoreError("An example begins with what somebody else asked. Choose a later reply.")
        return messages

    async def _read_thread(self, team: Team, carried: About) -> list[Json]:
        try:
            answer = await team.client.conversations_replies(
                channel=carried.channel, ts=carried.thread, latest=carried.ts, inclusive=True, limit=_READ
            )
        except SLACK_FAILURES as failure:
            raise NotFound(
                f"I cannot read this thread ({reason(failure)}). Invite me to the channel, then try again."
            ) from failure
        return [m for m in answer["messages"] if m.get("user") and not m.get("bot_id") and m.get("text")]


def _turn(message: Json, team: Team, *, is_reply: bool) -> Message:
    author, text = person(team.id, message["user"]), plain_text(message["text"], team)
    return Message("assistant" if is_reply else "user", text, author=author)


def _merged(turns: Sequence[Message]) -> tuple[Message, ...]:
    """Neighbours of one role as one message."""
    merged: list[Message] = []
    for turn in turns:
        if merged and merged[-1].role == turn.role and merged[-1].author == turn.author:
            text = f"{merged[-1].content}\n{turn.content}"
            merged[-1] = Message(turn.role, text, author=turn.author)
        else:
            merged.append(turn)
    return tuple(merged)


def _shown(preview: Preview) -> list[Json]:
    last = preview.messages[-_SHOWN:]
    earlier = len(preview.messages) - len(last)
    blocks = [section("This is what would be kept:")]
    if earlier:
        blocks.append(small(f"… and {earlier} earlier messages of this conversation."))
    blocks += [quotation(_NAMES[message.role], message.content) for message in last]
    return [*blocks, small(preview.sentence), small(CONSENT)]
