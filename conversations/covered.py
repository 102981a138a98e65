"""Covered: one stretch of a channel of which a log holds everything that was not deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Covered:
    """One stretch of a channel of which a log holds every message that was not deleted.

    `channel` is what the ids of its messages begin with, as in `slack:C1/`; the two ends are not covered themselves,
    and a stretch without length covers nothing: all that is known of such a log is that it may lack anything.
    `newest` tells newer logs from older ones. `holds` gives back those of some ids, without their beginning, that the
    log has; it has to be asked before the next outcome is read.
    """

    channel: str
    after: datetime
    before: datetime
    newest: datetime
    holds: Callable[[Sequence[str]], AbstractSet[str]] = field(compare=False)
