"""The first answer to an interaction, and the webhook for all that follow."""

from __future__ import annotations

from tests.emulators.discord.drafts import Draft
from tests.emulators.discord.routes.route import Request, Route
from tests.emulators.discord.wire import Json
from tests.emulators.discord.world import World


def callback(world: World, request: Request) -> Json | None:
    interaction = world.interactions.unanswered(*request.ids)
    answer = world.answers.first(interaction, request.body, request.files)
    return answer if request.query.get("with_response") in ("1", "true", "True") else None


def follow_up(world: World, request: Request) -> Json:
    interaction = world.interactions.answered(request.ids[1])
    return world.messages.view(world.answers.follow_up(interaction, _draft(request)))


def get(world: World, request: Request) -> Json:
    return world.messages.view(_message(world, request))


def edit(world: World, request: Request) -> Json:
    message = _message(world, request)
    return world.messages.view(world.answers.edit(message, _draft(request)))


def delete(world: World, request: Request) -> None:
    world.answers.remove(_message(world, request))


def _message(world: World, request: Request) -> Json:
    _, token, wanted = request.ids
    return world.answers.named(world.interactions.answered(token), wanted)


def _draft(request: Request) -> Draft:
    return Draft(request.body, request.files, webhook=True)


ROUTES = (
    Route("POST", "/interactions/{}/{}/callback", callback, by_token=True),
    Route("POST", "/webhooks/{}/{}", follow_up, by_token=True),
    Route("GET", "/webhooks/{}/{}/messages/{}", get, by_token=True),
    Route("PATCH", "/webhooks/{}/{}/messages/{}", edit, by_token=True),
    Route("DELETE", "/webhooks/{}/{}/messages/{}", delete, by_token=True),
)
