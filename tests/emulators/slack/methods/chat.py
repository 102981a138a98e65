"""`chat.*`: post, update, delete, and the link to a message."""

from __future__ import annotations

from typing import Final

from tests.emulators.slack.content import checked_content
from tests.emulators.slack.events import echo, echo_change
from tests.emulators.slack.methods.method import Method
from tests.emulators.slack.posts import new_post, own_post
from tests.emulators.slack.records import ApiRequest, Json
from tests.emulators.slack.refusals import Refusal
from tests.emulators.slack.workspace import Workspace


def post_message(slack: Workspace, request: ApiRequest) -> Json:
    params = request.params
    channel = slack.writable_channel(slack.direct(params.get("channel")))["id"]
    message = new_post(slack, channel, body=checked_content(slack, params), params=params)
    slack.messages.by_channel[channel].append(message)
    echo(slack, message)
    return {"channel": channel, "ts": message["ts"], "message": slack.messages.public(message)}


def post_ephemeral(slack: Workspace, request: ApiRequest) -> Json:
    params = request.params
    channel = slack.writable_channel(slack.direct(params.get("channel")))
    if params.get("user") not in channel["members"]:
        raise Refusal("user_not_in_channel")
    # Only one person sees it: the thread's status stays, and its root is not looked up.
    unthreaded = {name: value for name, value in params.items() if name != "thread_ts"}
    message = new_post(slack, channel["id"], body=checked_content(slack, params), params=unthreaded)
    slack.messages.ephemerals.append(message | {"for_user": params["user"], "thread_ts": params.get("thread_ts")})
    return {"message_ts": message["ts"]}


def update(slack: Workspace, request: ApiRequest) -> Json:
    params = request.params
    channel = slack.writable_channel(slack.direct(params.get("channel")))["id"]
    message = own_post(slack, channel, ts=params.get("ts"))
    if message.get("streaming"):
        raise Refusal("streaming_state_conflict")
    message |= checked_content(slack, params, update=True)
    message["edited"] = {"user": slack.app.bot_user, "ts": slack.ids.ts()}
    message.pop("streamed", None)
    slack.note_pings(message)
    echo_change(slack, message)
    public = slack.messages.public(message)
    return {"channel": channel, "ts": message["ts"], "text": message["text"], "message": public}


def delete(slack: Workspace, request: ApiRequest) -> Json:
    params = request.params
    channel = slack.writable_channel(slack.direct(params.get("channel")))["id"]
    message = own_post(slack, channel, ts=params.get("ts"), error="cant_delete_message")
    slack.messages.by_channel[channel].remove(message)
    return {"channel": channel, "ts": params["ts"]}


def get_permalink(slack: Workspace, request: ApiRequest) -> Json:
    ts = request.params.get("message_ts")
    channel = slack.known_channel(slack.direct(request.params.get("channel")))["id"]
    if not any(message["ts"] == ts for message in slack.messages.by_channel[channel]):
        raise Refusal("message_not_found")
    link = f"https://emul.slack.com/archives/{channel}/p{str(ts).replace('.', '')}"
    return {"channel": channel, "permalink": link}


_WRITE: Final = ("chat:write",)
METHODS: Final = {
    "chat.postMessage": Method(post_message, tier=None, scopes=_WRITE),
    "chat.postEphemeral": Method(post_ephemeral, tier=4, scopes=_WRITE),
    "chat.update": Method(update, tier=3, scopes=_WRITE),
    "chat.delete": Method(delete, tier=3, scopes=_WRITE),
    "chat.getPermalink": Method(get_permalink, tier=None),
}
