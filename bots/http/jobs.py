"""Jobs."""

from __future__ import annotations

from typing import Protocol


class Jobs(Protocol):
    """Starts rounds and tells about them."""
