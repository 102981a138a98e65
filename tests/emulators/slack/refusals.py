"""The two ways to say no: Slack refuses the bot, Slack's client does not let a person do it."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """The answer `{"ok": false, "error": …}`; anything else by keyword goes into the answer."""

    def __init__(self, error: str, *, status: int = 200, retry_after: int | None = None, **extra: Any) -> None:
        super().__init__(error)
        self.error = error
        self.status = status
        self.retry_after = retry_after
        self.extra = extra


class Impossible(AssertionError):
    """A person could not do that in Slack's client."""
