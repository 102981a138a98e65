"""Failures of Slack: what its SDK raises, and what may be said about it in a log."""

from __future__ import annotations

from typing import Final

from aiohttp import ClientError
from slack_sdk.errors import SlackClientError

SLACK_FAILURES: Final = (SlackClientError, ClientError, TimeoutError, OSError)


_MENDING: Final = {
    "token_revoked": "The app was removed from the workspace. Install it anew, and set the new SLACK_BOT_TOKEN",
    "account_inactive": "The app was removed from the workspace. Install it anew, and set the new SLACK_BOT_TOKEN",
    "invalid_auth": "Copy SLACK_BOT_TOKEN anew from your app's page: OAuth & Permissions",
    "token_expired": "Copy SLACK_BOT_TOKEN anew from your app's page: OAuth & Permissions",
    "missing_scope": "Paste `brandvoice slack manifest` under App Manifest, then reinstall the app",
    "not_in_channel": "Invite the bot into the channel",
}


def with_mending(failure: BaseException) -> str:
    """What Slack answered, and what an operator does about it."""
    said = reason(failure)
    return f"{said}. {_MENDING[said]}" if said in _MENDING else said


def reason(failure: BaseException) -> str:
    """What Slack answered, without what was asked: requests hold people's text and tokens."""
    response = getattr(failure, "response", None)
    answered = response.get("error") if response is not None else None
    return str(answered or type(failure).__name__)
