"""`conversations.*`: history and threads, and the channels themselves."""

from __future__ import annotations

from typing import Final

from tests.emulators.slack.channels import ANY_HISTORY, ANY_READ
from tests.emulators.slack.methods.method import Method
from tests.emulators.slack.methods.pages import page
from tests.emulators.slack.records import ApiRequest, Channel, Json
from tests.emulators.slack.refusals import Refusal
from tests.emulators.slack.workspace import Workspace


def replies(slack: Workspace, request: ApiRequest) -> Json:
    params = request.params
    channel = slack.history_channel(slack.direct(params.get("channel")))["id"]
    messages = [m for m in slack.messages.thread(channel, params.get("ts", "")) if _in_time(m, params)]
    if not messages:
        raise Refusal("thread_not_found")
    return _messages_page(slack, messages, params=params, default=1000)


def history(slack: Workspace, request: ApiRequest) -> Json:
    """What stands in the channel itself, newest first."""
    params = request.params
    channel = slack.history_channel(slack.direct(params.get("channel")))["id"]
    roots = [m for m in slack.messages.by_channel[channel] if m.get("thread_ts", m["ts"]) == m["ts"]]
    messages = [m for m in reversed(roots) if _in_time(m, params)]
    return _messages_page(slack, messages, params=params, default=100)


def info(slack: Workspace, request: ApiRequest) -> Json:
    channel = _named(slack, request)
    return {
        "channel": {
            "id": channel["id"],
            "name": channel["name"],
            "is_channel": channel["kind"] == "channel",
            "is_im": channel["kind"] == "im",
            "is_private": channel["kind"] != "channel",
            "is_member": slack.bot_is_in(channel),
            "is_ext_shared": channel["ext_shared"],
            "is_archived": False,
        }
    }


def members(slack: Workspace, request: ApiRequest) -> Json:
    return page(_named(slack, request)["members"], request.params, key="members")


def list_channels(slack: Workspace, request: ApiRequest) -> Json:
    public = (channel for channel in slack.channels.values() if channel["kind"] == "channel")
    rows = [{"id": c["id"], "name": c["name"], "is_member": slack.bot_is_in(c)} for c in public]
    return page(rows, request.params, key="channels")


def join(slack: Workspace, request: ApiRequest) -> Json:
    channel = _named(slack, request)
    if not slack.bot_is_in(channel):
        channel["members"].append(slack.app.bot_user)
    return {"channel": {"id": channel["id"]}}


def open_direct(slack: Workspace, request: ApiRequest) -> Json:
    """The direct messages with one person, or with several."""
    people = [user for user in str(request.params.get("users") or "").split(",") if user]
    if not people or any(user not in slack.users for user in people):
        raise Refusal("user_not_found")
    alone = len(people) == 1
    channel = f"D{people[0]}" if alone else "GM" + "".join(people)
    if channel not in slack.channels:
        inside = [*people, slack.app.bot_user]
        slack.add_channel(channel, "", kind="im" if alone else "mpim", members=inside)
    return {"channel": {"id": channel}}


def _named(slack: Workspace, request: ApiRequest) -> Channel:
    return slack.known_channel(slack.direct(request.params.get("channel")))


def _in_time(message: Json, params: Json) -> bool:
    oldest, latest = float(params.get("oldest") or 0), float(params.get("latest") or 9e15)
    return oldest <= float(message["ts"]) <= latest


def _messages_page(slack: Workspace, messages: list[Json], *, params: Json, default: int) -> Json:
    shown = [_with_metadata_if_asked(slack, message, params=params) for message in messages]
    most = 15 if slack.rules.distributed else 999  # commercially distributed, not in the Marketplace
    return page(shown, params, key="messages", default=default, most=most)


def _with_metadata_if_asked(slack: Workspace, message: Json, *, params: Json) -> Json:
    public = slack.messages.public(message)
    if str(params.get("include_all_metadata", "")).lower() not in ("1", "true"):
        public.pop("metadata", None)
    return public


METHODS: Final = {
    "conversations.replies": Method(replies, tier=3, scopes=ANY_HISTORY),
    "conversations.history": Method(history, tier=3, scopes=ANY_HISTORY),
    "conversations.info": Method(info, tier=3, scopes=ANY_READ),
    "conversations.members": Method(members, tier=4, scopes=ANY_READ),
    "conversations.list": Method(list_channels, tier=2, scopes=ANY_READ),
    "conversations.join": Method(join, tier=3, scopes=("channels:join",)),
    "conversations.open": Method(open_direct, tier=3, scopes=("im:write", "mpim:write")),
}
