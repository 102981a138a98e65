"""What a bot answers to an interaction: first within the deadline, then through its webhook."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.emulators.discord.channels import Channels
from tests.emulators.discord.components import number
from tests.emulators.discord.drafts import Draft, Drafts
from tests.emulators.discord.errors import ApiError, form_error
from tests.emulators.discord.events import Events
from tests.emulators.discord.interactions import AUTOCOMPLETE, MODAL, Interaction
from tests.emulators.discord.messages import EPHEMERAL, LOADING, Messages
from tests.emulators.discord.modals import Modals, check_modal
from tests.emulators.discord.people import People
from tests.emulators.discord.wire import Files, Json

MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, CHOICES, OPEN_MODAL = 4, 5, 6, 7, 8, 9
MOST_CHOICES = 25


class Answers:
    def __init__(
        self,
        people: People,
        channels: Channels,
        *,
        messages: Messages,
        drafts: Drafts,
        modals: Modals,
        events: Events,
    ) -> None:
        self._people = people
        self._channels = channels
        self._messages = messages
        self._drafts = drafts
        self._modals = modals
        self._events = events
        self._kinds: dict[int, Callable[[Interaction, Draft], Json | None]] = {
            MESSAGE: self.post,
            DEFERRED_MESSAGE: self._defer,
            DEFERRED_UPDATE: self._acknowledge,
            UPDATE: self._update,
            CHOICES: self._suggest,
            OPEN_MODAL: self._open_modal,
        }

    def first(self, interaction: Interaction, body: Json, files: Files) -> Json:
        """Take the first answer, and return what Discord returns with `with_response`."""
        kind, draft = body["type"], Draft(body.get("data") or {}, files, webhook=True)
        # Autocompletion is answered by choices, and nothing else is.
        if kind not in self._kinds or (kind == CHOICES) != (interaction.kind == AUTOCOMPLETE):
            raise form_error("type", "BASE_TYPE_CHOICES", "This response type cannot answer this interaction")
        message = self._kinds[kind](interaction, draft)
        interaction.answered, interaction.answer = time.monotonic(), body
        told: Json = {"id": interaction.id, "type": interaction.kind}
        if message is None:
            return {"interaction": told}
        told |= {
            "response_message_id": message["id"],
            "response_message_ephemeral": bool(message["flags"] & EPHEMERAL),
            "response_message_loading": kind == DEFERRED_MESSAGE,
        }
        return {"interaction": told, "resource": {"type": kind, "message": self._messages.view(message)}}

    def follow_up(self, interaction: Interaction, draft: Draft) -> Json:
        """Another message; the first one after a deferral takes the place of the deferral."""
        waiting = self._original(interaction)
        if waiting is not None and waiting.get("_loading"):
            return self.edit(waiting, draft)
        return self.post(interaction, draft, first=False)

    def edit(self, message: Json, draft: Draft) -> Json:
        """Edit an answer; a deferral becomes a message by it, and stays as private as it was."""
        private = message["flags"] & EPHEMERAL
        if message.get("_loading"):
            self._drafts.write(message, draft)
            message["flags"] = message["flags"] & ~EPHEMERAL | private
            message["_loading"] = False
        else:
            self._drafts.rewrite(message, draft)
        if not private:
            self._events.message_updated(message)
        return message

    def remove(self, message: Json) -> None:
        self._messages.remove(message)
        if not message["flags"] & EPHEMERAL:
            self._events.message_deleted(message)

    def named(self, interaction: Interaction, message: str) -> Json:
        """A message that the interaction's webhook may touch: @original or one by its id."""
        wanted = interaction.original if message == "@original" else message
        try:
            return self._messages.find(wanted or "")
        except KeyError:
            raise ApiError(404, 10008, "Unknown Message") from None

    def post(self, interaction: Interaction, draft: Draft, *, first: bool = True) -> Json:
        message = self._blank(interaction)
        self._drafts.write(message, draft)
        return self._show(interaction, message, first=first)

    def _defer(self, interaction: Interaction, draft: Draft) -> Json:
        message = self._blank(interaction)
        message |= {"flags": (draft.body.get("flags") or 0) | LOADING, "_loading": True}
        return self._show(interaction, message, first=True)

    def _acknowledge(self, interaction: Interaction, _: Draft) -> None:
        self._component_message(interaction)

    def _update(self, interaction: Interaction, draft: Draft) -> Json:
        return self.edit(self._component_message(interaction), draft)

    def _suggest(self, _: Interaction, draft: Draft) -> None:
        if len(draft.body.get("choices") or []) > MOST_CHOICES:
            raise form_error("data.choices", "BASE_TYPE_BAD_LENGTH", f"Must be {MOST_CHOICES} or fewer in length.")

    def _open_modal(self, interaction: Interaction, draft: Draft) -> None:
        if interaction.kind == MODAL:
            raise form_error("type", "INTERACTION_APPLICATION_MODAL_INVALID", "A modal cannot answer a modal")
        data = dict(draft.body)
        check_modal(data)
        number(data["components"])
        message = self._original(interaction)
        self._modals.open[interaction.user] = data | {"channel": interaction.channel, "message": message}

    def _component_message(self, interaction: Interaction) -> Json:
        if interaction.original is None:
            raise form_error("type", "BASE_TYPE_CHOICES", "Only a component interaction can update its message")
        return self.named(interaction, "@original")

    def _original(self, interaction: Interaction) -> Json | None:
        """The message that @original means, if there is one and nobody deleted it."""
        try:
            return self._messages.find(interaction.original or "")
        except KeyError:
            return None

    def _blank(self, interaction: Interaction) -> Json:
        own = {"application_id": self._people.bot_id, "webhook_id": self._people.bot_id}
        private = {"_for": interaction.user, "_loading": False}
        message = self._messages.blank(self._channels.by_id[interaction.channel], self._people.bot, "")
        return message | own | private

    def _show(self, interaction: Interaction, message: Json, *, first: bool) -> Json:
        self._messages.keep(message)
        if not message["flags"] & EPHEMERAL:
            self._events.message_created(message)
        if first:
            interaction.original = message["id"]
        return message
