"""`reactions.*`: emoji that the bot puts under messages."""

from __future__ import annotations

from typing import Final

from tests.emulators.slack.methods.method import Method
from tests.emulators.slack.records import ApiRequest, Json
from tests.emulators.slack.refusals import Refusal
from tests.emulators.slack.workspace import Workspace


def add(slack: Workspace, request: ApiRequest) -> None:
    reactions = _message(slack, request).setdefault("reactions", [])
    name, bot = request.params["name"], slack.app.bot_user
    reaction = next((r for r in reactions if r["name"] == name), None)
    if reaction and bot in reaction["users"]:
        raise Refusal("already_reacted")
    if not reaction:
        reaction = {"name": name, "users": [], "count": 0}
        reactions.append(reaction)
    reaction["users"].append(bot)
    reaction["count"] += 1


def remove(slack: Workspace, request: ApiRequest) -> None:
    message, name, bot = _message(slack, request), request.params["name"], slack.app.bot_user
    mine = (r for r in message.get("reactions", []) if r["name"] == name and bot in r["users"])
    reaction = next(mine, None)
    if reaction is None:
        raise Refusal("no_reaction")
    message["reactions"].remove(reaction)


def get(slack: Workspace, request: ApiRequest) -> Json:
    return {"type": "message", "message": slack.messages.public(_message(slack, request))}


def _message(slack: Workspace, request: ApiRequest) -> Json:
    channel = slack.writable_channel(slack.direct(request.params.get("channel")))["id"]
    try:
        return slack.messages.find(channel, request.params.get("timestamp"))
    except KeyError:
        raise Refusal("message_not_found") from None


METHODS: Final = {
    "reactions.add": Method(add, tier=3, scopes=("reactions:write",)),
    "reactions.remove": Method(remove, tier=2, scopes=("reactions:write",)),
    "reactions.get": Method(get, tier=3, scopes=("reactions:read",)),
}
