"""Cards: a round as an embed, everything escaped, with buttons for what can still be done about it."""

from __future__ import annotations

from typing import Final

import discord
from discord import ui

from bots.approvals import Card, Contrast
from bots.discord.buttons import row
from bots.discord.markup import shortened, unformatted

_WORDS: Final = 300  # characters of a question or an answer; an embed holds 6,000, a field 1,024
_VERDICT: Final = 900


def card_text(card: Card) -> str:
    """The line above the embed, which notifications show."""
    return f"**{unformatted(shortened(card.title, 250))}**"


def card_embed(card: Card) -> discord.Embed:
    """Embeds unfurl no addresses and ring nobody."""
    told = unformatted(shortened(card.verdict, _VERDICT))
    embed = discord.Embed(description=f"{told}\n{_table(card)}" if card.rows else told)
    for contrast in card.contrasts:
        embed.add_field(name=_asked(contrast), value=_answers(contrast, card), inline=False)
    if card.outcome.text:
        embed.add_field(name="Decision", value=unformatted(shortened(card.outcome.text, 500)), inline=False)
    embed.set_footer(text=shortened(f"Report: {card.report}\n{round_line(card)}", 500))
    return embed


def round_line(card: Card) -> str:
    """By this a card is found again."""
    return f"Round: {card.round}"


def card_buttons(card: Card) -> ui.View:
    if card.outcome.stage == "waiting":
        return row(("approve", card.id), ("reject", card.id))
    if card.outcome.stage == "speaking":
        return row(("rollback", card.id))
    return row()


def _table(card: Card) -> str:
    rows = [("", shortened(card.before, 20), "new"), *card.rows]
    widths = [max(len(line[column]) for line in rows) for column in range(3)]
    lines = [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}" for a, b, c in rows]
    return "```\n" + "\n".join(lines).replace("`", "'") + "\n```"


def _asked(contrast: Contrast) -> str:
    return shortened(unformatted(shortened(contrast.question.replace("\n", " "), 120)), 256) or "(nothing)"


def _answers(contrast: Contrast, card: Card) -> str:
    parts = ((f"Before ({card.before})", contrast.before), ("New", contrast.after))
    lines = [f"**{unformatted(who)}:** {unformatted(shortened(text, _WORDS))}" for who, text in parts]
    return shortened("\n".join(lines), 1_024)
