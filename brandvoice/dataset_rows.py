"""Rows of a dataset version as a curator looks through them: by part, reason, step and words."""

from __future__ import annotations

import hashlib
import heapq
import itertools
from collections.abc import Iterator
from typing import Any

from conversations.errors import NotFound
from styles.dataset import PARTS, DatasetVersion
from styles.examples import Example

LEFT_OUT = "left-out"


def rows_of(
    version: DatasetVersion, part: str, *, reason: str = "", step: str = "", contains: str = "", limit: int = 20
) -> tuple[list[dict[str, Any]], int]:
    """Some of the rows that fit, and how many do. Raises `NotFound` for a part, reason or step that is not there."""
    if part not in (*PARTS, LEFT_OUT):
        raise NotFound(f'There is no part "{part}": a dataset has {", ".join((*PARTS, LEFT_OUT))}.')
    if reason or step:
        part = _checked(version, part, reason=reason, step=step)
    rows = _dropped(version, reason, step) if part == LEFT_OUT else _kept(version, part, step)
    wanted, count = contains.casefold(), itertools.count()
    fitting = (row for row in rows if wanted in " ".join(map(str, row.values())).casefold() and next(count) >= 0)
    return heapq.nsmallest(limit, fitting, key=_mixed), next(count)


def _checked(version: DatasetVersion, part: str, *, reason: str, step: str) -> str:
    """The part to look in: what has a reason was left out."""
    reasons, steps = version.manifest.dropped, [str(one["step"]) for one in version.manifest.steps]
    if reason and reason not in reasons:
        known = ", ".join(reasons) or "none"
        raise NotFound(f'Nothing of {version.reference} was left out as "{reason}". Reasons there: {known}.')
    if step and step not in steps:
        raise NotFound(f'No step "{step}" made {version.reference}. Its steps: {", ".join(steps)}.')
    return LEFT_OUT if reason else part


def _kept(version: DatasetVersion, part: Any, step: str) -> Iterator[dict[str, Any]]:
    for example in version.examples(part):
        if not step or step in example.changed_by:
            yield {"row": example.id, "place": example.place, "said": _said(example)}


def _said(example: Example) -> str:
    return " / ".join(" ".join(message.content.split()) for message in example.messages)


def _dropped(version: DatasetVersion, reason: str, step: str) -> Iterator[dict[str, Any]]:
    for row in version.dropped():
        if reason in ("", row["reason"]) and step in ("", row["step"]):
            shown = {"row": row["id"], "place": row["place"], "step": row["step"], "reason": row["reason"]}
            yield {**shown, "sentence": row["sentence"]}


def _mixed(row: dict[str, Any]) -> bytes:
    return hashlib.sha256(str(row["row"]).encode("utf-8", "surrogatepass")).digest()
