"""The app: slack_bolt with every listener of ours, told who asks instead of asking Slack each time."""

from __future__ import annotations

import logging
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.teams import Teams
from conversations.errors import NotFound

log = logging.getLogger(__name__)


def make_app(client: AsyncWebClient, teams: Teams, *, signing_secret: str | None) -> AsyncApp:
    """An app without listeners that knows its workspaces."""

    async def authorize(enterprise_id: str | None, team_id: str | None) -> Any:
        try:
            team = await teams.find(team_id or "", enterprise=enterprise_id)
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

    return AsyncApp(
        name="brandvoice",
        logger=log,
        client=client,
        authorize=authorize,
        signing_secret=signing_secret or "",
        request_verification_enabled=True,
    )
