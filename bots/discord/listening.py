"""Listening: what presses, commands and forms have in common, and plain sentences when one is refused."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import discord
from discord import ui

from bots.discord.failures import DISCORD_FAILURES, reason
from bots.discord.markup import MOST_TEXT, shortened
from conversations.errors import BrandvoiceError

Press = discord.Interaction[Any]
log = logging.getLogger(__name__)


@asynccontextmanager
async def failures_told(press: Press) -> AsyncIterator[None]:
    """Whoever pressed is told in private why it did not work; discord.py would only log it."""
    try:
        yield
    except BrandvoiceError as error:
        await tell(press, str(error))
    except DISCORD_FAILURES as failure:
        log.warning("a press in %s failed: %s", press.channel_id, reason(failure))
        await tell(press, "Discord did not take that. Please try again.")
    except Exception:  # people see "interaction failed" otherwise, and never learn why
        trace = secrets.token_hex(4)
        log.exception("a press failed (%s)", trace)
        await tell(press, f"Something went wrong. Please try again (reference {trace}).")


async def defer(press: Press) -> None:
    """Say at once that an answer comes, which only this person will see: Discord waits three seconds for that."""
    await press.response.defer(ephemeral=True, thinking=True)


async def tell(press: Press, text: str, *, view: ui.View | None = None, embed: discord.Embed | None = None) -> None:
    """Say something that only this person sees."""
    text = shortened(text, MOST_TEXT)
    extra: dict[str, Any] = {"view": view} if view else {}
    extra |= {"embed": embed} if embed else {"suppress_embeds": True}
    try:
        if press.response.is_done():
            await press.followup.send(text, ephemeral=True, **extra)
        else:
            await press.response.send_message(text, ephemeral=True, **extra)
    except DISCORD_FAILURES as failure:
        log.warning("a press in %s could not be answered: %s", press.channel_id, reason(failure))


async def replace_press(press: Press, text: str) -> None:
    """Put a text in the stead of the private message whose button was pressed."""
    if press.response.is_done():
        await press.edit_original_response(content=text, embed=None, view=None)
    else:
        await press.response.edit_message(content=text, embed=None, view=None)
