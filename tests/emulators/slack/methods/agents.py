"""`assistant.threads.*` and `agents.sessions.*`: status, title and suggested prompts of a thread with the agent."""

from __future__ import annotations

from typing import Final

from tests.emulators.slack.methods.method import Method
from tests.emulators.slack.records import ApiRequest, Json, StatusKey
from tests.emulators.slack.refusals import Refusal
from tests.emulators.slack.workspace import Workspace

_SESSION_STATES: Final = frozenset({"active", "processing", "suspended", "closed"})


def set_thread_status(slack: Workspace, request: ApiRequest) -> None:
    """The "is thinking…" line under a thread; an empty status takes it away."""
    params = request.params
    key = _key(slack, params)
    if len(params.get("loading_messages") or []) > 10:
        raise Refusal("invalid_arguments")
    if not any(message["ts"] == key[1] for message in slack.messages.by_channel[key[0]]):
        raise Refusal("invalid_thread_ts")
    if params.get("status"):
        slack.statuses[key] = params["status"]
    else:
        slack.statuses.pop(key, None)


def set_title(slack: Workspace, request: ApiRequest) -> None:
    slack.sessions.setdefault(_key(slack, request.params), {})["title"] = request.params["title"]


def set_suggested_prompts(slack: Workspace, request: ApiRequest) -> None:
    params = request.params
    channel = slack.writable_channel(params.get("channel_id"))["id"]
    if not slack.grants.has_any_feature(("agent_view", "assistant_view")):
        raise Refusal("not_agent_app")
    prompts = params.get("prompts") or []
    if not 1 <= len(prompts) <= 4 or any(not prompt.get("title") or not prompt.get("message") for prompt in prompts):
        raise Refusal("invalid_arguments")
    slack.prompts[channel] = {
        "title": params.get("title"),
        "prompts": prompts,
        "thread_ts": params.get("thread_ts"),
    }


def set_session_status(slack: Workspace, request: ApiRequest) -> Json:
    params = request.params
    key = _key(slack, params)
    if params.get("status") not in _SESSION_STATES:
        raise Refusal("invalid_status")
    if not params.get("thread_ts"):
        raise Refusal("thread_ts_required")
    session = slack.sessions.setdefault(key, {"title": params.get("title")})
    session["status"] = params["status"]
    answer = {"status": params["status"], "title": session.get("title")}
    if slack.grants.subscribes("agent_session_stopped"):
        return answer
    return answer | {"warning": "missing_agent_session_stopped_event_subscription"}


def _key(slack: Workspace, params: Json) -> StatusKey:
    return slack.writable_channel(params.get("channel_id"))["id"], params.get("thread_ts", "")


METHODS: Final = {
    "assistant.threads.setStatus": Method(set_thread_status, tier=None, scopes=("chat:write",)),
    "assistant.threads.setTitle": Method(set_title, tier=4, scopes=("assistant:write",)),
    "assistant.threads.setSuggestedPrompts": Method(set_suggested_prompts, tier=4, scopes=("assistant:write",)),
    "agents.sessions.setStatus": Method(set_session_status, tier=3, scopes=("chat:write",)),
    "agents.sessions.rename": Method(set_title, tier=3, scopes=("chat:write",)),
}
