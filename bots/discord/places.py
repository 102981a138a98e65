"""Places: where in Discord a message stands, and the names that conversations, messages and people get from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from discord.utils import snowflake_time

from conversations.errors import NotFound

PLATFORM: Final = "discord"
DIRECT: Final = "dm"  # stands where the guild would stand
EVERYBODY: Final = "all"  # stands where the person would stand


@dataclass(frozen=True, slots=True)
class Place:
    """A thread or direct messages, which everybody in them shares, or what one person says in a channel.

    In a channel many talk at once. Were that one conversation, questions of different people would run into each other,
    and forgetting one of them would forget all.
    """

    guild: str
    channel: str
    talker: str = EVERYBODY

    def __str__(self) -> str:
        return f"{self.guild}/{self.channel}/{self.talker}"

    def message(self, message: int | str) -> str:
        """The id under which a message of this channel is kept."""
        return message_id(self.guild, self.channel, message)


@dataclass(frozen=True, slots=True)
class Question:
    """A message that is to be answered, and where it stands."""

    place: Place
    message: int

    @property
    def id(self) -> str:
        return self.place.message(self.message)

    @property
    def asked_at(self) -> datetime:
        return snowflake_time(self.message)


def guild_key(guild: int | None) -> str:
    return DIRECT if guild is None else str(guild)


def message_id(guild: str, channel: int | str, message: int | str) -> str:
    return f"{guild}/{channel}/{message}"


def person(user: int) -> str:
    """The name under which a person is kept: the same in every guild, so that forgetting finds all of it."""
    return f"{PLATFORM}/{user}"


def channel_within(guild: int | None, channel: int) -> str:
    """What every place of a channel begins with."""
    return f"{guild_key(guild)}/{channel}/"


def place_of(text: str) -> Place:
    """The place that `str(place)` wrote."""
    try:
        guild, channel, talker = text.split("/")
    except ValueError as error:
        raise NotFound(f"{text!r} is no place in Discord.") from error
    return Place(guild, channel, talker)
