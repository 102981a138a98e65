"""Sockets: Socket Mode connections to Slack, watched, and built anew when one is dead."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from bots.slack.clients import is_loopback
from bots.slack.failures import SLACK_FAILURES, reason
from conversations.errors import SettingsError

PING: Final = 5.0  # seconds between two pings, and before the SDK itself tries again
PATIENCE: Final = 30.0  # seconds that the SDK gets to come back by itself
log = logging.getLogger(__name__)


class Sockets:
    """Keeps the app connected until it is cancelled."""

    def __init__(self, app: AsyncApp, app_token: str, *, patience: float = PATIENCE, ping: float = PING) -> None:
        self._app = app
        self._app_token = app_token
        self._patience = patience
        self._ping = ping
        self.handler: AsyncSocketModeHandler | None = None

    async def run(self) -> None:
        """Connect, and connect anew whenever a connection has been dead for too long."""
        await self._check_token()
        while True:
            self.handler = self._make_handler()
            try:
                await self.handler.connect_async()  # type: ignore[no-untyped-call]
                await self._watch(self.handler)
            finally:
                await self._close(self.handler)
            log.warning("the connection to Slack was dead for %.0f s; connecting anew", self._patience)

    def _make_handler(self) -> AsyncSocketModeHandler:
        handler = AsyncSocketModeHandler(self._app, self._app_token, logger=_sdk_log(), ping_interval=self._ping)
        if is_loopback(self._app.client.base_url):
            handler.client.proxy = None
        return handler

    async def _watch(self, handler: AsyncSocketModeHandler) -> None:
        """Return once the connection has been dead for long."""
        alive_at = time.monotonic()
        while time.monotonic() - alive_at < self._patience:
            await asyncio.sleep(self._patience / 10)
            if await handler.client.is_connected() and not _is_deaf(handler):
                alive_at = time.monotonic()

    async def _check_token(self) -> None:
        """Refuse a token that Slack refuses; the SDK would try it again forever."""
        try:
            await self._app.client.apps_connections_open(app_token=self._app_token)
        except SlackApiError as error:
            raise SettingsError(
                f"Slack refuses SLACK_APP_TOKEN ({reason(error)}). It begins with xapp-, needs the scope "
                "connections:write, and Socket Mode has to be switched on in your app's settings."
            ) from error
        except SLACK_FAILURES as failure:
            log.warning("Slack cannot be reached yet: %s", reason(failure))

    async def _close(self, handler: AsyncSocketModeHandler) -> None:
        try:
            await asyncio.wait_for(handler.close_async(), timeout=5)  # type: ignore[no-untyped-call]
        except SLACK_FAILURES as failure:
            log.info("an old connection did not close: %s", reason(failure))


def _is_deaf(handler: AsyncSocketModeHandler) -> bool:
    """Whether a task that the connection lives by has ended."""
    client = handler.client
    tasks = (client.message_receiver, client.message_processor, client.current_session_monitor)
    return any(task is not None and task.done() for task in tasks)


def _sdk_log() -> logging.Logger:
    """The SDK's own log: connections that break are everyday life, and not worth a traceback each."""
    sdk = logging.getLogger(f"{__name__}.sdk")
    if not sdk.filters:
        sdk.addFilter(_without_traceback)
    return sdk


def _without_traceback(record: logging.LogRecord) -> bool:
    if record.exc_info:
        record.exc_info, record.levelno, record.levelname = None, logging.WARNING, "WARNING"
    return True
