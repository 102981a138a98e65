"""Events: what the Events API tells the bot, when the manifest subscribes to it."""

from __future__ import annotations

import time

from tests.emulators.slack.channels import MESSAGE_EVENT
from tests.emulators.slack.records import Channel, Envelope, Json
from tests.emulators.slack.workspace import Workspace


def deliver_event(
    slack: Workspace, event: Json, *, event_id: str | None = None, team: str | None = None
) -> Envelope | None:
    """Deliver any event; None when the manifest does not subscribe to it or lacks the scope for it."""
    with slack.journal.changed:
        place = event.get("channel")  # some events carry the whole channel here
        channel = slack.channels.get(place) if isinstance(place, str) else None
        if not _wanted(slack, event, channel):
            return None
        team = team or (channel["team"] if channel else slack.app.team)
        payload = {
            "token": "x",
            "team_id": team,
            "api_app_id": slack.app.app_id,
            "type": "event_callback",
            "event": event,
            "event_id": event_id or f"Ev{slack.ids.next()}",
            "event_time": int(time.time()),
            "is_ext_shared_channel": bool(channel and channel["ext_shared"]),
            "authorizations": [_authorization(slack, team)],
        }
    return slack.courier.deliver(Envelope("events_api", payload))


def deliver_message(slack: Workspace, event: Json) -> None:
    """Deliver a `message` event; the bot hears only channels that it is in."""
    if slack.bot_is_in(slack.channels[event["channel"]]):
        deliver_event(slack, dict(event))


def echo(slack: Workspace, message: Json) -> None:
    """The bot hears its own message, as it does on Slack."""
    if slack.rules.echo_own:
        named = {"type": "message", "channel": message["channel"], "ts": message["ts"]}
        deliver_message(slack, named | slack.messages.public(message))


def echo_change(slack: Workspace, message: Json) -> None:
    """The bot hears that its own message changed."""
    if slack.rules.echo_own:
        public = slack.messages.public(message)
        deliver_change(slack, message["channel"], {"message": public, "previous_message": public})


def deliver_change(slack: Workspace, channel: str, change: Json, *, subtype: str = "message_changed") -> None:
    event = {"type": "message", "subtype": subtype, "hidden": True, "channel": channel, "ts": slack.ids.ts()}
    deliver_message(slack, event | change)


def _wanted(slack: Workspace, event: Json, channel: Channel | None) -> bool:
    if event["type"] != "message":
        return slack.grants.subscribes(event["type"])
    if channel is None:
        raise KeyError(f"no channel {event['channel']}")
    event.setdefault("channel_type", channel["kind"])
    event.setdefault("event_ts", event["ts"])
    return slack.history_granted(channel) and slack.grants.subscribes(MESSAGE_EVENT[channel["kind"]])


def _authorization(slack: Workspace, team: str) -> Json:
    return {
        "enterprise_id": None,
        "team_id": team,
        "user_id": slack.app.bot_user,
        "is_bot": True,
        "is_enterprise_install": False,
    }
