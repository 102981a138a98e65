"""Voting: people compare two unnamed answers, one pair after the other, each in an order of their own."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from conversations.blind_votes import BlindPair, BlindVotes, Choice, Contest
from conversations.errors import NotFound

CHOICES: Final[Mapping[Choice, str]] = {"left": "A", "right": "B", "tie": "About the same"}
DONE: Final = "You have compared everything there is. Thank you."
TWICE: Final = "You have voted on these two already; your first vote stays."


@dataclass(frozen=True, slots=True)
class Ballot:
    """Two answers as one person is shown them; nothing tells whose they are."""

    pair: BlindPair
    contest: str

    @property
    def question(self) -> str:
        """What the answers are to: the last thing that was asked."""
        return next((text for role, text in reversed(self.pair.prompt) if role == "user"), "")


class Voting:
    """What platforms do for a blind vote. Ids come back from people's clients and are looked up."""

    def __init__(self, votes: BlindVotes) -> None:
        self._votes = votes

    async def ballot(self, contest: str, person: str) -> Ballot | None:
        """The next pair for a person; None once they have voted on all. Raises NotFound for an unknown contest."""
        return await asyncio.to_thread(self._ballot, contest, person)

    async def vote(self, pair: str, person: str, choice: Choice) -> str:
        """Keep a vote, once for each person and pair; whose the answers were is told from then on."""
        return await asyncio.to_thread(self._vote, pair, person, choice)

    async def contest_of(self, pair: str) -> str:
        """The contest that a pair belongs to. Raises NotFound."""
        return await asyncio.to_thread(self._contest_of, pair)

    def _ballot(self, contest: str, person: str) -> Ballot | None:
        found = next((c for c in self._votes.contests() if contest_id(c) == contest), None)
        if found is None:
            raise NotFound("This vote is over.")
        pair = self._votes.next_pair(found.style, person, between=found.between)
        return Ballot(pair, contest) if pair else None

    def _vote(self, pair: str, person: str, choice: Choice) -> str:
        counted = self._votes.record(pair, person=person, choice=choice)
        left, right = self._votes.names(pair)
        whose = f"A was {left}, B was {right}."
        return f"Thank you: {CHOICES[choice]}. {whose}" if counted else f"{TWICE} {whose}"

    def _contest_of(self, pair: str) -> str:
        style, names = self._votes.pair(pair).style, set(self._votes.names(pair))
        return next(contest_id(c) for c in self._votes.contests(style) if set(c.between) == names)


def contest_id(contest: Contest) -> str:
    """What stands for a contest in buttons; does not tell who is compared."""
    return hashlib.sha256("\0".join((contest.style, *contest.between)).encode()).hexdigest()[:20]
