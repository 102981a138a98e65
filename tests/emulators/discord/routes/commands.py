"""Application commands, global and of one guild."""

from __future__ import annotations

from tests.emulators.discord.routes.route import Request, Route
from tests.emulators.discord.wire import Json
from tests.emulators.discord.world import World


def get(world: World, request: Request) -> list[Json]:
    return world.commands.of(_guild(request))


def put(world: World, request: Request) -> list[Json]:
    return world.commands.sync(request.body or [], _guild(request))


def _guild(request: Request) -> str | None:
    return request.ids[1] if len(request.ids) > 1 else None


ROUTES = (
    Route("GET", "/applications/{}/commands", get),
    Route("PUT", "/applications/{}/commands", put),
    Route("GET", "/applications/{}/guilds/{}/commands", get),
    Route("PUT", "/applications/{}/guilds/{}/commands", put),
)
