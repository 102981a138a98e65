"""The events that tell a bot what happened."""

from __future__ import annotations

from typing import Any

from tests.emulators.discord.channels import Channels, channel_view
from tests.emulators.discord.messages import Messages
from tests.emulators.discord.people import People
from tests.emulators.discord.sessions import Event, Sessions
from tests.emulators.discord.wire import Json, frozen


class Events:
    def __init__(self, sessions: Sessions, people: People, *, channels: Channels, messages: Messages) -> None:
        self._sessions = sessions
        self._people = people
        self._channels = channels
        self._messages = messages

    def message_created(self, message: Json) -> None:
        self._message("MESSAGE_CREATE", message)

    def message_updated(self, message: Json) -> None:
        self._message("MESSAGE_UPDATE", message)

    def message_deleted(self, message: Json) -> None:
        where = {"channel_id": message["channel_id"], **self._channels.place(message["channel_id"])}
        self._publish("MESSAGE_DELETE", {"id": message["id"], **where})

    def reaction_added(self, message: Json, user: str, emoji: str) -> None:
        data = self._reaction(message, user, emoji) | {"message_author_id": message["author"]["id"]}
        if "guild_id" in data:
            data["member"] = self._people.whole_member(data["guild_id"], user)
        self._publish("MESSAGE_REACTION_ADD", data)

    def reaction_removed(self, message: Json, user: str, emoji: str) -> None:
        self._publish("MESSAGE_REACTION_REMOVE", self._reaction(message, user, emoji))

    def thread_created(self, thread: Json) -> None:
        self._publish("THREAD_CREATE", channel_view(thread) | {"newly_created": True})

    def thread_updated(self, thread: Json) -> None:
        self._publish("THREAD_UPDATE", channel_view(thread))

    def interaction(self, payload: Json) -> None:
        self._publish("INTERACTION_CREATE", payload)

    def _reaction(self, message: Json, user: str, emoji: str) -> Json:
        return {
            "user_id": user,
            "channel_id": message["channel_id"],
            "message_id": message["id"],
            "emoji": {"id": None, "name": emoji},
            "burst": False,
            "type": 0,
            **self._channels.place(message["channel_id"]),
        }

    def _message(self, name: str, message: Json) -> None:
        place = self._channels.place(message["channel_id"])
        extra: Json = {} if place else {"channel_type": 1}
        if place and not message.get("webhook_id"):
            extra["member"] = self._people.member(place["guild_id"], message["author"]["id"])
        full, hidden = (self._messages.view(message, intents) | place | extra for intents in (~0, 0))
        self._publish(name, full, hidden)

    def _publish(self, name: str, data: Any, hidden: Any = None) -> None:
        self._sessions.publish(Event(name, frozen(data), frozen(hidden)))
