"""Who the app is, and the numbers that Slack would hold it to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class App:
    """The app under test, as Slack knows it."""

    bot_token: str
    app_token: str
    signing_secret: str
    team: str
    app_id: str
    bot_user: str
    bot_id: str


@dataclass(slots=True)
class Rules:
    """Slack's time limits, sizes and habits; seconds and characters. A test may change them at any time."""

    ack_timeout: float
    redeliver_after: tuple[float, ...]
    trigger_lifetime: float
    stream_lifetime: float
    stream_limit: int  # UTF-8 bytes in one stream
    enforce_rates: bool  # refuse with 429, instead of only noting it
    distributed: bool  # commercially distributed outside the Marketplace: one history call a minute
    echo_own: bool  # the bot hears its own messages
