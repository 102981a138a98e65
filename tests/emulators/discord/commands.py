"""Application commands: those that the bot synced, and to whom the client offers them."""

from __future__ import annotations

import re
from typing import Any

from tests.emulators.discord.channels import Channels
from tests.emulators.discord.errors import ApiError, NotOfferedError, bad_length, form_error
from tests.emulators.discord.ids import Ids
from tests.emulators.discord.people import People
from tests.emulators.discord.permissions import Permission
from tests.emulators.discord.wire import Json

CHAT_INPUT, USER_MENU, MESSAGE_MENU = 1, 2, 3
MOST = {CHAT_INPUT: 100, USER_MENU: 15, MESSAGE_MENU: 15}
NAME, DESCRIPTION, OPTIONS, CHOICES = 32, 100, 25, 25
GUILD_CONTEXT, BOT_DM = 0, 1
DEFAULTS: Json = {"type": CHAT_INPUT, "description": "", "default_member_permissions": None, "nsfw": False}


class Commands:
    """`syncs` counts how often the bot sent its commands."""

    def __init__(self, ids: Ids, people: People, channels: Channels) -> None:
        self._ids = ids
        self._people = people
        self._channels = channels
        self.by_id: dict[str, Json] = {}
        self.syncs = 0

    def of(self, guild: str | None) -> list[Json]:
        """The commands of a guild, or the global ones."""
        return [each for each in self.by_id.values() if each.get("guild_id") == guild]

    def sync(self, given: list[Json], guild: str | None) -> list[Json]:
        """Replace all commands of a guild, or all global ones; a command of the same name and kind keeps its id."""
        _check(given)
        before = {(each["type"], each["name"]): each["id"] for each in self.of(guild)}
        for command in before.values():
            del self.by_id[command]
        for each in given:
            command = before.get((each.get("type", CHAT_INPUT), each["name"])) or self._ids.fresh()
            self.by_id[command] = DEFAULTS | each | self._own(command, guild)
        self.syncs += 1
        return self.of(guild)

    def offered(self, kind: int, name: str, *, user: str, channel: str) -> Json:
        """The command that the client shows this person in this place."""
        guild = self._channels.by_id[channel].get("guild_id")
        here = [each for each in self.by_id.values() if each.get("guild_id") in (None, guild)]
        found = [each for each in here if (each["type"], each["name"]) == (kind, name)]
        if not found:
            there = sorted((each["type"], each["name"]) for each in self.by_id.values())
            raise NotOfferedError(f"command {name!r} was not synced; there is {there}")
        if guild is None and not _works_in_dms(found[-1]):
            raise NotOfferedError(f"{name!r} is not offered in DMs")
        if guild is not None and not self._is_allowed(found[-1], guild, user):
            raise NotOfferedError(f"{self._people.users[user]['username']} is not offered {name!r}")
        return found[-1]

    def _own(self, command: str, guild: str | None) -> Json:
        own = {"id": command, "application_id": self._people.bot_id, "version": self._ids.fresh()}
        return own | ({"guild_id": guild} if guild else {})

    def _is_allowed(self, command: Json, guild: str, user: str) -> bool:
        needed = command["default_member_permissions"]
        held = self._people.permissions(guild, user)
        if needed is None or held & Permission.ADMINISTRATOR:
            return True
        return int(needed) != 0 and held & int(needed) == int(needed)  # "0" means administrators only


def _works_in_dms(command: Json) -> bool:
    contexts = command.get("contexts")
    in_context = BOT_DM in (contexts if contexts is not None else [GUILD_CONTEXT, BOT_DM, 2])
    return bool(in_context and command.get("dm_permission", True) and not command.get("guild_id"))


def _check(given: list[Json]) -> None:
    for kind, most in MOST.items():
        if sum(each.get("type", CHAT_INPUT) == kind for each in given) > most:
            raise ApiError(400, 30032, f"Maximum number of application commands reached ({most})")
    for place, command in enumerate(given):
        _check_command(command, place)


def _check_command(command: Json, place: int) -> None:
    name, options = command.get("name", ""), command.get("options") or []
    if command.get("type", CHAT_INPUT) == CHAT_INPUT and not _is_proper(name, command.get("description", "")):
        message = "Command name or description is invalid"
        raise form_error(f"{place}.name", "APPLICATION_COMMAND_INVALID_NAME", message)
    if not 1 <= len(name) <= NAME or len(options) > OPTIONS:
        raise bad_length(f"{place}.name", 1, NAME)
    for option in options:
        _check_option(option, f"{place}.options")


def _is_proper(name: str, description: str) -> bool:
    spelled = re.fullmatch(r"[-_'\w]{1,32}", name) and name == name.lower()
    return bool(spelled and 1 <= len(description) <= DESCRIPTION)


def _check_option(option: Json, where: str) -> None:
    """Discord holds the options of subcommands to the same limits as those of commands."""
    proper = 1 <= len(option.get("description", "")) <= DESCRIPTION
    inner: list[Any] = option.get("options") or []
    if not proper or len(option.get("choices") or []) > CHOICES or len(inner) > OPTIONS:
        raise form_error(where, "BASE_TYPE_BAD_LENGTH", "Option description or choices are invalid")
    for each in inner:
        _check_option(each, where)
