"""The refusals: of the API to a bot, and of the Discord client to a person."""

from __future__ import annotations

from typing import Any

from tests.emulators.discord.wire import Json


class ApiError(Exception):
    """An HTTP answer of 400 and above, with Discord's own code and sentence."""

    def __init__(self, status: int, code: int, message: str, **extra: Any) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.body: Json = {"code": code, "message": message} | extra
        self.headers: dict[str, str] = {}


class NotOfferedError(AssertionError):
    """A test asked a person to do what the Discord client would not let them do."""


def form_error(where: str, code: str, message: str) -> ApiError:
    """Error 50035 as Discord nests it; `where` is the path of the field, with dots."""
    inner: Json = {"_errors": [{"code": code, "message": message}]}
    for key in reversed(where.split(".")):
        inner = {key: inner}
    return ApiError(400, 50035, "Invalid Form Body", errors=inner)


def too_long(where: str, most: int) -> ApiError:
    return form_error(where, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")


def bad_length(where: str, least: int, most: int) -> ApiError:
    return form_error(where, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")


def rate_limited(retry_after: float) -> ApiError:
    error = ApiError(429, 0, "You are being rate limited.", retry_after=retry_after, **{"global": False})
    # discord.py takes a 429 without Via for a ban by Cloudflare and does not retry it.
    error.headers = {"Retry-After": str(retry_after), "Via": "1.1 google", "X-RateLimit-Scope": "user"}
    return error
