"""Teams: the workspaces that the app is installed in, and a client for each of them."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import ClientSession
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.clients import make_client
from bots.slack.credentials import Credentials
from bots.slack.pacing import Pace
from conversations.errors import NotFound, SettingsError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Team:
    """One workspace with the app in it."""

    id: str
    bot_user: str
    bot_id: str
    client: AsyncWebClient
    pace: Pace = field(default_factory=Pace)

    @property
    def mention(self) -> str:
        return f"<@{self.bot_user}>"


class Teams(Protocol):
    """Finds the workspace that something came from."""

    async def find(self, team: str, *, enterprise: str | None = None) -> Team:
        """Raises NotFound where the app is not installed."""
        ...


class OneTeam:
    """The one workspace of a bot token."""

    def __init__(self, team: Team) -> None:
        self._team = team

    async def find(self, team: str, *, enterprise: str | None = None) -> Team:
        """Always the same: guests from elsewhere come under the names of their own workspaces."""
        return self._team


async def one_team(credentials: Credentials, session: ClientSession) -> OneTeam:
    """The workspace of the bot token; refuses a token that Slack does not know."""
    client = make_client(credentials.bot_token, api_url=credentials.api_url, session=session)
    return OneTeam(await team_of(client))


async def team_of(client: AsyncWebClient) -> Team:
    """The workspace that a client's token belongs to."""
    try:
        who = await client.auth_test()
    except SlackApiError as error:
        raise SettingsError(
            f"Slack refuses SLACK_BOT_TOKEN ({error.response['error']}). Copy it anew from your app's page: "
            "OAuth & Permissions > Bot User OAuth Token."
        ) from error
    except (SlackClientError, OSError, TimeoutError) as error:
        raise SettingsError(f"Slack cannot be reached at {client.base_url}: {error}.") from error
    if not who.get("bot_id"):
        raise SettingsError("SLACK_BOT_TOKEN is not a bot's token. It begins with xoxb-.")
    log.info("Slack: %s in the workspace %s (%s)", who.get("user"), who.get("team"), who["team_id"])
    return Team(str(who["team_id"]), str(who["user_id"]), str(who["bot_id"]), client)


def unknown_team(team: str) -> NotFound:
    return NotFound(f"The app is not installed in the Slack workspace {team}.")
