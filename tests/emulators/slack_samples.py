"""Refusals, blocks and views that the tests of the emulated Slack share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from tests.emulators.slack import Json, SlackEmulator

MANIFEST: Json = {
    "oauth_config": {"scopes": {"bot": ["chat:write"]}},
    "settings": {"event_subscriptions": {"bot_events": ["app_mention"]}, "socket_mode_enabled": False},
    "features": {"slash_commands": [{"command": "/tune"}], "shortcuts": [{"type": "global", "callback_id": "new"}]},
}


def refused(error: str, call: Callable[..., Any], **params: Any) -> SlackResponse:
    with pytest.raises(SlackApiError) as caught:
        call(**params)
    response: SlackResponse = caught.value.response
    assert response["error"] == error
    return response


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def section(length: int) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x" * length}}


def modal(*blocks: Json, **fields: Any) -> Json:
    return {"type": "modal", "title": plain("Title"), "blocks": list(blocks) or [section(5)]} | fields


def question_form(**element: Any) -> Json:
    """A modal with one text input, `answer`."""
    field = {"type": "plain_text_input", "action_id": "answer"} | element
    return modal({"type": "input", "block_id": "b", "label": plain("l"), "element": field}, submit=plain("Save"))


def trigger(slack: SlackEmulator) -> str:
    return str(slack.slash("/tune", "", "U1", "C1").payload["trigger_id"])


def button(**fields: Any) -> Json:
    return {"type": "button", "action_id": "a", "text": plain("ok")} | fields


def feedback(**fields: Any) -> Json:
    thumbs = {f"{kind}_button": {"text": plain(kind), "value": kind} for kind in ("positive", "negative")}
    return {"type": "feedback_buttons", "action_id": "feedback"} | thumbs | fields
