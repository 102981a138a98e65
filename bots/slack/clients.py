"""Clients: the Web API of Slack or of whatever stands in for it, one client a workspace over shared connections."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import ClientSession
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient

SLACK_API = "https://slack.com/api/"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def is_loopback(url: str) -> bool:
    return (urlsplit(url).hostname or "") in _LOOPBACK


def make_client(token: str | None, *, api_url: str, session: ClientSession, patient: bool = True) -> AsyncWebClient:
    """A client that asks no proxy for this machine; a patient one waits out rate limits and repeats what broke."""
    client = AsyncWebClient(
        token=token,
        base_url=api_url,
        session=session,
        retry_handlers=_patience() if patient else [],
    )
    if is_loopback(api_url):
        client.proxy = None  # slack_sdk takes the proxy of the environment, and knows no NO_PROXY
    return client


def _patience() -> list[AsyncRetryHandler]:
    return [
        AsyncConnectionErrorRetryHandler(max_retry_count=2),
        AsyncRateLimitErrorRetryHandler(max_retry_count=3),
        AsyncServerErrorRetryHandler(max_retry_count=1),
    ]
