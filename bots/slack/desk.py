"""The desk: what every listener works with."""

from __future__ import annotations

from dataclasses import dataclass

from slack_bolt.async_app import AsyncBoltContext

from bots.assistant import Assistant, Incoming
from bots.contributions import Contributions
from bots.slack.answers import Answers
from bots.slack.blocks import Json
from bots.slack.controls import named_reply
from bots.slack.people import People
from bots.slack.places import PLATFORM, channel_within, person
from bots.slack.teams import Team, Teams
from conversations.errors import LimitReached, NotFound
from conversations.messages import Message
from conversations.store import ConversationStore


@dataclass(frozen=True, slots=True)
class Known:
    """A reply of ours that somebody means, found in the store."""

    id: str
    conversation: str
    message: Message


@dataclass(frozen=True, slots=True)
class Desk:
    """The assistant, what people give back, and who they are."""

    assistant: Assistant
    contributions: Contributions
    teams: Teams
    people: People
    answers: Answers

    @property
    def store(self) -> ConversationStore:
        return self.contributions.store

    async def team(self, context: AsyncBoltContext) -> Team:
        """The workspace that something came from."""
        return await self.teams.find(context.team_id or "", enterprise=context.enterprise_id)

    async def contributor(self, team: Team, user: str) -> str:
        """The name under which a person contributes. Raises LimitReached for those who may not."""
        refusal = await self.people.refusal(team, user)
        if refusal:
            raise LimitReached(refusal)
        return person(team.id, user)

    async def known(self, team: Team, channel: str, reply: str) -> Known:
        """The reply with the id, if we said it in this very channel. Raises NotFound."""
        within = channel_within(team.id, channel)
        conversation, message = await self.contributions.reply_at(reply, platform=PLATFORM, within=within)
        return Known(reply, conversation, message)

    async def meant(self, team: Team, channel: str, message: Json) -> Known:
        """The reply that a message of ours in Slack shows, or a part of it. Raises NotFound."""
        if message.get("bot_id") != team.bot_id:
            raise NotFound("That is not one of my answers.")
        reply = named_reply(message) or _reply_in_metadata(message)
        if not reply:
            raise NotFound("This is only a part of my answer. Please use the last part, the one with the buttons.")
        return await self.known(team, channel, reply)

    def style_in(self, team: Team, channel: str, user: str) -> str:
        """The style that speaks in a channel. Raises NotFound where none is assigned."""
        return self.assistant.style_for(Incoming(PLATFORM, channel, "", person(team.id, user), "", ""))


def _reply_in_metadata(message: Json) -> str | None:
    reply: str | None = ((message.get("metadata") or {}).get("event_payload") or {}).get("reply")
    return reply
