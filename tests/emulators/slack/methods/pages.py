"""Pages of long lists, by `limit` and `cursor`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.emulators.slack.records import Json


def page(items: Sequence[Any], params: Json, *, key: str, default: int = 100, most: int = 999) -> Json:
    size = min(int(params.get("limit") or default), most)
    start = int(params.get("cursor") or 0)
    more = start + size < len(items)
    cursor = str(start + size) if more else ""
    return {key: items[start : start + size], "has_more": more, "response_metadata": {"next_cursor": cursor}}
