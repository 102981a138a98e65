"""The REST API: reads a request, finds its route, refuses or answers, and writes it all down."""

from __future__ import annotations

import json
import time
import traceback
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.emulators.discord.calls import Call
from tests.emulators.discord.errors import ApiError
from tests.emulators.discord.faults import Faults
from tests.emulators.discord.rates import RateLimits
from tests.emulators.discord.routes import ROUTES, Request, Route
from tests.emulators.discord.wire import Files
from tests.emulators.discord.world import World


@dataclass(frozen=True, slots=True)
class Incoming:
    method: str
    path: str
    token: str
    query: dict[str, str]
    body: Any
    files: Files
    at: float


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)

    def to_http(self) -> web.Response:
        if self.status == 204:
            return web.Response(status=204, headers=self.headers)
        # Exactly this content type: discord.py reads "application/json; charset=utf-8" as plain text.
        headers = self.headers | {"Content-Type": "application/json"}
        return web.Response(body=json.dumps(self.body).encode(), status=self.status, headers=headers)


class Rest:
    def __init__(self, world: World, faults: Faults, *, rates: RateLimits, errors: list[str]) -> None:
        self._world = world
        self._faults = faults
        self._rates = rates
        self._errors = errors

    async def answer(self, http: web.Request) -> web.Response:
        try:
            incoming = await _read(http)
        except ValueError:
            return Reply(400, {"code": 50109, "message": "The request body contains invalid JSON."}).to_http()
        route, ids = _find(incoming)
        with self._world.change():
            reply = self._reply(incoming, route, ids)
            self._note(incoming, route, reply)
        return reply.to_http()

    def _reply(self, incoming: Incoming, route: Route | None, ids: tuple[str, ...]) -> Reply:
        try:
            return self._serve(incoming, route, ids)
        except ApiError as error:
            return Reply(error.status, error.body, error.headers)
        except Exception:  # noqa: BLE001 - a bug here, or a body that no real server would accept either: both are told
            self._errors.append(traceback.format_exc())
            return Reply(400, {"code": 50035, "message": "Invalid Form Body"})

    def _serve(self, incoming: Incoming, route: Route | None, ids: tuple[str, ...]) -> Reply:
        if route is None:
            raise ApiError(404, 0, "404: Not Found")
        if not route.by_token and incoming.token != f"Bot {self._world.rules.token}":
            raise ApiError(401, 0, "401: Unauthorized")
        self._faults.strike(route.name)
        headers = self._rates.spend(route.name, ids)
        body = {} if incoming.body is None else incoming.body
        try:
            answer = route.answer(self._world, Request(ids, body, incoming.files, incoming.query))
        except ApiError as error:
            error.headers |= headers
            raise
        return Reply(204 if answer is None else 200, answer, headers)

    def _note(self, incoming: Incoming, route: Route | None, reply: Reply) -> None:
        made = Call(
            incoming.method,
            route.path if route else incoming.path,
            incoming.path,
            incoming.body,
            incoming.files,
            incoming.at,
            reply.status,
            reply.body,
        )
        self._world.calls.made.append(made)


async def _read(http: web.Request) -> Incoming:
    """ValueError if the body is not JSON."""
    at, files = time.monotonic(), {}
    if http.content_type.startswith("multipart/"):
        form = await http.post()
        body = json.loads(str(form.get("payload_json") or "{}"))
        files = {
            key: (upload.filename, upload.file.read())
            for key, upload in form.items()
            if key.startswith("files[") and isinstance(upload, web.FileField)
        }
    else:
        raw = await http.read()
        body = json.loads(raw) if raw else None
    path, token = "/" + http.match_info["path"], http.headers.get("Authorization", "")
    return Incoming(http.method, path, token, dict(http.query), body, files, at)


def _find(incoming: Incoming) -> tuple[Route | None, tuple[str, ...]]:
    for route in ROUTES:
        ids = route.match(incoming.method, incoming.path)
        if ids is not None:
            return route, ids
    return None, ()
