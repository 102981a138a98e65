"""Messages in channels: sending, reading, editing, deleting, reacting."""

from __future__ import annotations

from urllib.parse import unquote

from tests.emulators.discord.channels import is_thread
from tests.emulators.discord.drafts import Draft
from tests.emulators.discord.errors import ApiError, form_error
from tests.emulators.discord.messages import EPHEMERAL
from tests.emulators.discord.permissions import Permission
from tests.emulators.discord.routes.route import Request, Route
from tests.emulators.discord.wire import Json
from tests.emulators.discord.world import World

PAGE = 50


def send(world: World, request: Request) -> Json:
    uploads = [Permission.ATTACH_FILES] if request.files else []
    channel = world.channels.require(request.ids[0], Permission.SEND_MESSAGES, *uploads)
    if is_thread(channel) and channel["thread_metadata"]["locked"]:
        raise ApiError(400, 160005, "Thread is locked")
    twin = _sent_before(world, request)
    if twin is not None:
        return world.messages.view(twin)
    message = world.messages.blank(channel, world.people.bot, "")
    _refer(world, message, request.body.get("message_reference"))
    if request.body.get("nonce") is not None:
        message["nonce"] = request.body["nonce"]
    world.drafts.write(message, Draft(request.body, request.files))
    message["flags"] &= ~EPHEMERAL  # only answers to interactions can be ephemeral
    world.messages.keep(message)
    world.events.message_created(message)
    return world.messages.view(message)


def history(world: World, request: Request) -> list[Json]:
    """Newest first; `after` takes the oldest ones after it, as Discord does."""
    world.channels.require(request.ids[0], Permission.READ_MESSAGE_HISTORY)
    found, limit = world.messages.by_channel[request.ids[0]], int(request.query.get("limit", PAGE))
    if "before" in request.query:
        found = [each for each in found if int(each["id"]) < int(request.query["before"])]
    if "after" in request.query:
        found = [each for each in found if int(each["id"]) > int(request.query["after"])][:limit]
    return [world.messages.view(each, world.rules.privileged) for each in reversed(found)][:limit]


def get(world: World, request: Request) -> Json:
    """REST hides content by the intents that the portal grants, not by those of IDENTIFY."""
    world.channels.require(request.ids[0], Permission.READ_MESSAGE_HISTORY)
    return world.messages.view(world.messages.require(*request.ids), world.rules.privileged)


def edit(world: World, request: Request) -> Json:
    world.channels.require(request.ids[0])
    message = world.messages.require(*request.ids)
    if message["author"]["id"] != world.people.bot_id:
        raise ApiError(403, 50005, "Cannot edit a message authored by another user")
    world.drafts.rewrite(message, Draft(request.body, request.files))
    world.events.message_updated(message)
    return world.messages.view(message)


def delete(world: World, request: Request) -> None:
    world.channels.require(request.ids[0])
    message = world.messages.require(*request.ids)
    if message["author"]["id"] != world.people.bot_id:
        world.channels.require(request.ids[0], Permission.MANAGE_MESSAGES)
    world.messages.remove(message)
    world.events.message_deleted(message)


def react(world: World, request: Request) -> None:
    channel, message, emoji = request.ids
    world.channels.require(channel, Permission.ADD_REACTIONS, Permission.READ_MESSAGE_HISTORY)
    world.messages.require(channel, message).setdefault("_reactions", []).append(unquote(emoji))


def unreact(world: World, request: Request) -> None:
    channel, message, emoji = request.ids
    world.channels.require(channel, Permission.READ_MESSAGE_HISTORY)
    reactions = world.messages.require(channel, message).setdefault("_reactions", [])
    reactions[:] = [each for each in reactions if each != unquote(emoji)]


def _sent_before(world: World, request: Request) -> Json | None:
    """The message that already has this nonce, if the bot asked that there be only one."""
    if request.body.get("nonce") is None or not request.body.get("enforce_nonce"):
        return None
    own = world.messages.by_bot(request.ids[0])
    return next((each for each in own if each.get("nonce") == request.body["nonce"]), None)


def _refer(world: World, message: Json, reference: Json | None) -> None:
    if not reference:
        return
    there = world.messages.by_channel[message["channel_id"]]
    target = next((each for each in there if each["id"] == str(reference["message_id"])), None)
    if target is not None:
        world.messages.reply(message, target)
    elif reference.get("fail_if_not_exists", True):
        raise form_error("message_reference", "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")


ROUTES = (
    Route("POST", "/channels/{}/messages", send),
    Route("GET", "/channels/{}/messages", history),
    Route("GET", "/channels/{}/messages/{}", get),
    Route("PATCH", "/channels/{}/messages/{}", edit),
    Route("DELETE", "/channels/{}/messages/{}", delete),
    Route("PUT", "/channels/{}/messages/{}/reactions/{}/@me", react),
    Route("DELETE", "/channels/{}/messages/{}/reactions/{}/@me", unreact),
)
