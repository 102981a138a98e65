"""Health: whether the process lives, whether it should get requests, and what it counts."""

from __future__ import annotations

import asyncio
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from bots.engine import Loading
from bots.http.desk import PLATFORM, DeskOf
from bots.http.metrics import CONTENT_TYPE_LATEST
from conversations.errors import BrandvoiceError

routes = APIRouter(tags=["health"])


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Whether requests should be sent here."""

    status: Literal["ready", "not ready"]
    reason: str


@routes.get("/healthz")
async def healthz() -> Health:
    """The process lives."""
    return Health()


@routes.get("/readyz", responses={503: {"model": Readiness}})
async def readyz(desk: DeskOf) -> Response:
    """Whether this server takes requests: not before its model is there, nor when its store cannot be read."""
    reason = _engine_fault(desk) or await _store_fault(desk)
    state = Readiness(status="not ready" if reason else "ready", reason=reason)
    return JSONResponse(state.model_dump(), status_code=503 if reason else 200)


@routes.get("/metrics", responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
async def metrics(desk: DeskOf) -> Response:
    """Counters for Prometheus."""
    return Response(desk.metrics.text(), headers={"content-type": CONTENT_TYPE_LATEST})


def _engine_fault(desk: DeskOf) -> str:
    if desk.is_draining:
        return "it is going down"
    engine = desk.assistant.engine
    return "its model is being loaded" if isinstance(engine, Loading) and not engine.is_ready else ""


async def _store_fault(desk: DeskOf) -> str:
    try:
        async with asyncio.timeout(2):
            await asyncio.to_thread(desk.contributions.store.has_talk, PLATFORM, "-")
    except (TimeoutError, BrandvoiceError):
        return "its store cannot be read"
    return ""
