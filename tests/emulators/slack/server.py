"""The server: every address of an emulated Slack on one loopback port."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from tests.emulators.slack.api import WebApi
from tests.emulators.slack.courier import Courier
from tests.emulators.slack.loop import LoopThread
from tests.emulators.slack.pages import Pages

_MOST_BYTES: Final = 256 * 2**20


class Server:
    def __init__(self, api: WebApi, pages: Pages, *, courier: Courier, loop: LoopThread) -> None:
        self._api = api
        self._pages = pages
        self._courier = courier
        self._loop = loop
        self._runner: web.AppRunner | None = None

    def start(self, port: int) -> str:
        """Listen on 127.0.0.1 (port 0: any free one); the address, without a slash at its end."""
        self._loop.start()
        try:
            return self._loop.submit(self._open(port)).result(10)
        except OSError:
            self.stop()
            raise

    def stop(self) -> None:
        if self._runner is not None:
            self._loop.submit(self._runner.cleanup()).result(5)
        self._runner = None
        self._loop.stop()

    async def _open(self, port: int) -> str:
        app = web.Application(client_max_size=_MOST_BYTES)
        app.add_routes(self._routes())
        app.on_shutdown.append(self._reset_sockets)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    def _routes(self) -> list[web.RouteDef]:
        return [
            web.route("*", "/api/{method}", self._api.serve),
            web.get("/link/", self._courier.serve_socket),
            web.post("/response/{id}", self._pages.answer_response_url),
            web.post("/upload/{id}", self._pages.upload),
            web.get("/files/{id}/{name}", self._pages.download),
            web.get("/oauth/v2/authorize", self._pages.authorize),
        ]

    async def _reset_sockets(self, _app: web.Application) -> None:
        await self._courier.sockets.drop(graceful=False)
