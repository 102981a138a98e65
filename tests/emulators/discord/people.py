"""Users, guilds, their roles and members."""

from __future__ import annotations

from collections import defaultdict

from tests.emulators.discord.ids import Ids
from tests.emulators.discord.permissions import BOT_PERMISSIONS, USER_PERMISSIONS
from tests.emulators.discord.wire import Json

JOINED = "2024-01-01T00:00:00+00:00"


class People:
    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self.users: dict[str, Json] = {}
        self.guilds: dict[str, Json] = {}
        self.members: dict[str, dict[str, Json]] = defaultdict(dict)  # guild -> user -> roles and permissions
        self.bot_id = self.add_user("bot", bot=True)

    @property
    def bot(self) -> Json:
        return self.users[self.bot_id]

    def add_user(self, name: str, *, bot: bool = False) -> str:
        user = self._ids.fresh(name)
        self.users[user] = {
            "id": user,
            "username": name,
            "global_name": name.title(),
            "discriminator": "0",
            "avatar": None,
            "bot": bot,
            "public_flags": 0,
            "flags": 0,
        }
        return user

    def add_guild(self, name: str, title: str) -> str:
        """A guild that the bot is in."""
        guild = self._ids.fresh(name)
        everyone = _role(guild, "@everyone", permissions=USER_PERMISSIONS)
        self.guilds[guild] = {"id": guild, "name": title, "roles": [everyone]}
        self.members[guild][self.bot_id] = {"roles": [], "permissions": BOT_PERMISSIONS}
        return guild

    def add_role(self, name: str, *, guild: str = "G1", mentionable: bool = False, permissions: int = 0) -> str:
        role = self._ids.fresh(name)
        roles = self.guilds[self._ids.of(guild)]["roles"]
        roles.append(_role(role, name, permissions=permissions, mentionable=mentionable))
        return role

    def add_member(
        self,
        name: str,
        *,
        guild: str = "G1",
        roles: list[str] | None = None,
        permissions: int = USER_PERMISSIONS,
        bot: bool = False,
    ) -> str:
        """A user (made if there is none of that name) in a guild, with these permissions in all of its channels."""
        user = self._ids.names.get(name) or self.add_user(name, bot=bot)
        held = [self._ids.of(role) for role in roles or []]
        self.members[self._ids.of(guild)][user] = {"roles": held, "permissions": permissions}
        return user

    def role(self, role: str) -> Json | None:
        return next((each for guild in self.guilds.values() for each in guild["roles"] if each["id"] == role), None)

    def permissions(self, guild: str, user: str) -> int:
        return int(self._membership(guild, user)["permissions"])

    def member(self, guild: str, user: str) -> Json:
        """The member object that accompanies a user, as in messages."""
        return {
            "roles": self._membership(guild, user)["roles"],
            "joined_at": JOINED,
            "deaf": False,
            "mute": False,
            "flags": 0,
            "nick": None,
            "avatar": None,
            "pending": False,
        }

    def whole_member(self, guild: str, user: str) -> Json:
        """The member object that stands alone: with its user, and its permissions as interactions carry them."""
        permissions = str(self.permissions(guild, user))
        return self.member(guild, user) | {"user": self.users[user], "permissions": permissions}

    def _membership(self, guild: str, user: str) -> Json:
        return self.members[guild].get(user) or {"roles": [], "permissions": USER_PERMISSIONS}


def _role(role: str, name: str, *, permissions: int, mentionable: bool = False) -> Json:
    return {
        "id": role,
        "name": name,
        "permissions": str(int(permissions)),
        "position": 0,
        "color": 0,
        "hoist": False,
        "managed": False,
        "mentionable": mentionable,
        "flags": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
    }
