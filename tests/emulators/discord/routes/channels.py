"""Channels and threads, and the typing indicator in them."""

from __future__ import annotations

import time

from tests.emulators.discord.channels import channel_view, check_name, is_thread
from tests.emulators.discord.errors import ApiError
from tests.emulators.discord.messages import THREAD_STARTER
from tests.emulators.discord.permissions import Permission
from tests.emulators.discord.routes.route import Request, Route
from tests.emulators.discord.wire import Json
from tests.emulators.discord.world import World

PUBLIC_THREAD, PRIVATE_THREAD = 11, 12
THREAD_SETTINGS = ("archived", "locked", "auto_archive_duration")


def get(world: World, request: Request) -> Json:
    return channel_view(world.channels.require(request.ids[0]))


def edit(world: World, request: Request) -> Json:
    channel = world.channels.require(request.ids[0])
    if "name" in request.body:
        check_name(request.body["name"])
        channel["name"] = request.body["name"]
    if is_thread(channel):
        channel["thread_metadata"] |= {key: request.body[key] for key in THREAD_SETTINGS if key in request.body}
        world.events.thread_updated(channel)
    return channel_view(channel)


def typing(world: World, request: Request) -> None:
    world.channels.require(request.ids[0], Permission.SEND_MESSAGES)
    world.typing.append((request.ids[0], time.monotonic()))


def thread_from_message(world: World, request: Request) -> Json:
    """A thread has the id of its message, and begins with a pointer to it."""
    channel_id, message_id = request.ids
    channel = world.channels.require(channel_id, Permission.CREATE_PUBLIC_THREADS)
    message = world.messages.require(channel_id, message_id)
    if message_id in world.channels.by_id:
        raise ApiError(400, 160004, "A thread has already been created for this message")
    name = request.body.get("name", "")
    thread = world.channels.add_thread(channel, name, thread=message_id, kind=PUBLIC_THREAD)
    world.events.thread_created(thread)
    starter = world.messages.blank(thread, message["author"], "")
    world.messages.reply(starter, message)
    starter["type"] = THREAD_STARTER
    world.messages.keep(starter)
    message["thread"] = channel_view(thread)
    return channel_view(thread)


def thread(world: World, request: Request) -> Json:
    channel = world.channels.require(request.ids[0], Permission.CREATE_PUBLIC_THREADS)
    name, kind = request.body.get("name", ""), request.body.get("type", PRIVATE_THREAD)
    opened = world.channels.add_thread(channel, name, thread=world.ids.fresh(), kind=kind)
    world.events.thread_created(opened)
    return channel_view(opened)


def join(world: World, request: Request) -> None:
    world.channels.require(request.ids[0])


ROUTES = (
    Route("GET", "/channels/{}", get),
    Route("PATCH", "/channels/{}", edit),
    Route("POST", "/channels/{}/typing", typing),
    Route("POST", "/channels/{}/messages/{}/threads", thread_from_message),
    Route("POST", "/channels/{}/threads", thread),
    Route("PUT", "/channels/{}/thread-members/@me", join),
)
