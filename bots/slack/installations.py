"""Installations: what workspaces that installed the app by OAuth gave us, kept encrypted in one folder."""

from __future__ import annotations

import asyncio
import json
import os
import re
from logging import Logger, getLogger
from pathlib import Path
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore

from conversations.errors import NotFound, SettingsError

_ID: Final = re.compile(r"[A-Z0-9]{1,40}")


def sealing_fault(key: str) -> str:
    """Why a key cannot be used; empty when it can."""
    try:
        Fernet(key)
    except ValueError:
        return "not a key of 32 bytes in url-safe base64"
    return ""


class EncryptedInstallations(AsyncInstallationStore):
    """One file for each workspace, readable only with the key. slack_sdk's own stores keep tokens in clear text."""

    def __init__(self, folder: Path, key: str) -> None:
        fault = sealing_fault(key)
        if fault:
            raise SettingsError(f"BRANDVOICE_STORE_KEY is {fault}. `brandvoice slack key` makes one.")
        self._folder = folder
        self._sealing = Fernet(key)

    @property
    def logger(self) -> Logger:
        return getLogger(__name__)

    async def async_save(self, installation: Installation) -> None:
        """Keep the newest installation of a workspace; there are no user tokens in it."""
        await asyncio.to_thread(self._save, installation)

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:
        team = None if is_enterprise_install else team_id
        found = await asyncio.to_thread(self._find, team, enterprise_id)
        return None if user_id is not None and found is not None and found.user_id != user_id else found

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        found = await self.async_find_installation(
            enterprise_id=enterprise_id, team_id=team_id, is_enterprise_install=is_enterprise_install
        )
        return found.to_bot() if found else None

    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """Forget a workspace; the tokens of single people, which we do not have, are not asked about."""
        if user_id is None:
            await asyncio.to_thread(self._path(team_id or enterprise_id).unlink, missing_ok=True)

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        await self.async_delete_installation(enterprise_id=enterprise_id, team_id=team_id)

    def _path(self, name: str | None) -> Path:
        if name is None or not _ID.fullmatch(name):
            raise NotFound(f"{name} is no Slack workspace.")
        return self._folder / f"{name}.sealed"

    def _find(self, team: str | None, enterprise: str | None) -> Installation | None:
        """That of the workspace, or of the whole organisation that it belongs to."""
        names = [name for name in (team, enterprise) if name]
        return next((found for name in names if (found := self._load(self._path(name)))), None)

    def _save(self, installation: Installation) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        whole = installation.is_enterprise_install
        path = self._path(installation.enterprise_id if whole else installation.team_id)
        written = path.with_suffix(".new")
        descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._sealing.encrypt(json.dumps(_plain(installation)).encode()))
            file.flush()
            os.fsync(file.fileno())
        written.replace(path)

    def _load(self, path: Path) -> Installation | None:
        try:
            return Installation(**json.loads(self._sealing.decrypt(path.read_bytes())))
        except FileNotFoundError:
            return None
        except InvalidToken as error:
            raise SettingsError(
                f"{path.name} cannot be read with BRANDVOICE_STORE_KEY. Set the key it was written with, "
                "or delete the file and install the app in that workspace anew."
            ) from error


def _plain(installation: Installation) -> dict[str, Any]:
    kept = {name: value for name, value in vars(installation).items() if not name.startswith("user_token")}
    return {name: value for name, value in kept.items() if name != "user_refresh_token"}
