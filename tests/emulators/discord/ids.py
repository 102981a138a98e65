"""Snowflakes, and the friendly names that stand for them."""

from __future__ import annotations

import itertools
import time

DISCORD_EPOCH_MS = 1_420_070_400_000


class Ids:
    """Makes snowflakes; a name given to one works in its place in every method of the emulator."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self._count = itertools.count(1)

    def fresh(self, name: str | None = None) -> str:
        milliseconds = int(time.time() * 1000) - DISCORD_EPOCH_MS
        snowflake = str(milliseconds << 22 | next(self._count) & 0x3FFFFF)
        if name is not None:
            self.names[name] = snowflake
        return snowflake

    def of(self, name: str) -> str:
        """The snowflake behind a friendly name; a snowflake is its own."""
        return self.names.get(name, name)


def shard_of(guild: str | None, shards: int) -> int:
    """Direct messages (no guild) belong to shard 0."""
    return (int(guild) >> 22) % shards if guild else 0
