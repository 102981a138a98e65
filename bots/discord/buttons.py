"""Buttons: what can be pressed, and how a press finds what it is about, also after a restart."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

import discord
from discord import ui

from bots.discord.listening import Press, failures_told

NONE: Final = "0"  # stands where there is nothing to be about
KINDS: Final = {
    "up": ("👍", "Good", discord.ButtonStyle.secondary),
    "down": ("👎", "Not good", discord.ButtonStyle.secondary),
    "better": ("✏️", "Suggest a better answer", discord.ButtonStyle.secondary),
    "again": ("🔁", "New answer", discord.ButtonStyle.secondary),
    "stop": ("⏹️", "Stop", discord.ButtonStyle.secondary),
    "undo": (None, "Take it back", discord.ButtonStyle.secondary),
    "keep": (None, "Hand in", discord.ButtonStyle.primary),
    "drop": (None, "Discard", discord.ButtonStyle.secondary),
    "load": (None, "Hand in", discord.ButtonStyle.primary),
    "unload": (None, "Discard", discord.ButtonStyle.secondary),
    "erase": (None, "Erase everything of mine", discord.ButtonStyle.danger),
    "optout": (None, "Opt out", discord.ButtonStyle.secondary),
    "optin": (None, "Opt in again", discord.ButtonStyle.secondary),
    "approve": (None, "Approve", discord.ButtonStyle.success),
    "reject": (None, "Reject …", discord.ButtonStyle.danger),
    "rollback": (None, "Roll back", discord.ButtonStyle.danger),
    "doapprove": (None, "Yes, let it speak", discord.ButtonStyle.success),
    "compare": (None, "Compare two answers", discord.ButtonStyle.primary),
    "nextpair": (None, "Next two", discord.ButtonStyle.primary),
    "pickleft": (None, "A", discord.ButtonStyle.secondary),
    "pickright": (None, "B", discord.ButtonStyle.secondary),
    "picktie": (None, "About the same", discord.ButtonStyle.secondary),
    "dorollback": (None, "Yes, take it back", discord.ButtonStyle.danger),
}
_ID: Final = re.compile(rf"bv1:(?P<kind>{'|'.join(KINDS)}):(?P<about>[0-9a-f]{{1,64}})")
OnPress = Callable[[Press, str], Awaitable[None]]


class Pressable(Protocol):
    """A client that knows what to do about each kind of button."""

    on_press: dict[str, OnPress]


class Button(ui.DynamicItem[ui.Button[ui.View]], template=_ID):
    """Carries a kind and an opaque id, looked up when it is pressed: ids come from clients and prove nothing."""

    def __init__(self, kind: str, about: str) -> None:
        emoji, label, style = KINDS[kind]
        super().__init__(ui.Button(emoji=emoji, label=label, style=style, custom_id=f"bv1:{kind}:{about}"))
        self.kind = kind
        self.about = about

    @classmethod
    async def from_custom_id(cls, _: discord.Interaction[Any], __: ui.Item[Any], match: re.Match[str]) -> Button:
        return cls(match["kind"], match["about"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        client: Pressable = interaction.client
        async with failures_told(interaction):
            await client.on_press[self.kind](interaction, self.about)


def is_known(custom_id: str) -> bool:
    """Whether a press on this comes to a button of ours."""
    return _ID.fullmatch(custom_id) is not None


def row(*buttons: tuple[str, str]) -> ui.View:
    """Buttons of (kind, about) in a row."""
    view = ui.View(timeout=None)
    for kind, about in buttons:
        view.add_item(Button(kind, about))
    return view


def under(reply: str) -> ui.View:
    """What stands under a finished answer."""
    return row(("up", reply), ("down", reply), ("better", reply), ("again", reply))


def named_reply(message: discord.Message) -> str | None:
    """The reply that the buttons of a message belong to; None for a message without them."""
    for component in message.components:
        for child in getattr(component, "children", ()):
            found = _ID.fullmatch(getattr(child, "custom_id", None) or "")
            if found and found["kind"] == "up":
                return found["about"]
    return None
