"""The difference between two dataset versions: which rows came in, went out or changed, and why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from styles.dataset import DROPPED, PARTS, DatasetVersion, diff_datasets
from styles.examples import Example

_CHANGES = ("in", "out", "changed", "moved")
_WIDTH = 64
GONE = "its conversation is not there any more: it was erased, withdrawn, deleted or not allowed"
NEW = "its conversation came in since"


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that is different, its first words, and a sentence that says why."""

    id: str
    change: str  # in, out, changed or moved
    why: str
    begins: str


@dataclass(frozen=True, slots=True)
class Explained:
    """All rows that are different, and what differs of the settings, by key."""

    rows: tuple[RowChange, ...]
    settings: Mapping[str, tuple[Any, Any]]

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(row.change for row in self.rows))

    @property
    def reasons(self) -> dict[str, int]:
        """How many rows differ for each reason, the commonest first."""
        return dict(Counter(f"{row.change}: {row.why}" for row in self.rows).most_common())

    def lines(self, *, shown: int = 3) -> Iterator[str]:
        """For people: how much differs, then each reason with how many rows it has and the first of them."""
        yield ", ".join(f"{self.counts.get(change, 0)} {change}" for change in _CHANGES)
        for reason, count in self.reasons.items():
            rows = [row for row in self.rows if f"{row.change}: {row.why}" == reason]
            yield f"\n{count} {reason}"
            yield from (f"  {row.id[:10]}  {_short(row.begins)}" for row in rows[:shown])
            if count > shown:
                yield f"  … and {count - shown} more (--json lists them all)"
        for key, (old, new) in self.settings.items():
            yield f"\nsetting {key}: {old} → {new}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"


def explain_diff(before: DatasetVersion, after: DatasetVersion) -> Explained:
    """Every difference with its reason, which the other version's list of dropped drafts knows."""
    difference = diff_datasets(before, after)
    old, new = _examples(before), _examples(after)
    dropped_before, dropped_after = _dropped(before), _dropped(after)
    rows = [
        *(_change(name, "in", _was_dropped(dropped_before.get(name)), new) for name in difference.added),
        *(_change(name, "out", _is_dropped(dropped_after.get(name)), old) for name in difference.removed),
        *(_change(name, "changed", _changed(old[name], new[name]), new) for name in difference.changed),
        *(_change(name, "moved", "a conversation like it stands on this side", new) for name in difference.moved),
    ]
    return Explained(tuple(rows), _settings(before, after))


def _change(name: str, change: str, why: str, examples: Mapping[str, Example]) -> RowChange:
    return RowChange(name, change, why, examples[name].messages[0].content[:80])


def _examples(version: DatasetVersion) -> dict[str, Example]:
    return {example.id: example for part in PARTS for example in version.examples(part)}


def _dropped(version: DatasetVersion) -> dict[str, dict[str, Any]]:
    lines = (version.path / DROPPED).read_text(encoding="utf-8").splitlines()
    return {row["id"]: row for row in map(json.loads, lines)}


def _was_dropped(row: Mapping[str, Any] | None) -> str:
    return f"it was left out before: {row['reason']} ({row['step']})" if row else NEW


def _is_dropped(row: Mapping[str, Any] | None) -> str:
    return f"{row['reason']} ({row['step']}): {row['sentence']}" if row else GONE


def _changed(old: Example, new: Example) -> str:
    if old.basis != new.basis:
        return f"its basis was {old.basis} and is {new.basis}"
    said = [(m.role, m.content) for m in old.messages] != [(m.role, m.content) for m in new.messages]
    return "its text is another: edited, imported again, or hidden otherwise" if said else "other turns are learned"


def _settings(before: DatasetVersion, after: DatasetVersion) -> dict[str, tuple[Any, Any]]:
    old, new = _flat(before.manifest.settings), _flat(after.manifest.settings)
    return {
        key: (old.get(key), new.get(key)) for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key)
    }


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return flat
