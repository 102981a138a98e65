"""Ballots: the blind vote in Discord, begun under a message in the channel and seen by each person alone."""

from __future__ import annotations

from typing import Final

import discord
from discord import ui

from bots.discord.buttons import OnPress, row
from bots.discord.desk import Desk
from bots.discord.listening import Press, defer, replace_press, tell
from bots.discord.markup import shortened, unformatted
from bots.voting import DONE, Ballot, Voting
from conversations.blind_votes import Choice
from conversations.errors import NotFound

NOT_HERE: Final = "Blind votes are held in their own channel only."
_SHOWN: Final = 1_000  # characters of an answer; a field of an embed holds 1,024
_ORDERS: Final = (("s", "0"), ("t", "1"))  # the end of a pair's id, as it is in hexadecimal


class Ballots:
    """Shows pairs and takes votes; whoever may hand in examples may vote."""

    def __init__(self, desk: Desk, *, channel: str) -> None:
        self._desk = desk
        self._voting = Voting(desk.store.blind_votes)
        self._channel = channel

    def presses(self) -> dict[str, OnPress]:
        return {
            "compare": self._begin,
            "nextpair": self._next,
            "pickleft": self._left,
            "pickright": self._right,
            "picktie": self._tie,
        }

    async def _begin(self, press: Press, contest: str) -> None:
        await defer(press)
        ballot = await self._voting.ballot(contest, self._voter(press))
        if ballot is None:
            await tell(press, DONE)
        else:
            await tell(press, _ASKED, embed=ballot_embed(ballot), view=ballot_buttons(ballot))

    async def _next(self, press: Press, contest: str) -> None:
        await press.response.defer()
        ballot = await self._voting.ballot(contest, self._voter(press))
        if ballot is None:
            await replace_press(press, DONE)
            return
        await press.edit_original_response(content=_ASKED, embed=ballot_embed(ballot), view=ballot_buttons(ballot))

    async def _left(self, press: Press, pair: str) -> None:
        await self._take(press, pair, "left")

    async def _right(self, press: Press, pair: str) -> None:
        await self._take(press, pair, "right")

    async def _tie(self, press: Press, pair: str) -> None:
        await self._take(press, pair, "tie")

    async def _take(self, press: Press, about: str, choice: Choice) -> None:
        await press.response.defer()
        voter, pair = self._voter(press), _pair(about)
        said = await self._voting.vote(pair, voter, choice)
        contest = await self._voting.contest_of(pair)
        await press.edit_original_response(content=unformatted(said), embed=None, view=row(("nextpair", contest)))

    def _voter(self, press: Press) -> str:
        if str(press.channel_id) != self._channel:
            raise NotFound(NOT_HERE)
        return self._desk.contributor(press)


_ASKED: Final = "Which answer is better? Whose they are is told after your vote."


def ballot_embed(ballot: Ballot) -> discord.Embed:
    """Embeds ring nobody and unfurl no addresses."""
    asked = shortened(unformatted(shortened(ballot.question, 900)), 1_500)
    embed = discord.Embed(description=f"**Asked:** {asked}" if asked else None)
    for name, text in (("A", ballot.pair.left), ("B", ballot.pair.right)):
        embed.add_field(name=name, value=shortened(unformatted(text), _SHOWN), inline=False)
    return embed


def ballot_buttons(ballot: Ballot) -> ui.View:
    about = _about(ballot.pair.id)
    return row(("pickleft", about), ("pickright", about), ("picktie", about))


def _about(pair: str) -> str:
    """A pair's id in hexadecimal, as buttons carry it."""
    return pair[:-1] + dict(_ORDERS)[pair[-1]]


def _pair(about: str) -> str:
    order = {given: end for end, given in _ORDERS}.get(about[-1])
    if order is None:
        raise NotFound("These two answers are not up for a vote (any more).")
    return about[:-1] + order
