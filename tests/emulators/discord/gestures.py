"""What a person does in the Discord client; the client refuses what it would not show or take."""

from __future__ import annotations

from typing import Any

from tests.emulators.discord.commands import CHAT_INPUT, MESSAGE_MENU
from tests.emulators.discord.components import STRING_SELECT, walk
from tests.emulators.discord.errors import NotOfferedError
from tests.emulators.discord.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL, Interaction
from tests.emulators.discord.options import STRING, Options, declared_options, nested
from tests.emulators.discord.wire import Json, now
from tests.emulators.discord.world import World


class Gestures:
    """Channels and users may be given by their friendly names everywhere."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._options = Options(world.ids, world.people, channels=world.channels, attachments=world.attachments)

    def says(
        self,
        channel: str,
        user: str,
        text: str,
        *,
        reply_to: Json | None = None,
        files: dict[str, bytes] | None = None,
        deliver: bool = True,
    ) -> Json:
        """Post in a channel, thread or DM; a reply mentions its author, `deliver=False` keeps it from the gateway."""
        world = self._world
        with world.change():
            message = world.messages.blank(world.channels.named(channel), self._user(user), text)
            if reply_to is not None:
                world.messages.reply(message, world.messages.find(reply_to["id"]))
                message["mentions"].append(dict(reply_to["author"]))
            for file in (files or {}).items():
                message["attachments"].append(world.attachments.add(*file) | {"content_type": "text/plain"})
            world.messages.keep(message)
            if deliver:
                world.events.message_created(message)
        return message

    def edits(self, message: Json, text: str) -> None:
        with self._world.change():
            edited = self._world.messages.find(message["id"])
            edited |= {"content": text, "edited_timestamp": now()}
            edited |= self._world.messages.mentions(self._world.channels.by_id[edited["channel_id"]], text)
            self._world.events.message_updated(edited)

    def deletes(self, message: Json) -> None:
        with self._world.change():
            self._world.messages.remove(message)
            self._world.events.message_deleted(message)

    def reacts(self, message: Json, user: str, emoji: str, *, added: bool = True) -> None:
        events = self._world.events
        (events.reaction_added if added else events.reaction_removed)(message, self._world.ids.of(user), emoji)

    def clicks(
        self,
        message: Json,
        user: str,
        *,
        custom_id: str | None = None,
        label: str | None = None,
        values: list[str] | None = None,
    ) -> Interaction:
        """Press a button, or choose in a select, found by its custom_id or by what its label or emoji contains."""
        world, person = self._world, self._world.ids.of(user)
        with world.change():
            shown = world.messages.find(message["id"])
            if shown.get("_for", person) != person and shown in world.messages.ephemerals:
                raise NotOfferedError(f"{user} does not see this ephemeral message")
            component = _pressed(shown, custom_id, label)
            _check_values(component, values)
            data = {"custom_id": component["custom_id"], "component_type": component["type"], "id": component["id"]}
            data |= {"values": values} if values else {}
            return world.interactions.start(COMPONENT, person, channel=shown["channel_id"], data=data, message=shown)

    def types_slash(self, user: str, channel: str, line: str, options: dict[str, Any] | None = None) -> Interaction:
        """`line` is "name", "name sub" or "name group sub"; it must be synced and offered to this person there."""
        with self._world.change():
            command, path = self._command(user, channel, line)
            data = {"id": command["id"], "name": command["name"], "type": CHAT_INPUT}
            data |= self._options.fill(command, path, options or {})
            return self._start(COMMAND, user, channel, data=data)

    def begins_option(self, user: str, channel: str, line: str, *, option: str, value: str) -> Interaction:
        """Type the beginning of an option that completes itself."""
        with self._world.change():
            command, path = self._command(user, channel, line)
            if not any(each["name"] == option and each.get("autocomplete") for each in declared_options(command, path)):
                raise NotOfferedError(f"option {option!r} of /{line} does not complete itself")
            focused = [{"name": option, "type": STRING, "value": value, "focused": True}]
            data = {"id": command["id"], "name": command["name"], "type": CHAT_INPUT}
            return self._start(AUTOCOMPLETE, user, channel, data=data | {"options": nested(path, focused)})

    def uses_menu(self, user: str, name: str, message: Json) -> Interaction:
        """Right click on a message → Apps → `name`."""
        world, channel = self._world, message["channel_id"]
        with world.change():
            command = world.commands.offered(MESSAGE_MENU, name, user=world.ids.of(user), channel=channel)
            target = world.messages.view(world.messages.find(message["id"]))
            data = {"id": command["id"], "name": name, "type": MESSAGE_MENU, "target_id": message["id"]}
            data["resolved"] = {"messages": {message["id"]: target}}
            return self._start(COMMAND, user, channel, data=data)

    def submits_modal(self, user: str, values: dict[str, Any]) -> Interaction:
        """Fill the open modal by custom_id or label, and submit it."""
        with self._world.change():
            modal, data = self._world.modals.submit(self._world.ids.of(user), values)
            return self._start(MODAL, user, modal["channel"], data=data, message=modal["message"])

    def _user(self, name: str) -> Json:
        return self._world.people.users[self._world.ids.of(name)]

    def _command(self, user: str, channel: str, line: str) -> tuple[Json, list[str]]:
        name, *path = line.split()
        of = self._world.ids.of
        command = self._world.commands.offered(CHAT_INPUT, name, user=of(user), channel=of(channel))
        return command, path

    def _start(self, kind: int, user: str, channel: str, *, data: Json, message: Json | None = None) -> Interaction:
        of = self._world.ids.of
        return self._world.interactions.start(kind, of(user), channel=of(channel), data=data, message=message)


def _pressed(message: Json, custom_id: str | None, label: str | None) -> Json:
    seen = []
    for component in walk(message["components"]):
        if "custom_id" not in component:
            continue
        text = (component.get("label") or "") + ((component.get("emoji") or {}).get("name") or "")
        seen.append((component["custom_id"], text))
        if component["custom_id"] == custom_id or (label is not None and text and label in text):
            if component.get("disabled"):
                raise NotOfferedError(f"{text!r} is disabled")
            return component
    raise NotOfferedError(f"nothing to press for {custom_id or label!r}; there is {seen}")


def _check_values(component: Json, values: list[str] | None) -> None:
    if component["type"] != STRING_SELECT:
        return
    there = [option["value"] for option in component.get("options") or []]
    if not values or not set(values) <= set(there):
        raise NotOfferedError(f"{values} cannot be chosen; there is {there}")
