"""The app: slack_bolt without listeners, told who asks instead of asking Slack each time."""

from __future__ import annotations

import logging
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.teams import Teams
from conversations.errors import NotFound

log = logging.getLogger(__name__)


class _Authorize(AsyncAuthorize):
    """Bolt's own ones go to Slack by the proxy of the environment, also for this machine."""

    def __init__(self, teams: Teams) -> None:
        self._teams = teams

    async def __call__(self, *, enterprise_id: str | None, team_id: str | None, **_more: Any) -> AuthorizeResult | None:
        try:
            team = await self._teams.find(team_id or "", enterprise=enterprise_id)
        except NotFound as unknown:
            log.warning("%s", unknown)
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team.id,
            bot_user_id=team.bot_user,
            bot_id=team.bot_id,
            bot_token=team.client.token,
        )


def make_app(
    client: AsyncWebClient, teams: Teams, *, signing_secret: str | None, oauth: AsyncOAuthSettings | None = None
) -> AsyncApp:
    """An app that knows its workspaces; with `oauth`, one that further workspaces can install."""
    bolt = logging.getLogger("bots.slack.bolt")
    bolt.addFilter(_is_news)
    authorize: Any = _Authorize(teams)  # bolt takes an object of this class, and says only "callable"
    return AsyncApp(
        name="brandvoice",
        logger=bolt,
        client=client,
        authorize=authorize,
        signing_secret=signing_secret or "",
        oauth_settings=oauth,
    )


def _is_news(record: logging.LogRecord) -> bool:
    """Bolt warns of a token in the environment that it does not use; we know."""
    return "`token`" not in record.getMessage()
