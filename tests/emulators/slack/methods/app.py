"""Methods about the app itself: `api.test`, `auth.*`, `team.info`, `bots.info`, `apps.connections.open`."""

from __future__ import annotations

from typing import Final

from tests.emulators.slack.methods.method import Method
from tests.emulators.slack.records import ApiRequest, Json
from tests.emulators.slack.refusals import Refusal
from tests.emulators.slack.workspace import Workspace


def echo_arguments(_slack: Workspace, request: ApiRequest) -> Json:
    return {"args": request.params}


def who_am_i(slack: Workspace, request: ApiRequest) -> Json:
    team = _team(slack, request)
    return {
        "url": f"https://{team['domain']}.slack.com/",
        "team": team["name"],
        "team_id": team["id"],
        "user": "bot",
        "user_id": slack.app.bot_user,
        "bot_id": slack.app.bot_id,
        "is_enterprise_install": False,
    }


def revoke_auth(slack: Workspace, request: ApiRequest) -> Json:
    slack.tokens.pop(request.token)
    return {"revoked": True}


def team_info(slack: Workspace, request: ApiRequest) -> Json:
    return {"team": _team(slack, request)}


def bot_info(slack: Workspace, _request: ApiRequest) -> Json:
    app = slack.app
    return {"bot": {"id": app.bot_id, "user_id": app.bot_user, "app_id": app.app_id, "name": "bot"}}


def open_connection(slack: Workspace, _request: ApiRequest) -> Json:
    """A one-time WebSocket URL for Socket Mode."""
    if slack.grants.manifest is not None and not slack.grants.setting("socket_mode_enabled"):
        raise Refusal("socket_mode_not_enabled")
    address = slack.address.replace("http://", "ws://", 1)
    return {"url": f"{address}/link/?ticket={slack.courier.sockets.new_ticket()}&app_id={slack.app.app_id}"}


def _team(slack: Workspace, request: ApiRequest) -> Json:
    return slack.teams[slack.tokens[request.token]["team"]]


METHODS: Final = {
    "api.test": Method(echo_arguments, tier=4),
    "auth.test": Method(who_am_i, tier=None),
    "auth.revoke": Method(revoke_auth, tier=3),
    "team.info": Method(team_info, tier=3, scopes=("team:read",)),
    "bots.info": Method(bot_info, tier=3, scopes=("users:read",)),
    "apps.connections.open": Method(open_connection, tier=3),
}
