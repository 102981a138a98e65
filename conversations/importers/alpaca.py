"""Alpaca files: `{"instruction", "input", "output", "system", "history"}`, one per line or all in one list.

Format: https://github.com/hiyouga/LLaMA-Factory/blob/main/data/README.md
"""

from __future__ import annotations

from collections.abc import Iterator

from conversations.importers.drafts import Draft, RecordImporter, UnfitError, some_words, words
from conversations.importers.records import JsonObject
from conversations.messages import Message


def _fits(record: JsonObject) -> bool:
    return "instruction" in record and "output" in record


def _draft(record: JsonObject) -> Draft:
    system = words(record.get("system") or "", what="`system`")
    asked = (words(record[key] or "", what=f"`{key}`") for key in ("instruction", "input") if key in record)
    return Draft(
        (
            *((Message("system", system),) if system else ()),
            *_history(record.get("history") or []),
            Message("user", some_words("\n".join(filter(None, asked)), what="`instruction`")),
            Message("assistant", some_words(record["output"], what="`output`")),
        )
    )


def _history(pairs: object) -> Iterator[Message]:
    """Earlier turns. Their answers are context only: where they matter, they have a record of their own."""
    if not isinstance(pairs, list):
        raise UnfitError("`history` is not a list of [question, answer] pairs")
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            raise UnfitError("`history` is not a list of [question, answer] pairs")
        question, answer = (some_words(text, what="a message of `history`") for text in pair)
        yield Message("user", question)
        yield Message("assistant", answer, trainable=False)


ALPACA = RecordImporter(
    name="alpaca",
    shape='Alpaca, {"instruction", "input", "output"}',
    fits=_fits,
    draft=_draft,
)
