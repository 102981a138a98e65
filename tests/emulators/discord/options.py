"""The options of a slash command, as the client sends what a person filled in."""

from __future__ import annotations

from typing import Any

from tests.emulators.discord.attachments import Attachments
from tests.emulators.discord.channels import Channels, channel_view
from tests.emulators.discord.errors import NotOfferedError
from tests.emulators.discord.ids import Ids
from tests.emulators.discord.people import People
from tests.emulators.discord.permissions import USER_PERMISSIONS
from tests.emulators.discord.wire import Json

SUBCOMMAND, GROUP, STRING, USER, CHANNEL, ROLE, MENTIONABLE, ATTACHMENT = 1, 2, 3, 6, 7, 8, 9, 11
LONGEST_STRING = 6000


class Options:
    def __init__(self, ids: Ids, people: People, *, channels: Channels, attachments: Attachments) -> None:
        self._ids = ids
        self._people = people
        self._channels = channels
        self._attachments = attachments

    def fill(self, command: Json, path: list[str], given: dict[str, Any]) -> Json:
        """The `options` and `resolved` of an interaction; a file is given as (name, content)."""
        declared = declared_options(command, path)
        steps = [option["name"] for option in declared if option["type"] in (SUBCOMMAND, GROUP)]
        if steps:
            raise NotOfferedError(f"the client wants one of the subcommands {steps}")
        unknown = sorted(set(given) - {option["name"] for option in declared})
        if unknown:
            raise NotOfferedError(f"no such options: {unknown}")
        filled: list[Json] = []
        resolved: Json = {}
        for option in declared:
            if option["name"] in given:
                filled.append(self._fill(option, given[option["name"]], resolved))
            elif option.get("required"):
                raise NotOfferedError(f"option {option['name']} is required")
        return {"options": nested(path, filled)} | ({"resolved": resolved} if resolved else {})

    def _fill(self, option: Json, given: Any, resolved: Json) -> Json:
        value = given
        if option["type"] == ATTACHMENT:
            value = self._upload(given, resolved)
        elif option["type"] in (USER, CHANNEL, ROLE, MENTIONABLE):
            value = self._ids.of(given)
            self._resolve(option["type"], value, resolved)
        _check_value(option, value)
        return {"name": option["name"], "type": option["type"], "value": value}

    def _upload(self, file: tuple[str, bytes], resolved: Json) -> str:
        attachment = self._attachments.add(*file)
        resolved.setdefault("attachments", {})[attachment["id"]] = attachment
        return str(attachment["id"])

    def _resolve(self, kind: int, value: str, resolved: Json) -> None:
        if kind == USER:
            resolved.setdefault("users", {})[value] = self._people.users[value]
        if kind == CHANNEL:
            channel = channel_view(self._channels.by_id[value]) | {"permissions": str(int(USER_PERMISSIONS))}
            resolved.setdefault("channels", {})[value] = channel


def declared_options(command: Json, path: list[str]) -> list[Json]:
    """The options of a command, or of the subcommand at the end of a path."""
    options: list[Json] = command.get("options") or []
    for step in path:
        found = [each for each in options if each["name"] == step and each["type"] in (SUBCOMMAND, GROUP)]
        if not found:
            there = [each["name"] for each in options]
            raise NotOfferedError(f"no subcommand {step!r} of /{command['name']}: {there}")
        options = found[0].get("options") or []
    return options


def nested(path: list[str], options: list[Json]) -> list[Json]:
    """Options wrapped in the subcommand, and in the group, that they belong to."""
    for depth, step in enumerate(reversed(path)):
        options = [{"name": step, "type": SUBCOMMAND if depth == 0 else GROUP, "options": options}]
    return options


def _check_value(option: Json, value: Any) -> None:
    name, choices = option["name"], [choice["value"] for choice in option.get("choices") or []]
    if choices and value not in choices:
        raise NotOfferedError(f"{value!r} is not a choice of {name}")
    if option["type"] == STRING:
        least, most = option.get("min_length", 0), option.get("max_length", LONGEST_STRING)
        if not least <= len(value) <= most:
            raise NotOfferedError(f"{name} takes {least} to {most} characters, not {len(value)}")
