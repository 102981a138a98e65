"""Progress: what people see of a run while it goes, and the curve that stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is. Losses are nats per token of the brand's words; `seconds_left` is an estimate."""

    step: int
    steps: int
    epoch: float
    loss: float | None
    holdout_loss: float | None
    tokens_per_second: float
    seconds_left: float


Watcher = Callable[[Progress], None]


def save_point(path: Path, progress: Progress) -> None:
    """Append one line to a run's curve."""
    with path.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(asdict(progress)) + "\n")


def load_curve(path: Path) -> list[Progress]:
    """The curve of a run in step order; of a step that was run twice (after a resume) the later line counts."""
    if not path.is_file():
        return []
    points: dict[tuple[int, bool], Progress] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            point = Progress(**json.loads(line))
        except (ValueError, TypeError):  # a line cut short by a kill
            continue
        points[point.step, point.holdout_loss is not None] = point
    return [points[key] for key in sorted(points)]
