"""Preference rows: pairs and votes as Parquet files beside a dataset's examples."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from conversations.messages import Message
from styles.preferences import Preference

PAIRS = "preferences.parquet"
VOTES = "votes.parquet"
_TEXTS = ("id", "conversation_id", "part", "place", "source", "basis", "voice", "author", "reviewer", "example_id")


def write_preferences(folder: Path, rows: Iterable[Preference]) -> None:
    """Write `preferences.parquet` and `votes.parquet`, each only where there is something for it."""
    import pyarrow as pa
    from pyarrow import parquet

    known = sorted(rows, key=lambda row: row.id)
    for name, is_pair in ((PAIRS, True), (VOTES, False)):
        those = [_row(row) for row in known if row.is_pair is is_pair]
        if those:
            table = pa.Table.from_pylist(those, schema=_schema(is_pair=is_pair))
            parquet.write_table(table, folder / name, compression="zstd")


def read_preferences(path: Path) -> list[Preference]:
    """The rows of either file, by id."""
    from pyarrow import parquet

    return [_preference(row) for row in parquet.read_table(path).to_pylist()]


def _schema(*, is_pair: bool) -> Any:
    import pyarrow as pa

    text = pa.string()
    message = pa.struct([("role", text), ("content", text)])
    redaction = pa.struct([("kind", text), ("count", pa.int32())])
    replies = [("chosen", text), ("rejected", text)] if is_pair else [("completion", text), ("label", pa.bool_())]
    return pa.schema(
        [
            *((name, text) for name in _TEXTS),
            ("prompt", pa.list_(message)),
            *replies,
            ("weight", pa.float64()),
            ("people", pa.int32()),
            ("redactions", pa.list_(redaction)),
        ]
    )


def _row(preference: Preference) -> dict[str, Any]:
    said = (
        {"chosen": preference.chosen, "rejected": preference.rejected}
        if preference.is_pair
        else {"completion": preference.completion, "label": preference.label}
    )
    return {
        **{name: getattr(preference, name) for name in (*_TEXTS, "weight", "people")},
        "prompt": [{"role": m.role, "content": m.content} for m in preference.prompt],
        "redactions": [{"kind": kind, "count": count} for kind, count in preference.redactions.items()],
        **said,
    }


def _preference(row: dict[str, Any]) -> Preference:
    if "label" in row:
        label, completion = row.pop("label"), row.pop("completion")
        row["chosen"], row["rejected"] = (completion, None) if label else (None, completion)
    prompt = tuple(Message(m["role"], m["content"], trainable=False) for m in row["prompt"])
    redactions = {entry["kind"]: entry["count"] for entry in row["redactions"]}
    return Preference(**{**row, "prompt": prompt, "redactions": redactions})
