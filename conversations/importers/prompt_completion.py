"""Prompt and completion files: `{"prompt", "completion"}`, as texts or as lists of messages.

Formats: https://platform.openai.com/docs/guides/legacy-fine-tuning and
https://huggingface.co/docs/trl/dataset_formats (the latter also with a `label`, or with `chosen` and `rejected`).
"""

from __future__ import annotations

from dataclasses import replace

from conversations.importers.drafts import Draft, RecordImporter, some_words
from conversations.importers.openai import ROLES
from conversations.importers.records import JsonObject
from conversations.importers.turns import expect_liked, prefer, read_turns
from conversations.messages import Message, Role


def _fits(record: JsonObject) -> bool:
    return "prompt" in record and ("completion" in record or ("chosen" in record and "rejected" in record))


def _draft(record: JsonObject) -> Draft:
    if "completion" not in record:
        sides = (_side(record, key, role) for key, role in _SIDES)
        return prefer(*sides)
    expect_liked(record, "label")
    prompt, completion = record["prompt"], record["completion"]
    if isinstance(prompt, list) and isinstance(completion, list):
        return _talk(prompt, completion)
    return Draft(
        (
            Message("user", some_words(prompt, what="`prompt`")),
            Message("assistant", some_words(completion, what="`completion`")),
        )
    )


_SIDES: tuple[tuple[str, Role], ...] = (("prompt", "user"), ("chosen", "assistant"), ("rejected", "assistant"))


def _side(record: JsonObject, key: str, role: Role) -> Draft:
    """One side of a preference, as a text or as a list of messages."""
    said = record[key]
    if isinstance(said, list):
        return read_turns(said, names=ROLES)
    return Draft((Message(role, some_words(said, what=f"`{key}`")),))


def _talk(prompt: list[object], completion: list[object]) -> Draft:
    """Only the completion is to be learned: answers inside the prompt are context."""
    before, after = read_turns(prompt, names=ROLES), read_turns(completion, names=ROLES)
    context = (replace(message, trainable=message.role != "assistant") for message in before.messages)
    return Draft((*context, *after.messages), tuple(dict.fromkeys((*before.left_out, *after.left_out))))


PROMPT_COMPLETION = RecordImporter(
    name="prompt-completion",
    shape='prompt and completion, {"prompt", "completion"}, or {"prompt", "chosen", "rejected"}',
    fits=_fits,
    draft=_draft,
)
