"""Discord's own data package: everything that one person wrote, without what it answers.

Format: https://support.discord.com/hc/en-us/articles/360004957991-Your-Discord-Data-Package
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

_MESSAGES = re.compile(r"(?:.*/)?messages/c?\d+/messages\.(?:json|csv)", re.IGNORECASE)


def channels_of(names: Sequence[str]) -> int:
    """How many channels of a data package these files hold; 0 where they are none."""
    return sum(bool(_MESSAGES.fullmatch(name)) for name in names)


def refusal(path: Path, *, channels: int) -> str:
    """Why nothing is learned from a package."""
    return (
        f"{path} is the data package of one person: what this person wrote in {channels} channels, without what others "
        "said. An answer cannot be taught without its question. Export the channels themselves as JSON with "
        "DiscordChatExporter, which needs the agreement of whoever runs the server."
    )
