"""The frames and requests in which Slack delivers envelopes, as pure functions."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Final
from urllib.parse import urlencode

from tests.emulators.slack.records import Envelope, Json

_FORM: Final = "application/x-www-form-urlencoded"


def hello(app_id: str, connections: int) -> Json:
    return {
        "type": "hello",
        "num_connections": connections,
        "connection_info": {"app_id": app_id},
        "debug_info": {"host": "emulator", "approximate_connection_time": 18060},
    }


def disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "emulator"}}


def delivery(envelope: Envelope, envelope_id: str, *, retry: int | None, reason: str | None) -> Json:
    """One Socket Mode delivery; a redelivery has another envelope id and says which attempt it is."""
    frame: Json = {
        "envelope_id": envelope_id,
        "type": envelope.kind,
        "payload": envelope.payload,
        "accepts_response_payload": envelope.kind != "events_api",
    }
    return frame | ({"retry_attempt": retry, "retry_reason": reason} if retry else {})


def http_body(envelope: Envelope) -> tuple[str, str]:
    """(body, content type) of the same delivery by HTTP."""
    if envelope.kind == "events_api":
        return json.dumps(envelope.payload), "application/json"
    if envelope.kind == "slash_commands":
        return urlencode(envelope.payload), _FORM
    return urlencode({"payload": json.dumps(envelope.payload)}), _FORM


def retry_headers(retry: int | None, reason: str | None) -> dict[str, str]:
    if not retry:
        return {}
    return {"x-slack-retry-num": str(retry), "x-slack-retry-reason": reason or "http_timeout"}


def signature(secret: str, body: str, *, at: int) -> dict[str, str]:
    """The headers of a signed request: `v0=` HMAC-SHA256 of `v0:time:body` (docs.slack.dev, verifying requests)."""
    digest = hmac.new(secret.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": str(at), "x-slack-signature": f"v0={digest}"}
