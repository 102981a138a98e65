"""The platform: whatever people talk through, behind one small protocol."""

from __future__ import annotations

from typing import Protocol

from bots.assistant import Assistant
from bots.contributions import Contributions


class Platform(Protocol):
    """Brings messages to the assistant and its answers back, until it is cancelled."""

    name: str

    async def run(self, assistant: Assistant, contributions: Contributions) -> None:
        """Serve until cancelled. Raises `BrandvoiceError` with a plain sentence when it cannot (go on)."""
        ...
