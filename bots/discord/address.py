"""Where Discord is: the real one, or whatever stands in for it."""

from __future__ import annotations

from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL


def point_at(*, api_url: str | None, gateway_url: str | None) -> None:
    """Point discord.py of this process at another server; it keeps both addresses on its classes."""
    if api_url:
        Route.BASE = api_url.rstrip("/")
    if gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway_url)
