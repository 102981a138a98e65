"""Rounds in Slack: their cards in the approvals channel, and the people named there who decide."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_sdk.errors import SlackApiError

from bots.announcing import Announcer
from bots.approvals import Approvals, Card, Notice
from bots.slack.ballots import invitation_blocks
from bots.slack.blocks import Json, typed
from bots.slack.cards import APPROVE, REJECT, REJECT_FORM, ROLL_BACK, card_blocks, reject_form
from bots.slack.carried import About, opened, sealed
from bots.slack.desk import Desk
from bots.slack.failures import SLACK_FAILURES
from bots.slack.listening import channel_of, refusals_told, view_refusals_shown
from bots.slack.markup import escaped
from bots.slack.places import PLATFORM, person
from bots.slack.teams import Team, Teams
from bots.slack.telling import QUIET
from conversations.errors import NotFound, RoundRefused

METADATA: Final = "brandvoice_round"
NOT_AN_APPROVER: Final = (
    "Only the people named under [slack] approvers decide about rounds. Whoever runs me can add you."
)
NOT_HERE: Final = "Rounds are decided in the approvals channel only."
_PERSON: Final = re.compile(r"([TE][A-Z0-9]+)/([UW][A-Z0-9]+)")
_LOOKED_THROUGH: Final = 100  # messages, for one that an earlier process may have posted
_GONE: Final = ("message_not_found", "cant_update_message")
log = logging.getLogger(__name__)


class SlackBoard:
    """Puts up cards and invitations to vote. Messages carry the key of their news, so that none is posted twice."""

    def __init__(self, teams: Teams, channel: str, *, votes: str = "") -> None:
        """`votes` is the channel into which people are asked for blind votes."""
        self._teams = teams
        self._votes = votes
        self._team, _, self._channel = channel.rpartition("/")

    async def post(self, notice: Notice) -> str:
        team, channel = await self._teams.find(self._team), self._channel
        if notice.contest:
            name, _, channel = self._votes.rpartition("/")
            team = await self._teams.find(name)
        if notice.again and (found := await _posted(team, channel, notice.key)):
            return found
        return await _post(team, channel, notice)

    async def change(self, message: str, card: Card) -> None:
        team = await self._teams.find(self._team)
        try:
            await team.client.chat_update(
                channel=self._channel, ts=message, text=_summary(card), blocks=card_blocks(card)
            )
        except SlackApiError as error:
            if error.response.get("error") not in _GONE:
                raise

    async def tell(self, notice: Notice) -> bool:
        found = _PERSON.fullmatch(notice.person or "")
        if found is None:
            return False
        try:
            team = await self._teams.find(found[1])
        except NotFound:
            return False
        if team.id != found[1]:
            return False
        opened_ = await team.client.conversations_open(users=[found[2]])
        channel = str(opened_["channel"]["id"])
        if not (notice.again and await _posted(team, channel, notice.key)):
            await _post(team, channel, notice)
        return True


class Rounds:
    """What is pressed under cards. Who may is asked each time, and again when a form comes back."""

    def __init__(self, desk: Desk, approvals: Approvals, announcer: Announcer, *, channel: str) -> None:
        self._desk = desk
        self._approvals = approvals
        self._announcer = announcer
        self._team, _, self._channel = channel.rpartition("/")
        self._name = channel_name(channel)

    def add_to(self, app: AsyncApp) -> None:
        app.action(APPROVE)(self._approve)
        app.action(REJECT)(self._ask_reason)
        app.action(ROLL_BACK)(self._roll_back)
        app.view(REJECT_FORM)(self._reject)

    async def _approve(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        team, user = await self._desk.team(context), str(body["user"]["id"])
        async with refusals_told(team, body), self._shown_after():
            card = await self._pressed(team, body)
            await self._approvals.decide(card.id, who=await _name(team, user), verdict="approve")
        # Everybody sees on the card that it was approved.

    async def _roll_back(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        team, user = await self._desk.team(context), str(body["user"]["id"])
        async with refusals_told(team, body), self._shown_after():
            card = await self._pressed(team, body)
            await self._approvals.roll_back(card.id, who=await _name(team, user))

    async def _ask_reason(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        team, user = await self._desk.team(context), str(body["user"]["id"])
        async with refusals_told(team, body):
            card = await self._pressed(team, body)
            if card.outcome.stage != "waiting":
                raise RoundRefused(f"{card.round} does not wait for a decision any more.\n{card.outcome.text}")
            about = About(channel_of(body), ts=str(body["message"]["ts"]), reply=card.id)
            form = reject_form(card, sealed(about, team, user))
            await team.client.views_open(trigger_id=body["trigger_id"], view=form)

    async def _reject(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        team, view, user = await self._desk.team(context), body["view"], str(body["user"]["id"])
        async with view_refusals_shown(ack), self._shown_after():
            about = opened(view["private_metadata"], team, user)
            why = typed(view, "reason")
            if not why:
                await ack(response_action="errors", errors={"reason": "Please say why."})
                return
            await self._check_approver(team, user)
            card = await self._approvals.card(about.reply, self._name, message=about.ts)
            await self._approvals.decide(card.id, who=await _name(team, user), verdict="reject", reason=why)
            await ack()

    async def _pressed(self, team: Team, body: Json) -> Card:
        """The card under which somebody pressed who may. What comes with a press is believed in nothing."""
        message = body.get("message") or {}
        if channel_of(body) != self._channel or self._team not in ("", team.id):
            raise NotFound(NOT_HERE)
        if message.get("bot_id") != team.bot_id:
            raise NotFound("That is not a card of mine.")
        await self._check_approver(team, str(body["user"]["id"]))
        await self._announcer.settle()
        value = str(body["actions"][0].get("value"))
        return await self._approvals.card(value, self._name, message=str(message.get("ts")))

    async def _check_approver(self, team: Team, user: str) -> None:
        if not await self._desk.people.may_approve(team, user):
            log.warning("%s pressed under a round, and is no approver", person(team.id, user))
            raise RoundRefused(NOT_AN_APPROVER)

    @asynccontextmanager
    async def _shown_after(self) -> AsyncIterator[None]:
        """The card shows what is so, also where the press was refused because of that."""
        try:
            yield
        finally:
            await self._announcer.correct()


def channel_name(channel: str) -> str:
    """The name under which it is kept what a channel was told."""
    return f"{PLATFORM}:{channel}" if channel else ""


async def _name(team: Team, user: str) -> str:
    """How a person stands in the history: by their name of today, and by the id that nobody else has."""
    try:
        found = (await team.client.users_info(user=user))["user"]
    except SLACK_FAILURES:
        return person(team.id, user)
    shown = (found.get("profile") or {}).get("display_name") or found.get("real_name") or found.get("name") or user
    return f"{shown} ({person(team.id, user)})"


async def _post(team: Team, channel: str, notice: Notice) -> str:
    blocks = card_blocks(notice.card) if notice.card else None
    if notice.contest:
        blocks = invitation_blocks(notice.text, notice.contest)
    metadata = {"event_type": METADATA, "event_payload": {"key": notice.key}}
    text = _summary(notice.card) if notice.card else escaped(notice.text)
    answer = await team.client.chat_postMessage(channel=channel, text=text, blocks=blocks, metadata=metadata, **QUIET)
    return str(answer["ts"])


async def _posted(team: Team, channel: str, key: str) -> str | None:
    """The message with the key, if an earlier process posted it and died before it could say so."""
    answer = await team.client.conversations_history(channel=channel, limit=_LOOKED_THROUGH, include_all_metadata=True)
    for message in answer.get("messages") or []:
        payload = (message.get("metadata") or {}).get("event_payload") or {}
        if message.get("bot_id") == team.bot_id and payload.get("key") == key:
            return str(message["ts"])
    return None


def _summary(card: Card) -> str:
    """What notifications show instead of blocks."""
    return escaped(f"{card.title}. {card.outcome.text or card.verdict}"[:3_000])
