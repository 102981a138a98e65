"""Posts: messages that the bot writes, and which of them it may touch again."""

from __future__ import annotations

from typing import Any, Final

from tests.emulators.slack.records import Json
from tests.emulators.slack.refusals import Refusal
from tests.emulators.slack.workspace import Workspace

_KEPT: Final = ("unfurl_links", "unfurl_media", "reply_broadcast", "username", "icon_emoji", "icon_url")


def new_post(slack: Workspace, channel: str, *, body: Json, params: Json) -> Json:
    """A message of the bot, not yet stored; in a thread it ends the thread's status."""
    app = slack.app
    message: Json = {"type": "message", "ts": slack.ids.ts(), "channel": channel, "user": app.bot_user}
    message |= {"bot_id": app.bot_id, "app_id": app.app_id, "team": app.team} | body
    if params.get("thread_ts"):
        message["thread_ts"] = thread_root(slack, channel, ts=params["thread_ts"])
        slack.statuses.pop((channel, message["thread_ts"]), None)
    message |= {name: params[name] for name in _KEPT if name in params}
    slack.note_pings(message)
    return message


def new_answer(slack: Workspace, channel: str, *, answer: Json, user: str) -> Json:
    """A message of the bot made from the answer to a person's command or click, not yet stored."""
    message: Json = {"type": "message", "ts": slack.ids.ts(), "channel": channel, "user": slack.app.bot_user}
    message |= {"bot_id": slack.app.bot_id, "text": answer.get("text", ""), "blocks": answer.get("blocks")}
    return message | {"for_user": user, "thread_ts": answer.get("thread_ts")}


def show_answer(slack: Workspace, answer: Json, *, channel: str, user: str) -> None:
    """Store it where its `response_type` says: for everybody in the channel, or only for that person."""
    message = new_answer(slack, channel, answer=answer, user=user)
    slack.note_pings(message)
    in_channel = answer.get("response_type") == "in_channel"
    (slack.messages.by_channel[channel] if in_channel else slack.messages.ephemerals).append(message)


def thread_root(slack: Workspace, channel: str, *, ts: str) -> str:
    try:
        message = slack.messages.find(channel, ts)
    except KeyError:
        raise Refusal("thread_not_found") from None
    root = message.get("thread_ts")
    if root and root != ts:
        slack.journal.violations.append("thread_ts is a reply's ts, not its parent's")
        return str(root)
    return ts


def own_post(slack: Workspace, channel: str, *, ts: Any, error: str = "cant_update_message") -> Json:
    """A message that this app wrote; another's is refused with `error`."""
    try:
        message = slack.messages.find(channel, ts)
    except KeyError:
        raise Refusal("message_not_found") from None
    if message.get("bot_id") != slack.app.bot_id:
        raise Refusal(error)
    return message
