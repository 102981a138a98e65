"""Everything served beside the Web API: response URLs, uploads, downloads, and the consent page of OAuth."""

from __future__ import annotations

import time
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from tests.emulators.slack.blocks import check_blocks
from tests.emulators.slack.posts import show_answer
from tests.emulators.slack.records import Call, Json, ResponseUrl
from tests.emulators.slack.refusals import Refusal
from tests.emulators.slack.workspace import Workspace

_RESPONSE_LIFETIME: Final = 1800
_RESPONSE_USES: Final = 5
_LOGIN_PAGE: Final = "<!DOCTYPE html><html><title>Sign in to Slack</title></html>"


class Pages:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def answer_response_url(self, request: web.Request) -> web.Response:
        """Five answers within half an hour: a new message, a replacement of the old one, or its removal."""
        slack = self._workspace
        answer = await request.json()
        with slack.journal.changed:
            try:
                self._use(slack.response_urls.get(request.match_info["id"]), answer)
                refusal = None
            except Refusal as caught:
                refusal = caught
            response = {"ok": True} if refusal is None else {"ok": False, "error": refusal.error} | refusal.extra
            status = 200 if refusal is None else max(400, refusal.status)
            slack.journal.note_call(Call("response_url", answer, "", time.monotonic(), response, status))
        return web.Response(text="ok") if refusal is None else web.json_response(response, status=status)

    async def upload(self, request: web.Request) -> web.Response:
        file = self._workspace.files.get(request.match_info["id"])
        if file is None:
            return web.Response(status=404)
        file["data"] = await request.read()
        return web.Response(text=f"OK - {len(file['data'])}")

    async def download(self, request: web.Request) -> web.Response:
        slack = self._workspace
        file = slack.files.get(request.match_info["id"])
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if file is None or token not in slack.tokens or not slack.grants.grants("files:read"):
            # Slack answers a login page with 200, not a 401.
            return web.Response(text=_LOGIN_PAGE, content_type="text/html")
        return web.Response(body=file["data"], content_type=file["mimetype"])

    async def authorize(self, request: web.Request) -> web.Response:
        """The consent page, always answered with Allow: redirects back with a code (`?team=` picks the workspace)."""
        query = request.query
        code = self._workspace.oauth_code(query.get("team", self._workspace.app.team))
        back = query["redirect_uri"]
        answer = urlencode({"code": code, "state": query.get("state", "")})
        raise web.HTTPFound(f"{back}{'&' if '?' in back else '?'}{answer}")

    def _use(self, url: ResponseUrl | None, answer: Json) -> None:
        slack = self._workspace
        if url is None:
            raise Refusal("expired_url", status=404)
        if time.monotonic() - url.created_at > _RESPONSE_LIFETIME or url.uses >= _RESPONSE_USES:
            raise Refusal("used_url", status=404)
        url.uses += 1
        if answer.get("delete_original"):
            slack.messages.discard(url.channel, url.ts)
            return
        if answer.get("blocks"):
            check_blocks(answer["blocks"], "message", ids=slack.ids)
        if answer.get("replace_original") and url.ts:
            self._replace(url, answer)
        else:
            show_answer(slack, answer, channel=url.channel, user=url.user)

    def _replace(self, url: ResponseUrl, answer: Json) -> None:
        slack = self._workspace
        for message in [*slack.messages.by_channel[url.channel], *slack.messages.ephemerals]:
            if message["ts"] == url.ts:
                message |= {key: answer[key] for key in ("text", "blocks") if key in answer}
                slack.note_pings(message)
