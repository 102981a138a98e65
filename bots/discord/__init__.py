"""Discord as a place where people talk to a voice."""

from bots.discord.platform import Discord, Options

__all__ = ["Discord", "Options"]
