"""What travels between Discord and a bot: JSON objects, uploads and timestamps."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]
Files = dict[str, tuple[str, bytes]]  # form field -> (file name, content)


def now() -> str:
    return datetime.now(UTC).isoformat()


def outward(record: Json) -> Json:
    """A record without what Discord keeps to itself: the keys that begin with an underscore."""
    return {key: value for key, value in record.items() if not key.startswith("_")}


def frozen(payload: Any) -> Any:
    """A copy that later changes of the world do not reach."""
    return json.loads(json.dumps(payload))
