"""The door of the Web API: reads a request, checks who asks and how often, answers, and records the call."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, Final

from aiohttp import web

from tests.emulators.slack.channels import ANY_HISTORY, ANY_READ, HISTORY_SCOPE, READ_SCOPE
from tests.emulators.slack.faults import Fault, Faults
from tests.emulators.slack.limits import RateMeter
from tests.emulators.slack.methods.catalogue import METHODS
from tests.emulators.slack.methods.method import Method
from tests.emulators.slack.records import ApiRequest, Call, Json
from tests.emulators.slack.refusals import Refusal
from tests.emulators.slack.workspace import Workspace

# Forms carry these as JSON text.
_JSON_PARAMS: Final = frozenset(
    {"blocks", "view", "metadata", "files", "prompts", "chunks", "attachments", "loading_messages"}
)
_UNAUTHENTICATED: Final = frozenset({"oauth.v2.access"})
_APP_LEVEL: Final = frozenset({"apps.connections.open"})


class WebApi:
    """Answers `/api/METHOD`."""

    def __init__(self, workspace: Workspace, faults: Faults) -> None:
        self._workspace = workspace
        self._faults = faults
        self._meter = RateMeter(workspace.rules, workspace.journal)

    async def serve(self, web_request: web.Request) -> web.Response:
        arrived = time.monotonic()
        request = await _read(web_request)
        fault = self._faults.next_for(request.method)
        if fault is not None:
            await asyncio.sleep(fault.delay)
        with self._workspace.journal.changed:
            headers = {"x-oauth-scopes": ",".join(sorted(self._workspace.grants.scopes or []))}
            status, response = 200, self._answer(request, fault)
            if isinstance(response, Refusal):
                headers |= {} if response.retry_after is None else {"Retry-After": str(response.retry_after)}
                status, response = response.status, {"ok": False, "error": response.error} | response.extra
            call = Call(request.method, request.params, request.token, arrived, response, status)
            self._workspace.journal.note_call(call)
        return web.json_response(response, status=status, headers=headers)

    def _answer(self, request: ApiRequest, fault: Fault | None) -> Json | Refusal:
        try:
            if fault is not None:
                fault.strike()
            method = _authorized(self._workspace, request)
            self._meter.count(request, tier=method.tier)
            return {"ok": True} | (method.answer(self._workspace, request) or {})
        except Refusal as refusal:
            return refusal
        except Exception as error:  # noqa: BLE001 (arguments that no real server would take either, or a bug here)
            self._workspace.journal.note_emulator_error(error)
            return Refusal("invalid_arguments")


async def _read(web_request: web.Request) -> ApiRequest:
    params: Json = dict(web_request.query)
    if web_request.content_type == "application/json":
        params |= json.loads(await web_request.read() or b"{}")
    elif web_request.can_read_body:
        params |= dict(await web_request.post())
    params = {name: _decoded(name, value) for name, value in params.items()}
    token = web_request.headers.get("Authorization", "").removeprefix("Bearer ") or params.pop("token", "")
    return ApiRequest(web_request.match_info["method"], params, token)


def _decoded(name: str, value: Any) -> Any:
    is_json = name in _JSON_PARAMS and isinstance(value, str) and value[:1] in ("[", "{")
    return json.loads(value) if is_json else value


def _authorized(slack: Workspace, request: ApiRequest) -> Method:
    """The method, when it exists and the token may call it."""
    method = METHODS.get(request.method)
    if method is None:
        raise Refusal("unknown_method")
    if request.method not in _UNAUTHENTICATED:
        _check_token(slack, request)
        _check_scope(slack, _needed_scopes(slack, method, channel_id=_channel_id(request)))
    return method


def _check_token(slack: Workspace, request: ApiRequest) -> None:
    if not request.token:
        raise Refusal("not_authed")
    token = slack.tokens.get(request.token)
    if token is None:
        raise Refusal("invalid_auth")
    if token.get("expired"):
        raise Refusal("token_expired")
    if (token["kind"] == "app") != (request.method in _APP_LEVEL):
        raise Refusal("not_allowed_token_type")


def _channel_id(request: ApiRequest) -> str:
    return request.params.get("channel") or request.params.get("channel_id") or ""


def _needed_scopes(slack: Workspace, method: Method, *, channel_id: str) -> tuple[str, ...]:
    """Any of these is enough; for a known channel only the one of its kind."""
    channel = slack.channels.get(channel_id)
    if channel and method.scopes == ANY_HISTORY:
        return (HISTORY_SCOPE[channel["kind"]],)
    if channel and method.scopes == ANY_READ:
        return (READ_SCOPE[channel["kind"]],)
    return method.scopes


def _check_scope(slack: Workspace, needed: tuple[str, ...]) -> None:
    granted = slack.grants.scopes
    if needed and granted is not None and not granted & set(needed):
        raise Refusal("missing_scope", needed=",".join(needed), provided=",".join(sorted(granted)))
