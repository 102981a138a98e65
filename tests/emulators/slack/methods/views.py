"""`views.*`: modals that a trigger opens, and the Home tab."""

from __future__ import annotations

from typing import Final

from tests.emulators.slack.methods.method import Method
from tests.emulators.slack.records import ApiRequest, Json
from tests.emulators.slack.refusals import Refusal
from tests.emulators.slack.workspace import Workspace

_DEEPEST: Final = 3


def open_view(slack: Workspace, request: ApiRequest) -> Json:
    user = slack.triggers.spend(request.params)
    slack.views.stacks[user].clear()
    return {"view": slack.views.open_modal(request.params.get("view"), user)}


def push(slack: Workspace, request: ApiRequest) -> Json:
    user = slack.triggers.spend(request.params)
    if len(slack.views.stacks[user]) >= _DEEPEST:
        raise Refusal("push_limit_reached")
    return {"view": slack.views.open_modal(request.params.get("view"), user)}


def update(slack: Workspace, request: ApiRequest) -> Json:
    """Only what somebody still has open can change; a `hash` guards against a change in between."""
    params = request.params
    old = slack.views.find(params.get("view_id"), params.get("external_id"))
    if old is None or slack.views.owner(old) is None:
        raise Refusal("not_found")
    if params.get("hash") and params["hash"] != old["hash"]:
        raise Refusal("hash_conflict")
    return {"view": slack.views.replace(params.get("view"), old)}


def publish(slack: Workspace, request: ApiRequest) -> Json:
    user = request.params.get("user_id")
    if user not in slack.users:
        raise Refusal("invalid_arguments")
    home = slack.grants.feature("app_home") or {}
    if slack.grants.manifest is not None and not home.get("home_tab_enabled"):
        raise Refusal("not_enabled")
    return {"view": slack.views.publish_home(request.params.get("view"), str(user))}


METHODS: Final = {
    "views.open": Method(open_view, tier=4),
    "views.push": Method(push, tier=4),
    "views.update": Method(update, tier=4),
    "views.publish": Method(publish, tier=4),
}
