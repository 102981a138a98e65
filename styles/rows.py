"""Rows: examples as a Parquet file, the form that trainers and the Hugging Face Hub read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from conversations.messages import Message
from styles.examples import Example


def write_rows(path: Path, examples: Iterable[Example]) -> None:
    """Write examples with a fixed schema, also where there are none."""
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.Table.from_pylist([_row(example) for example in examples], schema=_schema())
    parquet.write_table(table, path, compression="zstd")


def read_rows(path: Path) -> list[Example]:
    """The examples of a file that `write_rows` wrote, in its order."""
    from pyarrow import parquet

    return [_example(row) for row in parquet.read_table(path).to_pylist()]


def read_ids(path: Path) -> list[str]:
    """The ids of the examples of a file, in its order."""
    from pyarrow import parquet

    ids: list[str] = parquet.read_table(path, columns=["id"])["id"].to_pylist()
    return ids


def _schema() -> Any:
    import pyarrow as pa

    text = pa.string()
    message = pa.struct([("role", text), ("content", text), ("trainable", pa.bool_())])
    redaction = pa.struct([("kind", text), ("count", pa.int32())])
    names = ("place", "source", "basis", "author", "reviewer", "known_since")
    fields = [("id", text), ("conversation_id", text), ("messages", pa.list_(message))]
    lists = [("redactions", pa.list_(redaction)), ("changed_by", pa.list_(text))]
    return pa.schema([*fields, *((name, text) for name in names), *lists])


def _row(example: Example) -> dict[str, Any]:
    messages = [{"role": m.role, "content": m.content, "trainable": m.trainable} for m in example.messages]
    redactions = [{"kind": kind, "count": count} for kind, count in example.redactions.items()]
    names = ("id", "conversation_id", "place", "source", "basis", "author", "reviewer", "known_since")
    lists = {"messages": messages, "redactions": redactions, "changed_by": list(example.changed_by)}
    return {**{name: getattr(example, name) for name in names}, **lists}


def _example(row: dict[str, Any]) -> Example:
    messages = tuple(Message(m["role"], m["content"], trainable=m["trainable"]) for m in row["messages"])
    redactions = {entry["kind"]: entry["count"] for entry in row["redactions"]}
    changed = tuple(row.get("changed_by") or ())  # not there in what an earlier brandvoice wrote
    return Example(**{**row, "messages": messages, "redactions": redactions, "changed_by": changed})
