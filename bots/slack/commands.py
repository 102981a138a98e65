"""Commands: `/brandvoice help|status|privacy|forget`, answered so that only who typed them sees it."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from bots.slack import texts
from bots.slack.blocks import Json, actions, section
from bots.slack.desk import Desk
from bots.slack.home import forget_button, opting_button
from bots.slack.markup import escaped
from bots.slack.places import PLATFORM, person
from bots.slack.speakers import speakers
from bots.slack.teams import Team
from conversations.errors import BrandvoiceError

COMMAND: Final = "/brandvoice"


class Commands:
    """What can be typed."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, app: AsyncApp) -> None:
        app.command(COMMAND)(self._answer)

    async def _answer(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        team, user = await self._desk.team(context), str(body["user_id"])
        word = str(body.get("text") or "").strip().lower()
        try:
            blocks = await self._blocks(word, team, user=user, channel=str(body["channel_id"]))
        except BrandvoiceError as error:
            blocks = [section(escaped(str(error)))]
        await ack(response_type="ephemeral", text=blocks[0]["text"]["text"], blocks=blocks)

    async def _blocks(self, word: str, team: Team, *, user: str, channel: str) -> list[Json]:
        if word == "status":
            return [section(await self._status(team, user=user, channel=channel))]
        if word == "privacy":
            out = await self._desk.contributions.opted_out(person(team.id, user))
            return [section(texts.STORED), actions(opting_button(out=out), forget_button())]
        if word == "forget":
            return [section(texts.FORGET_TEXT), actions(forget_button())]
        unknown = [] if word in ("", "help") else [section(f"`{escaped(word[:50])}` is not known here.")]
        return [*unknown, section(texts.HELP)]

    async def _status(self, team: Team, *, user: str, channel: str) -> str:
        style = self._desk.style_in(team, channel, user)
        voice = await asyncio.to_thread(self._desk.assistant.voice_for, style)
        mine = await self._desk.contributions.mine(person(team.id, user))
        waiting = sum(submission.state == "waiting" for submission in mine)
        everywhere = await asyncio.to_thread(speakers, self._desk.assistant, PLATFORM)
        return "\n".join(
            [
                f"Here speaks *{escaped(voice.style.display)}*, version {escaped(voice.reference)}.",
                f"You have handed in {len(mine)} examples; {waiting} of them wait for review.",
                *await self._to_decide(team, user=user, style=style),
                *(f"• {escaped(line)}" for line in everywhere),
            ]
        )

    async def _to_decide(self, team: Team, *, user: str, style: str) -> list[str]:
        if not await self._desk.people.may_approve(team, user):
            return []
        waiting = await self._desk.contributions.to_review(style, by=person(team.id, user))
        return [f"You may approve: {waiting} examples of others wait for your review."]
