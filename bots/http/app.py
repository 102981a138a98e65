"""The application: every route, behind the guard, with refusals in one shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from bots.http import chat, faults, feedback, files, health, models, people, review, submissions, tuning, widget
from bots.http.desk import Desk
from bots.http.errors import ErrorAnswer, Refused, refusal
from bots.http.guard import Guard
from conversations.errors import BrandvoiceError

_ERRORS: Mapping[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorAnswer, "description": "Refused"},
    "5XX": {"model": ErrorAnswer, "description": "Failed"},
}
_KEYED = (models, chat, feedback, submissions, people, review, files, tuning)


def make_app(desk: Desk, *, version: str = "") -> ASGIApp:
    """The whole API as an ASGI application."""
    app = FastAPI(
        title="brandvoice",
        version=version or "0",
        summary="Assistants that speak with a brand's voice, behind the API that OpenAI's clients speak.",
        responses=dict(_ERRORS),
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.state.desk = desk
    key = Depends(HTTPBearer(auto_error=False, description="A key of `brandvoice keys add`."))
    for room in _KEYED:
        app.include_router(room.routes, dependencies=[key])
    app.include_router(health.routes)
    app.include_router(widget.routes)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(BrandvoiceError, _refusal)
    app.add_exception_handler(Exception, _failed)
    plain = app.openapi

    def without_422() -> dict[str, Any]:
        described = plain()
        for operations in described["paths"].values():
            for operation in operations.values():
                operation["responses"].pop("422", None)
        for name in ("HTTPValidationError", "ValidationError"):
            described["components"]["schemas"].pop(name, None)
        return described

    app.openapi = without_422  # type: ignore[method-assign]
    return Guard(app, desk)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return faults.invalid(error).answer()


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return faults.refused(error, method=request.method, path=request.url.path).answer()


async def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, BrandvoiceError)
    return refusal(error).answer()


async def _failed(request: Request, error: Exception) -> Response:
    trace = request.state.request_id
    return Refused(500, f"Something went wrong (reference {trace}).", code="internal_error").answer()
