"""Text channels, threads and direct messages, and what the bot may do in each."""

from __future__ import annotations

from tests.emulators.discord.errors import ApiError, bad_length
from tests.emulators.discord.ids import Ids
from tests.emulators.discord.people import People
from tests.emulators.discord.permissions import BOT_PERMISSIONS, Permission
from tests.emulators.discord.wire import Json, now, outward

TEXT, DIRECT = 0, 1
THREADS = (10, 11, 12)  # announcement, public, private
NAME_LENGTH = 100


class Channels:
    """`_bot` in a channel's record is what the bot may do there; it never leaves the emulator."""

    def __init__(self, ids: Ids, people: People) -> None:
        self._ids = ids
        self._people = people
        self.by_id: dict[str, Json] = {}

    def add(
        self, name: str, title: str, *, guild: str = "G1", bot_permissions: int = BOT_PERMISSIONS, nsfw: bool = False
    ) -> str:
        channel = self._ids.fresh(name)
        self.by_id[channel] = {
            "id": channel,
            "type": TEXT,
            "name": title,
            "guild_id": self._ids.of(guild),
            "position": 0,
            "permission_overwrites": [],
            "nsfw": nsfw,
            "parent_id": None,
            "topic": None,
            "rate_limit_per_user": 0,
            "_bot": bot_permissions,
        }
        return channel

    def add_dm(self, name: str, user: str) -> str:
        channel = self._ids.fresh(name)
        recipient = self._people.users[self._ids.of(user)]
        self.by_id[channel] = {"id": channel, "type": DIRECT, "recipients": [recipient], "_bot": BOT_PERMISSIONS}
        return channel

    def add_thread(self, parent: Json, name: str, *, thread: str, kind: int) -> Json:
        """A thread that the bot opens; refused elsewhere than in a text channel, and without a proper name."""
        if parent["type"] != TEXT:
            raise ApiError(400, 50024, "Cannot execute action on this channel type")
        check_name(name)
        self.by_id[thread] = {
            "id": thread,
            "type": kind,
            "name": name,
            "guild_id": parent["guild_id"],
            "parent_id": parent["id"],
            "owner_id": self._people.bot_id,
            "message_count": 0,
            "member_count": 1,
            "total_message_sent": 0,
            "rate_limit_per_user": 0,
            "flags": 0,
            "last_message_id": None,
            "thread_metadata": {
                "archived": False,
                "auto_archive_duration": 1440,
                "archive_timestamp": now(),
                "locked": False,
                "create_timestamp": now(),
            },
            "member": {"id": thread, "user_id": self._people.bot_id, "join_timestamp": now(), "flags": 0},
            "_bot": parent["_bot"],
        }
        return self.by_id[thread]

    def bot_may(self, channel: str, permissions: int) -> None:
        """Set what the bot may do in a channel, e.g. `BOT_PERMISSIONS & ~Permission.SEND_MESSAGES`."""
        allowed, denied = (str(int(some)) for some in (permissions & ~BOT_PERMISSIONS, BOT_PERMISSIONS & ~permissions))
        overwrite = {"id": self._people.bot_id, "type": 1, "allow": allowed, "deny": denied}
        self.by_id[self._ids.of(channel)] |= {"_bot": permissions, "permission_overwrites": [overwrite]}

    def named(self, name: str) -> Json:
        return self.by_id[self._ids.of(name)]

    def threads(self, channel: str) -> list[Json]:
        parent = self._ids.of(channel)
        return [each for each in self.by_id.values() if each.get("parent_id") == parent and is_thread(each)]

    def dm_with(self, user: str) -> Json | None:
        direct = (each for each in self.by_id.values() if each["type"] == DIRECT)
        return next((each for each in direct if each["recipients"][0]["id"] == user), None)

    def place(self, channel: str) -> Json:
        """The `guild_id` that accompanies everything in a guild, and nothing in a direct message."""
        guild = self.by_id[channel].get("guild_id")
        return {"guild_id": guild} if guild else {}

    def require(self, channel: str, *needs: Permission) -> Json:
        """The channel, if the bot sees it and holds every permission that a request needs there."""
        found = self.by_id.get(channel)
        if found is None:
            raise ApiError(404, 10003, "Unknown Channel")
        if not found["_bot"] & Permission.VIEW_CHANNEL:
            raise ApiError(403, 50001, "Missing Access")
        for need in needs:
            if not found["_bot"] & _where(need, found):
                raise ApiError(403, 50013, "Missing Permissions")
        return found


def is_thread(channel: Json) -> bool:
    return channel["type"] in THREADS


def check_name(name: str) -> None:
    if not 1 <= len(name or "") <= NAME_LENGTH:
        raise bad_length("name", 1, NAME_LENGTH)


def channel_view(channel: Json) -> Json:
    return outward(channel)


def _where(need: Permission, channel: Json) -> Permission:
    in_thread = need is Permission.SEND_MESSAGES and is_thread(channel)
    return Permission.SEND_MESSAGES_IN_THREADS if in_thread else need
