"""Interactions: what a person pressed or typed, and how soon the bot answers it."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass

from tests.emulators.discord.channels import Channels, channel_view
from tests.emulators.discord.errors import ApiError
from tests.emulators.discord.events import Events
from tests.emulators.discord.ids import Ids
from tests.emulators.discord.messages import Messages
from tests.emulators.discord.people import People
from tests.emulators.discord.permissions import USER_PERMISSIONS
from tests.emulators.discord.rules import Rules
from tests.emulators.discord.server import Server
from tests.emulators.discord.wire import Json

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
ATTACHMENT_LIMIT = 10 * 2**20


@dataclass(slots=True)
class Interaction:
    """Times are of time.monotonic(); `original` is the message that @original means, if there is one yet."""

    id: str
    token: str
    kind: int
    user: str
    channel: str
    payload: Json
    sent: float
    original: str | None = None
    answered: float | None = None
    answer: Json | None = None

    @property
    def answer_seconds(self) -> float | None:
        return None if self.answered is None else self.answered - self.sent

    @property
    def label(self) -> str:
        return str(self.payload["data"].get("name") or self.payload["data"].get("custom_id"))


class Interactions:
    """`failures` lists what people saw fail because the bot did not answer in time."""

    def __init__(
        self,
        rules: Rules,
        ids: Ids,
        *,
        people: People,
        channels: Channels,
        messages: Messages,
        events: Events,
        server: Server,
        changed: threading.Condition,
    ) -> None:
        self._rules = rules
        self._ids = ids
        self._people = people
        self._channels = channels
        self._messages = messages
        self._events = events
        self._server = server
        self._changed = changed
        self.by_id: dict[str, Interaction] = {}
        self.failures: list[str] = []

    def start(self, kind: int, user: str, *, channel: str, data: Json, message: Json | None = None) -> Interaction:
        """Send an interaction to the bot and begin to count its deadline."""
        payload = {
            "id": self._ids.fresh(),
            "token": secrets.token_hex(24),
            "type": kind,
            "data": data,
            **self._origin(user, channel),
        }
        if message is not None:
            payload["message"] = self._messages.view(message)
        interaction = Interaction(payload["id"], payload["token"], kind, user, channel, payload, sent=time.monotonic())
        if message is not None:
            interaction.original = message["id"]  # of a component's interaction it is the component's message
        self.by_id[interaction.id] = interaction
        self._events.interaction(payload)
        self._server.later(self._rules.deadline, lambda: self._expire(interaction))
        return interaction

    def unanswered(self, interaction: str, token: str) -> Interaction:
        """The interaction that a first answer is for."""
        found = self.by_id.get(interaction)
        if found is None or found.token != token:
            raise ApiError(404, 10062, "Unknown interaction")
        if found.answered is not None:
            raise ApiError(400, 40060, "Interaction has already been acknowledged.")
        if time.monotonic() - found.sent > self._rules.deadline:
            raise ApiError(404, 10062, "Unknown interaction")
        return found

    def answered(self, token: str) -> Interaction:
        """The interaction whose token a later request uses."""
        found = next((each for each in self.by_id.values() if each.token == token), None)
        if found is None or time.monotonic() - found.sent > self._rules.token_lifetime:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        if found.answered is None:
            raise ApiError(404, 10015, "Unknown Webhook")
        return found

    def _origin(self, user: str, channel: str) -> Json:
        """Who did it, where, and what the bot may do there."""
        place = self._channels.by_id[channel]
        guild = place.get("guild_id")
        origin: Json = {
            "application_id": self._people.bot_id,
            "version": 1,
            "locale": "en-US",
            "channel_id": channel,
            "channel": channel_view(place) | {"permissions": str(int(USER_PERMISSIONS))},
            "app_permissions": str(int(place["_bot"])),
            "entitlements": [],
            "authorizing_integration_owners": {"0": guild or "0"},
            "context": 0 if guild else 1,
            "attachment_size_limit": ATTACHMENT_LIMIT,
        }
        if guild is None:
            return origin | {"user": self._people.users[user]}
        in_guild = {"id": guild, "locale": "en-US", "features": []}
        member = self._people.whole_member(guild, user)
        return origin | {"guild_id": guild, "guild": in_guild, "guild_locale": "en-US", "member": member}

    def _expire(self, interaction: Interaction) -> None:
        with self._changed:
            if interaction.answered is None:
                seconds = self._rules.deadline
                self.failures.append(f"interaction failed: no answer in {seconds} s ({interaction.label})")
                self._changed.notify_all()
