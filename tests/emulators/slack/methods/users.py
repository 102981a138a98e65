"""`users.*` and `usergroups.users.list`: who is there."""

from __future__ import annotations

from typing import Final

from tests.emulators.slack.methods.method import Method
from tests.emulators.slack.methods.pages import page
from tests.emulators.slack.records import ApiRequest, Json
from tests.emulators.slack.refusals import Refusal
from tests.emulators.slack.workspace import Workspace


def info(slack: Workspace, request: ApiRequest) -> Json:
    user = request.params.get("user")
    if user not in slack.users:
        raise Refusal("user_not_found")
    return {"user": slack.users[str(user)]}


def list_users(slack: Workspace, request: ApiRequest) -> Json:
    return page(list(slack.users.values()), request.params, key="members")


def list_group(slack: Workspace, request: ApiRequest) -> Json:
    group = request.params.get("usergroup")
    if group not in slack.usergroups:
        raise Refusal("no_such_subteam")
    return {"users": slack.usergroups[str(group)]}


METHODS: Final = {
    "users.info": Method(info, tier=4, scopes=("users:read",)),
    "users.list": Method(list_users, tier=2, scopes=("users:read",)),
    "usergroups.users.list": Method(list_group, tier=2, scopes=("usergroups:read",)),
}
