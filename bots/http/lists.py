"""Lists: pages of what there is, as OpenAI's clients turn them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Query

from bots.http.errors import Refused

T = TypeVar("T")

After = Annotated[str | None, Query(max_length=128, description="The last id of the page before.")]
Limit = Annotated[int, Query(ge=1, le=1000)]


def page(found: Sequence[T], id_of: Callable[[T], str], *, after: str | None, limit: int) -> tuple[list[T], bool]:
    """What comes after an id, and whether there is more."""
    start = 0
    if after is not None:
        start = next((n for n, one in enumerate(found, start=1) if id_of(one) == after), -1)
        if start < 0:
            raise Refused(
                400, f"There is nothing with the id {after[:64]!r} here.", code="invalid_value", param="after"
            )
    return list(found[start : start + limit]), len(found) > start + limit
