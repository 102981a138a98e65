"""People: what members write, change, upload and open, and the events that follow."""

from __future__ import annotations

import secrets
from typing import Any

from tests.emulators.slack.events import deliver_change, deliver_event, deliver_message
from tests.emulators.slack.records import Envelope, File, Json
from tests.emulators.slack.workspace import Workspace


class People:
    """The people of a workspace, whoever `user` names."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def says(
        self,
        channel: str,
        user: str,
        text: str,
        *,
        thread_ts: str | None = None,
        files: list[File] | None = None,
        deliver: bool = True,
        **extra: Any,
    ) -> Json:
        """A person posts. Delivers `message` and, when the bot is mentioned, `app_mention` too."""
        slack = self._workspace
        with slack.journal.changed:
            message = self._written(channel, user, text=text) | ({"thread_ts": thread_ts} if thread_ts else {})
            if files:
                shared = [slack.public_file(file) for file in files]
                message |= {"files": shared, "subtype": "file_share", "upload": True}
            message |= extra
            slack.messages.by_channel[channel].append(message)
            slack.journal.changed.notify_all()
        if deliver:
            deliver_message(slack, message)
            self._deliver_mention(message)
        return message

    def edits(self, channel: str, ts: str, text: str) -> None:
        slack = self._workspace
        with slack.journal.changed:
            message = slack.messages.find(channel, ts)
            previous = dict(message)
            message |= {"text": text, "edited": {"user": message["user"], "ts": slack.ids.ts()}}
        deliver_change(slack, channel, {"message": dict(message), "previous_message": previous})

    def deletes(self, channel: str, ts: str) -> None:
        slack = self._workspace
        with slack.journal.changed:
            message = slack.messages.find(channel, ts)
            slack.messages.by_channel[channel].remove(message)
        deleted = {"deleted_ts": ts, "previous_message": message}
        deliver_change(slack, channel, deleted, subtype="message_deleted")

    def react(self, channel: str, ts: str, user: str, name: str, added: bool = True) -> Envelope | None:
        """A person puts an emoji under a message, or takes it away."""
        slack = self._workspace
        event = {
            "type": "reaction_added" if added else "reaction_removed",
            "user": user,
            "reaction": name,
            "item_user": slack.messages.find(channel, ts).get("user"),
            "item": {"type": "message", "channel": channel, "ts": ts},
            "event_ts": slack.ids.ts(),
        }
        return deliver_event(slack, event)

    def open_home(self, user: str, tab: str = "home") -> Envelope | None:
        """The user opens the app: `tab` is home or messages (the agent's direct messages)."""
        slack = self._workspace
        event: Json = {"type": "app_home_opened", "user": user, "channel": f"D{user}", "tab": tab}
        event["event_ts"] = slack.ids.ts()
        if user in slack.views.homes:
            event["view"] = slack.views.homes[user]
        return deliver_event(slack, event)

    def stop_session(self, channel: str, thread_ts: str, user: str) -> Envelope | None:
        """The user presses Slack's own stop button of an agent session: what streams there ends at once."""
        slack = self._workspace
        with slack.journal.changed:
            live = [m for m in slack.messages.thread(channel, thread_ts) if m.get("streaming")]
            for message in live:
                message["streaming"] = False
        event = {"type": "agent_session_stopped", "channel": channel, "thread_ts": thread_ts, "user": user}
        stopped = {"streaming_message_ts": [message["ts"] for message in live], "event_ts": slack.ids.ts()}
        return deliver_event(slack, event | stopped)

    def _written(self, channel: str, user: str, *, text: str) -> Json:
        """The message as Slack's client writes it; KeyError for a channel or person that does not exist."""
        slack = self._workspace
        section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
        return {
            "type": "message",
            "user": user,
            "text": text,
            "ts": slack.ids.ts(),
            "team": slack.users[user]["team_id"],
            "client_msg_id": secrets.token_hex(8),
            "channel": slack.channels[channel]["id"],
            "blocks": [{"type": "rich_text", "elements": [section]}],
        }

    def _deliver_mention(self, message: Json) -> None:
        slack = self._workspace
        direct = slack.channels[message["channel"]]["kind"] == "im"
        if f"<@{slack.app.bot_user}>" in message["text"] and not direct:
            mention = {key: value for key, value in message.items() if key != "subtype"}
            deliver_event(slack, mention | {"type": "app_mention", "event_ts": message["ts"]})
