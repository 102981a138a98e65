"""What a session is told when it begins: READY, then every guild of its shard."""

from __future__ import annotations

from tests.emulators.discord.address import Address
from tests.emulators.discord.channels import Channels, channel_view, is_thread
from tests.emulators.discord.ids import shard_of
from tests.emulators.discord.people import People
from tests.emulators.discord.permissions import Intent, Permission
from tests.emulators.discord.sessions import Session
from tests.emulators.discord.wire import Json, now

MESSAGE_CONTENT_LIMITED = 1 << 19  # application flag of an unverified app
PLAIN_GUILD: Json = {
    "unavailable": False,
    "large": False,
    "emojis": [],
    "stickers": [],
    "features": [],
    "verification_level": 0,
    "default_message_notifications": 0,
    "explicit_content_filter": 0,
    "mfa_level": 0,
    "afk_timeout": 300,
    "afk_channel_id": None,
    "system_channel_id": None,
    "system_channel_flags": 0,
    "premium_tier": 0,
    "preferred_locale": "en-US",
    "nsfw_level": 0,
    "icon": None,
    "splash": None,
    "presences": [],
    "voice_states": [],
    "stage_instances": [],
    "guild_scheduled_events": [],
    "soundboard_sounds": [],
}


class Greeting:
    def __init__(self, people: People, channels: Channels, *, owner: str, address: Address) -> None:
        self._people = people
        self._channels = channels
        self._owner = owner
        self._address = address

    def frames(self, session: Session) -> list[Json]:
        index, shards = session.shard
        guilds = [guild for guild in self._people.guilds if shard_of(guild, shards) == index]
        frames = [session.record("READY", self._ready(session, guilds))]
        if session.intents & Intent.GUILDS:
            frames += [session.record("GUILD_CREATE", self._guild(guild, session.intents)) for guild in guilds]
        return frames

    def _ready(self, session: Session, guilds: list[str]) -> Json:
        return {
            "v": 10,
            "user": self._people.bot | {"verified": True, "mfa_enabled": False, "email": None, "locale": "en-US"},
            "guilds": [{"id": guild, "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "resume_gateway_url": self._address.gateway_url,
            "shard": list(session.shard),
            "application": {"id": self._people.bot_id, "flags": MESSAGE_CONTENT_LIMITED},
            "session_type": "normal",
            "private_channels": [],
        }

    def _guild(self, guild: str, intents: int) -> Json:
        here = [channel for channel in self._channels.by_id.values() if channel.get("guild_id") == guild]
        members = list(self._people.members[guild])
        listed = members if intents & Intent.MEMBERS else [self._people.bot_id]
        return {
            **PLAIN_GUILD,
            **self._people.guilds[guild],
            "owner_id": self._owner,
            "member_count": len(members),
            "joined_at": now(),
            "members": [self._people.whole_member(guild, user) for user in listed],
            "channels": [channel_view(each) for each in here if not is_thread(each) and _is_seen(each)],
            "threads": [channel_view(each) for each in here if is_thread(each) and _is_open(each)],
        }


def _is_seen(channel: Json) -> bool:
    return bool(channel["_bot"] & Permission.VIEW_CHANNEL)


def _is_open(thread: Json) -> bool:
    return not thread["thread_metadata"]["archived"]
