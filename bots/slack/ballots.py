"""Ballots: the blind vote in Slack, begun under a message in the channel and seen by each person alone."""

from __future__ import annotations

from typing import Any, Final

from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from bots.slack.blocks import Json, actions, button, quotation, section, small
from bots.slack.desk import Desk
from bots.slack.listening import channel_of, refusals_told, respond
from bots.slack.markup import escaped
from bots.slack.teams import Team
from bots.slack.telling import tell_privately
from bots.voting import CHOICES, DONE, Ballot, Voting
from conversations.blind_votes import Choice
from conversations.errors import NotFound

BEGIN: Final = "brandvoice_ballot_begin"
NEXT: Final = "brandvoice_ballot_next"
PICKS: Final[dict[str, Choice]] = {
    "brandvoice_ballot_left": "left",
    "brandvoice_ballot_right": "right",
    "brandvoice_ballot_tie": "tie",
}
NOT_HERE: Final = "Blind votes are held in their own channel only."


class Ballots:
    """Shows pairs and takes votes; whoever may hand in examples may vote."""

    def __init__(self, desk: Desk, *, channel: str) -> None:
        self._desk = desk
        self._voting = Voting(desk.store.blind_votes)
        self._team, _, self._channel = channel.rpartition("/")

    def add_to(self, app: AsyncApp) -> None:
        app.action(BEGIN)(self._begin)
        app.action(NEXT)(self._next)
        for action in PICKS:
            app.action(action)(self._take)

    async def _begin(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        team = await self._desk.team(context)
        async with refusals_told(team, body):
            voter = await self._voter(team, body)
            ballot = await self._voting.ballot(_value(body), voter)
            blocks = ballot_blocks(ballot) if ballot else None
            text = _summary(ballot)
            await tell_privately(team, channel_of(body), str(body["user"]["id"]), text=text, blocks=blocks)

    async def _next(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        team = await self._desk.team(context)
        async with refusals_told(team, body):
            ballot = await self._voting.ballot(_value(body), await self._voter(team, body))
            shown: Json = {"blocks": ballot_blocks(ballot)} if ballot else {}
            await respond(team, body, {"replace_original": True, "text": escaped(_summary(ballot)), **shown})

    async def _take(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        team = await self._desk.team(context)
        async with refusals_told(team, body):
            voter, pair = await self._voter(team, body), _value(body)
            said = await self._voting.vote(pair, voter, PICKS[str(body["actions"][0]["action_id"])])
            contest = await self._voting.contest_of(pair)
            blocks = [section(escaped(said)), actions(button("Next two", NEXT, value=contest))]
            await respond(team, body, {"replace_original": True, "text": escaped(said), "blocks": blocks})

    async def _voter(self, team: Team, body: Json) -> str:
        if channel_of(body) != self._channel or self._team not in ("", team.id):
            raise NotFound(NOT_HERE)
        return await self._desk.contributor(team, str(body["user"]["id"]))


def invitation_blocks(text: str, contest: str) -> list[Json]:
    """What stands in the channel for everybody."""
    return [section(escaped(text)), actions(button("Compare two answers", BEGIN, value=contest, style="primary"))]


def ballot_blocks(ballot: Ballot) -> list[Json]:
    """Two answers and what to say of them; only whoever asked for it sees it."""
    picks = [button(CHOICES[choice], action, value=ballot.pair.id) for action, choice in PICKS.items()]
    asked = [quotation("Asked", ballot.question)] if ballot.question else []
    answers = [quotation("A", ballot.pair.left), quotation("B", ballot.pair.right)]
    return [*asked, *answers, actions(*picks), small("Which answer is better? Whose they are is told after your vote.")]


def _summary(ballot: Ballot | None) -> str:
    return "Which answer is better, A or B?" if ballot else DONE


def _value(body: Json) -> str:
    return str(body["actions"][0].get("value"))
