"""People: who may vote and hand things in. Guests, strangers, bots and people who left may not."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from bots.slack.blocks import Json
from bots.slack.failures import SLACK_FAILURES
from bots.slack.teams import Team

REMEMBERED: Final = 5_000
FRESH: Final = 600.0  # seconds
GUEST: Final = "Guests of this workspace can talk to me, but their votes and examples do not count."
STRANGER: Final = "People from other workspaces can talk to me, but their votes and examples do not count."
NOBODY: Final = "Votes and examples come from people of this workspace only."
UNKNOWN: Final = "I could not find out whether you belong to this workspace. Please try again in a minute."


class People:
    """Asks Slack about a person, and remembers it for a while."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
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


def _refusal(user: Json, team: Team) -> str:
    if user.get("is_bot") or user.get("deleted") or user.get("id") == "USLACKBOT":
        return NOBODY
    if user.get("is_stranger") or user.get("team_id", team.id) != team.id:
        return STRANGER
    return GUEST if user.get("is_restricted") or user.get("is_ultra_restricted") else ""
