"""Refusals in the shape in which OpenAI's clients expect them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from conversations.errors import (
    BrandvoiceError,
    ContextExceeded,
    EngineBusy,
    EngineError,
    LimitReached,
    NotFound,
    RoundRefused,
    StoreError,
    VoiceRefused,
)

_TYPES: Final = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class ErrorBody(BaseModel):
    """What went wrong."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorAnswer(BaseModel):
    """The body of every answer that is not a success."""

    error: ErrorBody


class Refused(HTTPException):
    """An answer that is not a success, with a sentence for whoever wrote the client."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail=message, headers=dict(headers or {}))
        self.code = code
        self.param = param

    @property
    def body(self) -> dict[str, Any]:
        kind = "server_error" if self.status_code >= 500 else _TYPES.get(self.status_code, "invalid_request_error")
        told = {"message": self.detail, "type": kind, "param": self.param, "code": self.code}
        return {"error": told}

    def answer(self) -> JSONResponse:
        return JSONResponse(self.body, status_code=self.status_code, headers=self.headers)


def wait(seconds: float) -> dict[str, str]:
    """The header that says when to come back."""
    return {"retry-after": str(max(1, math.ceil(seconds)))}


def refusal(error: BrandvoiceError) -> Refused:
    """A refusal of the assistant, the store or the engine as an HTTP answer."""
    text = str(error)
    match error:
        case NotFound():
            return Refused(404, text, code="not_found")
        case EngineBusy():
            return Refused(429, text, code="engine_busy", headers=wait(error.retry_after))
        case LimitReached():
            return Refused(429, text, code="rate_limit_exceeded", headers=wait(60))
        case ContextExceeded():
            return Refused(400, text, code="context_length_exceeded", param="messages")
        case EngineError() | VoiceRefused():
            return Refused(503, text, code="engine_error", headers=wait(5))
        case StoreError() if error.__cause__ is not None:  # the database failed; without a cause it said no
            return Refused(503, "The store cannot be reached. Please try again.", code="store_error", headers=wait(5))
        case RoundRefused():
            return Refused(400, text, code="round_refused")
    return Refused(400, text)
