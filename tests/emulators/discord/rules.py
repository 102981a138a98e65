"""What the developer portal and the test decided about this Discord."""

from __future__ import annotations

from dataclasses import dataclass

from tests.emulators.discord.permissions import Intent


@dataclass(slots=True)
class Rules:
    """A test may change them while the emulator runs; times are seconds."""

    token: str = "emul-token"
    privileged: int = Intent.MESSAGE_CONTENT  # the privileged intents enabled in the portal
    heartbeat: float = 41.25
    deadline: float = 3.0  # for the first answer to an interaction
    token_lifetime: float = 900.0  # of an interaction
    limits: bool = True  # enforce the rate limits
    shards: int = 1
