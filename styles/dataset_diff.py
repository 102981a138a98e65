"""The difference between two dataset versions: which rows came in, went out or changed, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from styles.dataset import PARTS, DatasetVersion
from styles.examples import Example
from styles.split import Part

_CHANGES = ("in", "out", "changed", "moved")
_WIDTH = 64
GONE = "its conversation is not there any more: it was erased, withdrawn, deleted or cut otherwise"
NEW = "its conversation came in since"
MOVED = "too little was left to hold out, or nobody remembered on which side it was"


@dataclass(frozen=True, slots=True)
class DatasetDiff:
    """Ids of examples: new ones, missing ones, ones with other content, and ones on the other side of the split."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    moved: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that is different, its first words, and a sentence that says why; `kind` is what it has in common."""

    id: str
    change: str  # in, out, changed or moved
    why: str
    begins: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """All rows that are different, and what differs of the settings, by key; a `note` where rows cannot be compared."""

    rows: tuple[RowChange, ...]
    settings: Mapping[str, tuple[Any, Any]]
    note: str = ""

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(row.change for row in self.rows))

    @property
    def reasons(self) -> dict[str, int]:
        """How many rows differ for each reason, the commonest first."""
        return {title: len(rows) for title, rows in self._groups()}

    def _groups(self) -> list[tuple[str, list[RowChange]]]:
        groups: dict[tuple[str, str], list[RowChange]] = {}
        for row in self.rows:
            groups.setdefault((row.change, row.kind or row.why), []).append(row)
        titled = [
            (f"{change}: {rows[0].why if _is_one(rows) else kind}", rows) for (change, kind), rows in groups.items()
        ]
        return sorted(titled, key=lambda group: -len(group[1]))

    def lines(self, *, shown: int = 3) -> Iterator[str]:
        """For people: how much differs, then each reason with how many rows it has and the first of them."""
        yield self.note or ", ".join(f"{self.counts.get(change, 0)} {change}" for change in _CHANGES)
        for reason, rows in self._groups():
            yield f"\n{len(rows)} {reason}"
            for row in rows[:shown]:
                yield f"  {row.id[:10]}  {_short(row.begins)}"
                if not _is_one(rows):
                    yield f"              {row.why.removeprefix(f'{row.kind}: ')}"
            if len(rows) > shown:
                yield f"  … and {len(rows) - shown} more (--json lists them all)"
        for key, (old, new) in self.settings.items():
            yield f"\nsetting {key}: {old} → {new}"


def _is_one(rows: list[RowChange]) -> bool:
    return len({row.why for row in rows}) == 1


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"


def diff_datasets(before: DatasetVersion, after: DatasetVersion) -> DatasetDiff:
    """What came in, went out, changed or moved from one version to another."""
    old, new = _index(before), _index(after)
    both = old.keys() & new.keys()
    return DatasetDiff(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(sorted(name for name in both if old[name][0] != new[name][0])),
        moved=tuple(sorted(name for name in both if old[name][1] != new[name][1])),
    )


def _index(version: DatasetVersion) -> dict[str, tuple[str, Part]]:
    return {example.id: (example.digest, part) for part in PARTS for example in version.examples(part)}


def explain_diff(
    before: DatasetVersion, after: DatasetVersion, *, gone: Callable[[str], str] = lambda conversation: GONE
) -> Explained:
    """Every difference with its reason, which the other version's list of dropped drafts knows.

    `gone` says why a conversation is not there any more. Of an erased version only numbers are left to compare.
    """
    if before.is_erased or after.is_erased:
        return Explained((), _settings(before, after), _note(before, after))
    difference = diff_datasets(before, after)
    old, new = _examples(before), _examples(after)
    dropped_before, dropped_after = _dropped(before), _dropped(after)
    rows = [
        *(_change(name, "in", _was_dropped(dropped_before.get(name)), new) for name in difference.added),
        *(_out(old[name], dropped_after.get(name), gone) for name in difference.removed),
        *(_change(name, "changed", _changed(old[name], new[name]), new) for name in difference.changed),
        *(_change(name, "moved", MOVED, new) for name in difference.moved),
    ]
    return Explained(tuple(rows), _settings(before, after))


def _note(before: DatasetVersion, after: DatasetVersion) -> str:
    erased = " and ".join(version.reference for version in (before, after) if version.is_erased)
    counts = (f"{v.reference}: {v.train_count} to train on, {v.holdout_count} held out" for v in (before, after))
    return (
        f"The rows of {erased} were erased, because somebody in them asked to be forgotten; so only numbers can be "
        f"compared: {'; '.join(counts)}."
    )


def _change(name: str, change: str, why: str, examples: Mapping[str, Example], *, kind: str = "") -> RowChange:
    return RowChange(name, change, why, examples[name].messages[0].content[:80], kind)


def _out(example: Example, dropped: Mapping[str, Any] | None, gone: Callable[[str], str]) -> RowChange:
    if dropped is None:
        return _change(example.id, "out", gone(example.conversation_id), {example.id: example})
    kind = f"{dropped['reason']} ({dropped['step']})"
    return _change(example.id, "out", f"{kind}: {dropped['sentence']}", {example.id: example}, kind=kind)


def _examples(version: DatasetVersion) -> dict[str, Example]:
    return {example.id: example for part in PARTS for example in version.examples(part)}


def _dropped(version: DatasetVersion) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in version.dropped()}


def _was_dropped(row: Mapping[str, Any] | None) -> str:
    return f"it was left out before: {row['reason']} ({row['step']})" if row else NEW


def _changed(old: Example, new: Example) -> str:
    if old.basis != new.basis:
        return f"its basis was {old.basis} and is {new.basis}"
    if [(m.role, m.content) for m in old.messages] == [(m.role, m.content) for m in new.messages]:
        return "other turns are learned: other rows give the same replies now, or do so no longer"
    if dict(old.redactions) != dict(new.redactions):
        return "other things are hidden in it"
    if len(old.messages) != len(new.messages):
        return "it is longer or shorter: what stood at its end is learned now, or is learned no longer"
    return "its text is another: edited, or imported again"


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
