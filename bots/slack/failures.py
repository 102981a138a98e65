"""Failures of Slack: what its SDK raises, and what may be said about it in a log."""

from __future__ import annotations

from typing import Final

from aiohttp import ClientError
from slack_sdk.errors import SlackClientError

SLACK_FAILURES: Final = (SlackClientError, ClientError, TimeoutError, OSError)


def reason(failure: BaseException) -> str:
    """What Slack answered, without what was asked: requests hold people's text and tokens."""
    response = getattr(failure, "response", None)
    answered = response.get("error") if response is not None else None
    return str(answered or type(failure).__name__)
