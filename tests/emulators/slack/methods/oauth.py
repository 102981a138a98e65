"""`oauth.v2.access`: a code or a refresh token against a bot token."""

from __future__ import annotations

import secrets
from typing import Final

from tests.emulators.slack.methods.method import Method
from tests.emulators.slack.records import ApiRequest, Json
from tests.emulators.slack.refusals import Refusal
from tests.emulators.slack.workspace import Workspace


def access(slack: Workspace, request: ApiRequest) -> Json:
    """A code works once; the answer holds a refresh token when the app rotates its tokens."""
    params = request.params
    refreshing = params.get("grant_type") == "refresh_token"
    team = _team_of_refresh(slack, params) if refreshing else _team_of_code(slack, params)
    token = f"{'xoxe.xoxb' if refreshing else 'xoxb'}-{secrets.token_hex(6)}"
    refresh = f"xoxe-1-{secrets.token_hex(6)}"
    slack.tokens[token] = {"kind": "bot", "team": team, "refresh": refresh}
    rotating = bool(slack.grants.setting("token_rotation_enabled")) or "grant_type" in params
    return _installation(slack, team, token=token) | (
        {"refresh_token": refresh, "expires_in": 43_200} if rotating else {}
    )


def _team_of_refresh(slack: Workspace, params: Json) -> str:
    given = params.get("refresh_token")
    for token in slack.tokens.values():
        if given and token.get("refresh") == given:
            return token["team"]
    raise Refusal("invalid_refresh_token")


def _team_of_code(slack: Workspace, params: Json) -> str:
    team = slack.oauth_codes.pop(params.get("code", ""), None)
    if team is None:
        raise Refusal("invalid_code")
    return team


def _installation(slack: Workspace, team: str, *, token: str) -> Json:
    return {
        "access_token": token,
        "token_type": "bot",
        "scope": ",".join(sorted(slack.grants.scopes or ["chat:write"])),
        "bot_user_id": slack.app.bot_user,
        "app_id": slack.app.app_id,
        "team": slack.teams[team],
        "enterprise": None,
        "authed_user": {"id": "U1"},
        "is_enterprise_install": False,
    }


METHODS: Final = {"oauth.v2.access": Method(access, tier=4)}
