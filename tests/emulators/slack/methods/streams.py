"""`chat.*Stream`: messages that grow while the model writes, within a lifetime and a size."""

from __future__ import annotations

import time
from typing import Final

from tests.emulators.slack.blocks import check_blocks
from tests.emulators.slack.events import echo, echo_change
from tests.emulators.slack.methods.method import Method
from tests.emulators.slack.posts import new_post, own_post
from tests.emulators.slack.records import ApiRequest, Json
from tests.emulators.slack.refusals import Refusal
from tests.emulators.slack.workspace import Workspace

_CHUNKS: Final = frozenset({"markdown_text", "task_update", "plan_update", "blocks"})
_MOST_IN_A_CALL: Final = 12_000


def start(slack: Workspace, request: ApiRequest) -> Json:
    """In channels, Slack wants to know for whom the stream is."""
    params = request.params
    channel = slack.writable_channel(slack.direct(params.get("channel")))
    for name in ("recipient_team_id", "recipient_user_id"):
        if channel["kind"] != "im" and not params.get(name):
            raise Refusal(f"missing_{name}")
    body = {"text": "", "streaming": True, "streamed": "", "started": time.monotonic(), "mode": None}
    message = new_post(slack, channel["id"], body=body, params=params)
    _grow(slack, message, params)
    slack.messages.by_channel[channel["id"]].append(message)
    echo(slack, message)
    return {"channel": channel["id"], "ts": message["ts"]}


def append(slack: Workspace, request: ApiRequest) -> Json:
    params = request.params
    message = _live(slack, params)
    if not params.get("markdown_text") and not params.get("chunks"):
        raise Refusal("no_text")
    _grow(slack, message, params)
    return {"channel": message["channel"], "ts": message["ts"]}


def stop(slack: Workspace, request: ApiRequest) -> Json:
    params = request.params
    message = _live(slack, params)
    _grow(slack, message, params)
    if params.get("blocks"):
        check_blocks(params["blocks"], "message", ids=slack.ids)
        message["blocks"] = params["blocks"]
    if params.get("metadata"):
        message["metadata"] = params["metadata"]
    message |= {"streaming": False, "text": message["streamed"]}
    slack.note_pings(message)
    channel = message["channel"]
    if params.get("session_status"):
        session = slack.sessions.setdefault((channel, message.get("thread_ts", "")), {})
        session["status"] = params["session_status"]
    echo_change(slack, message)
    return {"channel": channel, "ts": message["ts"], "message": slack.messages.public(message)}


def _live(slack: Workspace, params: Json) -> Json:
    """The message, when it is the app's own and still streams."""
    channel = slack.writable_channel(slack.direct(params.get("channel")))["id"]
    message = own_post(slack, channel, ts=params.get("ts"), error="message_not_owned_by_app")
    if message.get("streaming") and time.monotonic() - message["started"] > slack.rules.stream_lifetime:
        message["streaming"] = False
    if not message.get("streaming"):
        raise Refusal("message_not_in_streaming_state")
    return message


def _grow(slack: Workspace, message: Json, params: Json) -> None:
    text, chunks = params.get("markdown_text"), params.get("chunks") or []
    if text is not None and chunks:
        raise Refusal("cannot_provide_both_markdown_text_and_chunks")
    _settle_mode(message, "chunks" if chunks else "text" if text else None)
    added = (text or "") + "".join(_chunk_text(message, chunk) for chunk in chunks)
    if len(added) > _MOST_IN_A_CALL:
        raise Refusal("msg_too_long")
    if len((message["streamed"] + added).encode()) > slack.rules.stream_limit:  # undocumented (CopilotKit#6064)
        raise Refusal("msg_too_long")
    message["streamed"] += added


def _settle_mode(message: Json, mode: str | None) -> None:
    """A stream takes either text or chunks, whichever came first."""
    if mode and message["mode"] not in (None, mode):
        raise Refusal("streaming_mode_mismatch")
    message["mode"] = message["mode"] or mode


def _chunk_text(message: Json, chunk: Json) -> str:
    kind = chunk.get("type")
    if kind not in _CHUNKS:
        raise Refusal("invalid_chunks")
    if kind == "task_update":
        message.setdefault("tasks", {})[chunk["id"]] = chunk
    text: str = chunk["text"] if kind == "markdown_text" else ""
    return text


_WRITE: Final = ("chat:write",)
METHODS: Final = {
    "chat.startStream": Method(start, tier=2, scopes=_WRITE),
    "chat.appendStream": Method(append, tier=4, scopes=_WRITE),
    "chat.stopStream": Method(stop, tier=2, scopes=_WRITE),
}
