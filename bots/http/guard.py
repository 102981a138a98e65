"""The guard at the door: request ids, hosts, origins, sizes, keys, roles and rates, before anything is read."""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bots.http.callers import Caller, check_may, needs_key
from bots.http.desk import Desk
from bots.http.errors import Refused, refusal
from conversations.errors import BrandvoiceError

_ID: Final = re.compile(r"[\w.-]{1,64}")
_HEADER: Final = re.compile(r"[a-z0-9-]{1,64}")
_LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_PROXIED: Final = ("forwarded", "x-forwarded-for", "x-real-ip")
_EXPOSED: Final = "x-request-id, x-brandvoice-voice, retry-after"
_LINGER: Final = 2.0  # seconds in which a body that is too long is thrown away, so that its sender hears why


class Guard:
    """ASGI middleware round the whole API."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, added, started = Headers(scope=scope), dict[str, str](), time.monotonic()
        added["x-request-id"] = _request_id(headers)
        scope.setdefault("state", {})["request_id"] = added["x-request-id"]
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message).update({"x-content-type-options": "nosniff", **added})
            await send(message)

        try:
            await self._admitted(scope, receive, sending, headers=headers, added=added)
        finally:
            self._count(scope, status, seconds=time.monotonic() - started)

    async def _admitted(
        self, scope: Scope, receive: Receive, send: Send, *, headers: Headers, added: dict[str, str]
    ) -> None:
        try:
            self._check_host(headers)
            await self._check_origin(scope, headers, added)
            if _is_preflight(scope, headers):
                await Response(status_code=204, headers=_preflight(headers))(scope, receive, send)
                return
            limit = self._limit(scope["path"])
            _check_length(headers, limit)
            await self._admit(scope, headers, added)
        except BrandvoiceError as error:
            await refusal(error).answer()(scope, receive, send)
        except Refused as refused:
            await _refuse(refused, scope, receive, send)
        else:
            await self._app(scope, _limited(receive, limit), send)

    def _check_host(self, headers: Headers) -> None:
        """A name that is not ours comes from a page that had its own name point at this machine."""
        options, host = self._desk.options, headers.get("host", "").lower()
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        allowed = {name.lower() for name in options.hosts}
        if options.is_local:
            allowed |= _LOCAL_NAMES | {options.host}
        if allowed and name not in allowed:
            raise Refused(421, "This name is not served here. Add it to hosts under [http] in brandvoice.toml.")

    async def _check_origin(self, scope: Scope, headers: Headers, added: dict[str, str]) -> None:
        origin = headers.get("origin")
        if origin is None:
            return
        same = origin.split("://")[-1] == headers.get("host")
        known = same or origin in self._desk.options.origins or await self._desk.keys.knows_origin(origin)
        if not known:
            raise Refused(403, "Pages of this origin may not call this API.", code="origin_not_allowed")
        added |= {"access-control-allow-origin": origin, "access-control-expose-headers": _EXPOSED, "vary": "Origin"}

    async def _admit(self, scope: Scope, headers: Headers, added: dict[str, str]) -> None:
        """Find out who calls, and whether they may; the caller is in the state of the request then."""
        if not needs_key(scope["path"]):
            return
        caller = await self._caller(headers)
        check_may(caller, scope["path"])
        if caller.key is not None:
            added |= self._desk.rates.take(caller.id, caller.key.per_minute or self._desk.options.per_minute)
        if caller.is_publishable:
            address = (scope.get("client") or ("",))[0]
            self._desk.rates.take(f"{caller.id} {address}", self._desk.options.visitor_per_minute)
        scope["state"]["caller"] = caller

    async def _caller(self, headers: Headers) -> Caller:
        keys, options = self._desk.keys, self._desk.options
        kind, _, secret = headers.get("authorization", "").partition(" ")
        key = await keys.find(secret.strip())
        if key is not None and kind.lower() == "bearer":
            self._check_page(Caller(key), headers)
            return Caller(key)
        if keys.is_closed or not options.is_local:
            hint = {"www-authenticate": "Bearer"}
            raise Refused(
                401, "This needs a valid key: Authorization: Bearer KEY.", code="invalid_api_key", headers=hint
            )
        if any(name in headers for name in _PROXIED):
            raise Refused(403, "Behind a proxy a key is needed: brandvoice keys add NAME.", code="insufficient_role")
        return Caller()

    def _check_page(self, caller: Caller, headers: Headers) -> None:
        """A publishable key works only in its own pages, a secret one only in those that the settings name."""
        origin = headers.get("origin")
        if caller.key is None or (origin is None and not caller.is_publishable):
            return
        theirs = caller.key.origins if caller.is_publishable else self._desk.options.origins
        same = origin is not None and origin.split("://")[-1] == headers.get("host")
        if origin not in theirs and not (same and not caller.is_publishable):
            raise Refused(403, "This key does not work in pages of this origin.", code="origin_not_allowed")

    def _limit(self, path: str) -> int:
        return self._desk.options.upload_bytes if path == "/v1/files" else self._desk.options.body_bytes

    def _count(self, scope: Scope, status: int, *, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._desk.metrics.requests.labels(method, route, str(status)).inc()
        self._desk.metrics.seconds.labels(route).observe(seconds)


_METHODS: Final = frozenset({"GET", "POST", "DELETE", "OPTIONS", "HEAD", "PUT", "PATCH"})


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if _ID.fullmatch(given) else f"req_{uuid.uuid4().hex}"


def _is_preflight(scope: Scope, headers: Headers) -> bool:
    return scope["method"] == "OPTIONS" and "access-control-request-method" in headers


def _preflight(headers: Headers) -> dict[str, str]:
    return {
        "access-control-allow-methods": "GET, POST, DELETE",
        "access-control-allow-headers": ", ".join(_plain(headers.get("access-control-request-headers", ""))),
        "access-control-max-age": "600",
    }


def _plain(listed: str) -> Iterable[str]:
    return [name for name in (part.strip().lower() for part in listed.split(",")) if _HEADER.fullmatch(name)]


def _check_length(headers: Headers, limit: int) -> None:
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit():
        raise Refused(400, "Content-Length is not a number.")
    if int(length) > limit:
        raise _too_long(limit)


def _too_long(limit: int) -> Refused:
    return Refused(
        413,
        f"The body is longer than {limit:,} bytes. For files, see upload_mb under [http].",
        code="body_too_large",
        headers={"connection": "close"},
    )


def _limited(receive: Receive, limit: int) -> Receive:
    """The body as it comes; one that grows beyond the limit is refused there and then."""
    taken = 0

    async def receiving() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise _too_long(limit)
        return message

    return receiving


async def _refuse(refused: Refused, scope: Scope, receive: Receive, send: Send) -> None:
    answer = refused.answer()
    if refused.status_code != 413:
        await answer(scope, receive, send)
        return
    # Who is cut off while sending often never reads the answer: it is sent first, then the rest is thrown away.
    await send({"type": "http.response.start", "status": 413, "headers": answer.raw_headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": True})
    try:
        async with asyncio.timeout(_LINGER):
            while (await receive()).get("more_body"):
                pass
    except TimeoutError:
        pass
    await send({"type": "http.response.body", "body": b"", "more_body": False})
