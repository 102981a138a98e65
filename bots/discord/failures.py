"""Failures of Discord: what its library raises, and what may be said about it in a log."""

from __future__ import annotations

from typing import Final

import discord
from aiohttp import ClientError

DISCORD_FAILURES: Final = (discord.DiscordException, ClientError, TimeoutError, OSError)


def reason(failure: BaseException) -> str:
    """What Discord answered, without what was asked: requests hold people's text."""
    if isinstance(failure, discord.HTTPException):
        return f"{failure.status}, code {failure.code}"
    return type(failure).__name__


def is_passing(failure: BaseException) -> bool:
    """Whether it may go well the next time."""
    if isinstance(failure, discord.HTTPException):
        return failure.status == 429 or failure.status >= 500
    return isinstance(failure, (discord.RateLimited, ClientError, TimeoutError, OSError))
