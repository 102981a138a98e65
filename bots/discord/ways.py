"""Ways: how to reach the channels and people of Discord that we only have the ids of."""

from __future__ import annotations

import discord

from bots.discord.places import DIRECT, Place


class Ways:
    """Asks Discord for nothing that the ids say already."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    def channel(self, place: Place) -> discord.PartialMessageable:
        guild = None if place.guild == DIRECT else int(place.guild)
        return self._client.get_partial_messageable(int(place.channel), guild_id=guild)

    async def person(self, name: str) -> discord.DMChannel:
        """Direct messages with the person of that name."""
        return await self._client.create_dm(discord.Object(int(name.rpartition("/")[2])))
