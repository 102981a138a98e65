"""The bot itself, its application, other users and members."""

from __future__ import annotations

from tests.emulators.discord.channels import channel_view
from tests.emulators.discord.errors import ApiError
from tests.emulators.discord.ready import MESSAGE_CONTENT_LIMITED
from tests.emulators.discord.routes.route import Request, Route
from tests.emulators.discord.wire import Json
from tests.emulators.discord.world import World


def me(world: World, _: Request) -> Json:
    return world.people.bot | {"verified": True, "mfa_enabled": False, "locale": "en-US"}


def application(world: World, _: Request) -> Json:
    return {
        "id": world.people.bot_id,
        "name": "bot",
        "icon": None,
        "description": "",
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": "00",
        "flags": MESSAGE_CONTENT_LIMITED,
        "owner": world.people.users[world.ids.of("root")],
        "team": None,
        "rpc_origins": [],
        "summary": "",
        "integration_types_config": {"0": {}},
    }


def guilds(world: World, _: Request) -> list[Json]:
    """The guilds of the bot, each with what the bot may do in it."""
    people = world.people
    return [
        {"id": guild["id"], "name": guild["name"], "owner": False, "features": []}
        | {"permissions": str(int(people.permissions(guild["id"], people.bot_id)))}
        for guild in people.guilds.values()
    ]


def gateway(world: World, _: Request) -> Json:
    limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
    return {"url": world.address.gateway_url, "shards": world.rules.shards, "session_start_limit": limit}


def user(world: World, request: Request) -> Json:
    if request.ids[0] not in world.people.users:
        raise ApiError(404, 10013, "Unknown User")
    return world.people.users[request.ids[0]]


def member(world: World, request: Request) -> Json:
    guild, wanted = request.ids
    if wanted not in world.people.members[guild]:
        raise ApiError(404, 10007, "Unknown Member")
    return world.people.whole_member(guild, wanted)


def open_dm(world: World, request: Request) -> Json:
    recipient = str(request.body["recipient_id"])
    if recipient not in world.people.users:
        raise ApiError(400, 50033, "Invalid Recipient(s)")
    if world.channels.dm_with(recipient) is None:
        world.channels.add_dm(f"D{recipient}", recipient)
    return channel_view(world.channels.dm_with(recipient) or {})


ROUTES = (
    Route("GET", "/users/@me", me),
    Route("GET", "/oauth2/applications/@me", application),
    Route("GET", "/applications/@me", application),
    Route("GET", "/gateway/bot", gateway),
    Route("GET", "/users/@me/guilds", guilds),
    Route("POST", "/users/@me/channels", open_dm),
    Route("GET", "/users/{}", user),
    Route("GET", "/guilds/{}/members/{}", member),
)
