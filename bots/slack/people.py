"""People: who may vote and hand things in. Guests, strangers, bots and people who left may not."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from bots.slack.blocks import Json
from bots.slack.failures import SLACK_FAILURES, reason
from bots.slack.teams import Team

log = logging.getLogger(__name__)
REMEMBERED: Final = 5_000
FRESH: Final = 600.0  # seconds
GUEST: Final = "Guests of this workspace can talk to me, but their votes and examples do not count."
STRANGER: Final = "People from other workspaces can talk to me, but their votes and examples do not count."
NOBODY: Final = "Votes and examples come from people of this workspace only."
UNKNOWN: Final = "I could not find out whether you belong to this workspace. Please try again in a minute."


class People:
    """Asks Slack about a person, and remembers it for a while."""

    def __init__(self, *, approvers: Sequence[str] = (), clock: Callable[[], float] = time.monotonic) -> None:
        """`approvers` are ids of people (U…) and of user groups (S…)."""
        self._clock = clock
        self._approvers = frozenset(approvers)
        self._groups: dict[tuple[str, str], tuple[float, frozenset[str]]] = {}
        self._known: OrderedDict[tuple[str, str], tuple[float, str]] = OrderedDict()

    async def refusal(self, team: Team, user: str) -> str:
        """Why a person may not contribute; empty for those who may. Whom Slack does not tell about may not."""
        key = (team.id, user)
        asked_at, refusal = self._known.get(key, (0.0, ""))
        if key in self._known and self._clock() - asked_at < FRESH:
            return refusal
        try:
            answer = await team.client.users_info(user=user)
        except SLACK_FAILURES:
            return UNKNOWN
        refusal = _refusal(answer["user"], team)
        self._known[key] = (self._clock(), refusal)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return refusal

    async def may_approve(self, team: Team, user: str) -> bool:
        """Whether a person decides about what others hand in, and about rounds. Without approvers nobody does."""
        groups = [name for name in self._approvers if name.startswith("S")]
        named = user in self._approvers or any([user in await self._members(team, group) for group in groups])
        return named and not await self.refusal(team, user)

    async def _members(self, team: Team, group: str) -> frozenset[str]:
        """Who is in a user group; whom Slack does not tell about is not."""
        key = (team.id, group)
        asked_at, members = self._groups.get(key, (0.0, frozenset()))
        if key in self._groups and self._clock() - asked_at < FRESH:
            return members
        try:
            answer = await team.client.usergroups_users_list(usergroup=group)
        except SLACK_FAILURES as failure:
            log.warning("who is in the user group %s cannot be read: %s", group, reason(failure))
            return frozenset()
        members = frozenset(answer.get("users") or ())
        self._groups[key] = (self._clock(), members)
        return members


def _refusal(user: Json, team: Team) -> str:
    if user.get("is_bot") or user.get("deleted") or user.get("id") == "USLACKBOT":
        return NOBODY
    if user.get("is_stranger") or user.get("team_id", team.id) != team.id:
        return STRANGER
    return GUEST if user.get("is_restricted") or user.get("is_ultra_restricted") else ""
