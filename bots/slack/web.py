"""Web: signed requests from Slack, and the pages on which workspaces install the app."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow

from bots.slack.manifest import EVENTS_PATH
from conversations.errors import SettingsError

TIMESTAMP: Final = "X-Slack-Request-Timestamp"


@asynccontextmanager
async def served(app: AsyncApp, *, host: str, port: int, takes_events: bool) -> AsyncIterator[str]:
    """Listen while inside; yields the address. Events are taken only with a signing secret to check them by."""
    pages = web.Application()
    if takes_events:
        pages.router.add_post(EVENTS_PATH, _events(app))
    if app.oauth_flow is not None:
        _add_installing(pages, app.oauth_flow)
    runner = web.AppRunner(pages, access_log=None, shutdown_timeout=2)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        await runner.cleanup()
        raise SettingsError(
            f"Slack cannot listen on {host}:{port} ({error.strerror}). Set another [slack] port."
        ) from error
    try:
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _events(app: AsyncApp) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def take(request: web.Request) -> web.Response:
        if not request.headers.get(TIMESTAMP, "").isdecimal():  # bolt takes it for a number, whatever it is
            return web.json_response({"error": "invalid request"}, status=401)
        try:
            asked = await to_bolt_request(request)
        except ValueError:  # bolt reads the body before it looks at the signature
            return web.json_response({"error": "the body cannot be read"}, status=400)
        return await to_aiohttp_response(await app.async_dispatch(asked))

    return take


def _add_installing(pages: web.Application, flow: AsyncOAuthFlow) -> None:
    async def install(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await flow.handle_installation(await to_bolt_request(request)))

    async def come_back(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await flow.handle_callback(await to_bolt_request(request)))

    pages.router.add_get(flow.install_path, install)
    pages.router.add_get(flow.redirect_uri_path, come_back)
