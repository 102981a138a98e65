"""The chat widget: one script that pages embed."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib import resources
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.responses import Response

from bots.contributions import CONSENT

routes = APIRouter(tags=["widget"])


@routes.get("/widget.js", responses={200: {"content": {"text/javascript": {"schema": {"type": "string"}}}}, 304: {}})
async def widget(if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """The script for the tag `<script src="…/widget.js" data-key="bv-pub-…" data-model="harbor" async></script>`."""
    script, tag = _script()
    headers = {"etag": tag, "cache-control": "public, max-age=600", "cross-origin-resource-policy": "cross-origin"}
    if if_none_match == tag:
        return Response(status_code=304, headers=headers)
    return Response(script, media_type="text/javascript", headers=headers)


@cache
def _script() -> tuple[bytes, str]:
    text = (resources.files("bots.http") / "widget.js").read_text(encoding="utf-8")
    script = text.replace('"__CONSENT__"', json.dumps(CONSENT)).encode()
    return script, f'"{hashlib.sha256(script).hexdigest()[:20]}"'
