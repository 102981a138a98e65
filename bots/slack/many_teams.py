"""Many teams: every workspace that installed the app by OAuth, with tokens that are renewed before they end."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

from aiohttp import ClientSession
from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.errors import SlackTokenRotationError
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.state_store import FileOAuthStateStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator

from bots.slack.blocks import Json
from bots.slack.clients import make_client
from bots.slack.credentials import Credentials
from bots.slack.installations import EncryptedInstallations
from bots.slack.manifest import INSTALL_PATH, REDIRECT_PATH, SCOPES
from bots.slack.teams import Team, unknown_team

BEFORE_END = 120  # minutes
STATE_LIVES = 600  # seconds between "Add to Slack" and the way back
log = logging.getLogger(__name__)


class ManyTeams:
    """Looks an installation up each time, so that one that is new, renewed or gone counts at once."""

    def __init__(self, credentials: Credentials, folder: Path, *, session: ClientSession) -> None:
        self.installations = EncryptedInstallations(folder, str(credentials.store_key))
        self._credentials = credentials
        self._session = session
        self._rotator = AsyncTokenRotator(
            client_id=str(credentials.client_id),
            client_secret=str(credentials.client_secret),
            client=make_client(None, api_url=credentials.api_url, session=session),
        )
        self._teams: dict[str, Team] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def find(self, team: str, *, enterprise: str | None = None) -> Team:
        """See `Teams`."""
        async with self._locks.setdefault(team, asyncio.Lock()):
            found = await self.installations.async_find_installation(enterprise_id=enterprise, team_id=team)
            if found is None:
                self._teams.pop(team, None)
                raise unknown_team(team)
            renewed = await self._renewed(found)
            self._teams[team] = self._team(team, renewed)
            return self._teams[team]

    def add_to(self, app: AsyncApp) -> None:
        """Forget a workspace that removes the app."""
        app.event("app_uninstalled")(self._remove)
        app.event("tokens_revoked")(self._remove)

    def oauth_settings(self, folder: Path) -> AsyncOAuthSettings:
        """How workspaces install the app: Slack's consent page, and back to us with a state that we gave out."""
        return AsyncOAuthSettings(
            client_id=self._credentials.client_id,
            client_secret=self._credentials.client_secret,
            scopes=list(SCOPES),
            user_scopes=[],
            install_path=INSTALL_PATH,
            redirect_uri_path=REDIRECT_PATH,
            authorization_url=f"{self._credentials.api_url.removesuffix('api/')}oauth/v2/authorize",
            installation_store=self.installations,
            state_store=FileOAuthStateStore(expiration_seconds=STATE_LIVES, base_dir=str(folder / "states")),
            state_expiration_seconds=STATE_LIVES,
        )

    async def _remove(self, body: Json, event: Json, context: AsyncBoltContext) -> None:
        if event["type"] == "app_uninstalled" or (event.get("tokens") or {}).get("bot"):
            team = None if context.is_enterprise_install else context.team_id or body.get("team_id")
            await self.installations.async_delete_installation(enterprise_id=context.enterprise_id, team_id=team)
            log.info("%s has removed the app", team or context.enterprise_id)

    async def _renewed(self, found: Installation) -> Installation:
        try:
            renewed = await self._rotator.perform_token_rotation(
                installation=found, minutes_before_expiration=BEFORE_END
            )
        except SlackTokenRotationError as error:
            log.warning("the token of %s cannot be renewed: %s", found.team_id, error)
            return found
        if renewed is not None:
            await self.installations.async_save(renewed)
        return renewed or found

    def _team(self, team: str, installation: Installation) -> Team:
        known = self._teams.get(team)
        if known is not None and known.client.token == installation.bot_token:
            return known
        client = make_client(installation.bot_token, api_url=self._credentials.api_url, session=self._session)
        made = Team(team, str(installation.bot_user_id), str(installation.bot_id), client)
        return replace(made, pace=known.pace) if known else made
