"""Interactions: presses, shortcuts and slash commands, each with its trigger and response URL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.emulators.slack.controls import press
from tests.emulators.slack.posts import show_answer
from tests.emulators.slack.records import Envelope, Json
from tests.emulators.slack.workspace import Workspace


def interact(slack: Workspace, payload: Json, *, user: str) -> Envelope:
    """Deliver an interaction of that person, with a fresh trigger."""
    with slack.journal.changed:
        person = slack.users[user]
        full = {
            "token": "x",
            "api_app_id": slack.app.app_id,
            "team": {"id": slack.app.team, "domain": "emul"},
            "user": {"id": user, "username": person["name"], "name": person["name"], "team_id": person["team_id"]},
            "enterprise": None,
            "is_enterprise_install": False,
            "trigger_id": slack.triggers.new(user),
        }
    return slack.courier.deliver(Envelope("interactive", full | payload))


class Interactions:
    """What people press and call; AssertionError when it is not there for them."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def click(
        self, channel: str, ts: str, user: str, action_id: str, *, value: str | None = None, **extra: Any
    ) -> Envelope:
        """Press a control of a message."""
        slack = self._workspace
        message = slack.messages.find_seen(channel, ts)
        action = press(message.get("blocks") or [], action_id, value=value, action_ts=slack.ids.ts())
        payload = self._press_payload(action | extra) | {
            "container": self._message_container(channel, message),
            "channel": {"id": channel, "name": slack.channels[channel]["name"]},
            "message": slack.messages.public(message),
            "response_url": slack.new_response_url(user, channel, ts=message["ts"]),
        }
        return interact(slack, payload, user=user)

    def click_view(
        self, view_id: str, user: str, action_id: str, *, value: str | None = None, **extra: Any
    ) -> Envelope:
        """Press a control of a modal or of the Home tab."""
        slack = self._workspace
        view = slack.views.by_id[view_id]
        action = press(view["blocks"], action_id, value=value, action_ts=slack.ids.ts())
        container = {"type": "view", "view_id": view_id}
        payload = self._press_payload(action | extra) | {"container": container, "view": view}
        return interact(slack, payload, user=user)

    def message_shortcut(self, callback_id: str, user: str, channel: str, ts: str) -> Envelope:
        slack = self._workspace
        slack.grants.require_shortcut("message", callback_id)
        payload = self._shortcut_payload("message_action", callback_id) | {
            "message_ts": ts,
            "channel": {"id": channel, "name": slack.channels[channel]["name"]},
            "message": slack.messages.public(slack.messages.find(channel, ts)),
            "response_url": slack.new_response_url(user, channel, ts=ts),
        }
        return interact(slack, payload, user=user)

    def global_shortcut(self, callback_id: str, user: str) -> Envelope:
        self._workspace.grants.require_shortcut("global", callback_id)
        return interact(self._workspace, self._shortcut_payload("shortcut", callback_id), user=user)

    def slash(self, command: str, text: str, user: str, channel: str) -> Envelope:
        """Call a slash command; a payload in its acknowledgement is shown as the answer."""
        slack = self._workspace
        slack.grants.require_command(command)
        with slack.journal.changed:
            place = slack.channels[channel]
            payload = {
                "token": "x",
                "team_id": slack.app.team,
                "team_domain": "emul",
                "channel_id": channel,
                "channel_name": "directmessage" if place["kind"] == "im" else place["name"],
                "user_id": user,
                "user_name": slack.users[user]["name"],
                "command": command,
                "text": text,
                "api_app_id": slack.app.app_id,
                "is_enterprise_install": "false",
                "response_url": slack.new_response_url(user, channel, ts=None),
                "trigger_id": slack.triggers.new(user),
            }
        return slack.courier.deliver(Envelope("slash_commands", payload, self._answering(channel, user)))

    def _answering(self, channel: str, user: str) -> Callable[[Any], None]:
        def show(ack: Any) -> None:
            show_answer(self._workspace, ack if isinstance(ack, dict) else {"text": ack}, channel=channel, user=user)

        return show

    def _press_payload(self, action: Json) -> Json:
        return {"type": "block_actions", "actions": [action], "state": {"values": {}}}

    def _shortcut_payload(self, kind: str, callback_id: str) -> Json:
        return {"type": kind, "callback_id": callback_id, "action_ts": self._workspace.ids.ts()}

    def _message_container(self, channel: str, message: Json) -> Json:
        ephemeral = any(seen is message for seen in self._workspace.messages.ephemerals)
        container = {"type": "message", "message_ts": message["ts"], "channel_id": channel, "is_ephemeral": ephemeral}
        thread = message.get("thread_ts")
        return container | ({"thread_ts": thread} if thread else {})
