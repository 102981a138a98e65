"""Once more: a new answer in place of the last one of a thread."""

from __future__ import annotations

import logging
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from bots.slack.blocks import Json
from bots.slack.controls import AGAIN, without_controls
from bots.slack.desk import Desk
from bots.slack.failures import SLACK_FAILURES, reason
from bots.slack.listening import channel_of, refusals_told
from bots.slack.markup import escaped
from bots.slack.places import PLATFORM, Question, person, place_of
from bots.slack.teams import Team
from bots.slack.typesetting import parts

log = logging.getLogger(__name__)


class Again:
    """Whoever presses it asks; once the new answer is there, the old one is forgotten and can no longer be judged."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, app: AsyncApp) -> None:
        app.action(AGAIN)(self._answer_again)

    async def _answer_again(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        team, channel, user = await self._desk.team(context), channel_of(body), body["user"]["id"]
        async with refusals_told(team, body):
            known = await self._desk.known(team, channel, str(body["actions"][0].get("value")))
            incoming = await self._desk.assistant.again(PLATFORM, known.id, person=person(team.id, user))
            place = place_of(incoming.place)
            ts = incoming.id.rpartition("/")[2]
            question = Question(place, ts, user, str(body["user"].get("team_id") or team.id))

            async def retire() -> None:
                await self._retire(team, body, known.message.content)

            self._desk.answers.begin(team, question, incoming, then=retire)

    async def _retire(self, team: Team, body: Json, text: str) -> None:
        """Take the controls off the old answer."""
        last = parts(text)[-1]
        blocks = without_controls(last, "A newer answer stands below.")
        fallback = escaped(last)[:3_000]
        ts = body["message"]["ts"]
        try:
            await team.client.chat_update(channel=channel_of(body), ts=ts, text=fallback, blocks=blocks)
        except SLACK_FAILURES as failure:
            log.info("an old answer keeps its controls: %s", reason(failure))
