"""The manifest: everything that a Slack app has to declare, ready to be pasted where Slack asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bots.slack.blocks import Json, shortened
from bots.slack.commands import COMMAND
from bots.slack.examples import SHORTCUT
from bots.slack.votes import BETTER_SHORTCUT

SCOPES: Final = (
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "chat:write",
    "commands",
    "files:read",
    "groups:history",
    "im:history",
    "im:write",
    "mpim:history",
    "users:read",
)
OPTIONAL: Final = ("usergroups:read",)  # where [slack] approvers names a user group
EVENTS: Final = (
    "agent_session_stopped",
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
    "tokens_revoked",
)
EVENTS_PATH: Final = "/slack/events"
INSTALL_PATH: Final = "/slack/install"
REDIRECT_PATH: Final = "/slack/oauth_redirect"
# Slack's own limits (github.com/slackapi/manifest-schema)
_NAME, _DESCRIPTION, _PROMPT_TITLE, _PROMPTS = 35, 140, 70, 4


def manifest(name: str, about: str, *, prompts: Sequence[str] = (), url: str | None = None) -> Json:
    """The manifest of an app; with `url` for signed requests to that address, without for Socket Mode."""
    by_http = {"request_url": f"{url.rstrip('/')}{EVENTS_PATH}"} if url else {}
    redirect = {"redirect_urls": [f"{url.rstrip('/')}{REDIRECT_PATH}"]} if url else {}
    about = shortened(about.strip() or name, _DESCRIPTION)
    return {
        "display_information": {"name": shortened(name, _NAME), "description": about, "background_color": "#1f2937"},
        "features": {
            "app_home": _home(),
            "bot_user": {"display_name": shortened(name, _NAME), "always_online": True},
            "agent_view": {"agent_description": about, "suggested_prompts": _suggested(prompts)},
            "slash_commands": [_command() | ({"url": by_http["request_url"]} if url else {})],
            "shortcuts": _shortcuts(),
        },
        "oauth_config": {**redirect, "scopes": {"bot": list(SCOPES), "bot_optional": list(OPTIONAL)}},
        "settings": {
            "event_subscriptions": {**by_http, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **by_http},
            "org_deploy_enabled": False,
            "socket_mode_enabled": url is None,
            "token_rotation_enabled": False,
        },
    }


def _home() -> Json:
    return {"home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": False}


def _suggested(prompts: Sequence[str]) -> list[Json]:
    texts = list(prompts)[:_PROMPTS] or ["What can you help me with?"]
    return [{"title": shortened(text, _PROMPT_TITLE), "message": text} for text in texts]


def _command() -> Json:
    return {
        "command": COMMAND,
        "description": "Help, who speaks here, your data",
        "usage_hint": "help | status | privacy | forget",
        "should_escape": True,
    }


def _shortcuts() -> list[Json]:
    return [
        {
            "name": "Save as training example",
            "type": "message",
            "callback_id": SHORTCUT,
            "description": "Hand in this exchange; somebody reviews it before it is learned from",
        },
        {
            "name": "Suggest a better answer",
            "type": "message",
            "callback_id": BETTER_SHORTCUT,
            "description": "Write what the assistant should have said",
        },
    ]
