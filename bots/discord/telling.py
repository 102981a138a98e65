"""Telling people something that is no answer: below their message, or where only they see it."""

from __future__ import annotations

import logging

import discord

from bots.discord.failures import DISCORD_FAILURES, reason
from bots.discord.markup import MOST_TEXT, shortened
from bots.discord.writer import SILENT, reference_to

log = logging.getLogger(__name__)


async def tell_below(channel: discord.PartialMessageable, message: int, sentence: str) -> None:
    """Reply to a message."""
    try:
        await channel.send(
            shortened(sentence, MOST_TEXT),
            reference=reference_to(channel, message),
            mention_author=False,
            allowed_mentions=SILENT,
            suppress_embeds=True,
        )
    except DISCORD_FAILURES as failure:
        log.warning("somebody in %s could not be told something: %s", channel.id, reason(failure))


async def tell_directly(user: discord.abc.Messageable, sentence: str) -> None:
    """Write to somebody where nobody else reads it."""
    try:
        await user.send(sentence, allowed_mentions=SILENT, suppress_embeds=True)
    except DISCORD_FAILURES as failure:
        log.info("somebody takes no direct messages: %s", reason(failure))
