"""Rounds that an earlier version kept as folders with a `round.json`, taken into the database once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from brandvoice.rounds import Round

if TYPE_CHECKING:
    from brandvoice.round_store import RoundStore

OLD, ADOPTED = "round.json", "round.adopted.json"


def adopt_folders(rounds: RoundStore) -> list[Round]:
    """Take every `ID/round.json` in, then rename it; killed in between, the next start does the rest."""
    adopted = []
    for path in sorted(rounds.root.glob(f"*/{OLD}")) if rounds.root.is_dir() else []:
        round_ = _read(path)
        if round_ is not None:
            rounds.adopt(round_)
            adopted.append(round_)
            path.rename(path.with_name(ADOPTED))
    return adopted


def _read(path: Path) -> Round | None:
    """The round in a file; None when it is not one, and the file then stays as it is."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        began = datetime.fromisoformat(kept["started_at"]).astimezone(UTC)
        return Round(
            id=kept["id"],
            style=kept["style"],
            state=kept["state"],
            until=kept["until"],
            recipe=kept["recipe"],
            started_at=began,
            changed_at=began,
            dataset=kept.get("dataset"),
            voice=kept.get("voice"),
            reason=kept.get("reason", ""),
            paused=True,  # nobody has asked a worker to go on with it
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
