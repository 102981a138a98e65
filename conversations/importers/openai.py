"""OpenAI fine-tuning files: one `{"messages": [{"role", "content"}]}` per line, or one preference.

Formats: https://platform.openai.com/docs/api-reference/fine-tuning/chat-input and …/preference-input:
`{"input": {"messages"}, "preferred_output", "non_preferred_output"}`.
"""

from __future__ import annotations

from conversations.importers.drafts import Draft, RecordImporter
from conversations.importers.records import JsonObject
from conversations.importers.turns import Names, prefer, read_turns

ROLES: Names = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": None,
    "function": None,
}


# The first form of the format called the outputs completions.
_WANTED, _OTHER = ("preferred_output", "preferred_completion"), ("non_preferred_output", "non_preferred_completion")


def _fits(record: JsonObject) -> bool:
    if "input" in record and any(key in record for key in _WANTED):
        return True
    messages = record.get("messages")
    return isinstance(messages, list) and (
        not messages or any(isinstance(message, dict) and "role" in message for message in messages)
    )


def _draft(record: JsonObject) -> Draft:
    if "messages" not in record:
        return _preference(record)
    return read_turns(record["messages"], names=ROLES)


def _preference(record: JsonObject) -> Draft:
    asked = record["input"]
    prompt = read_turns(asked.get("messages") if isinstance(asked, dict) else asked, names=ROLES)
    wanted, other = (_output(record, keys) for keys in (_WANTED, _OTHER))
    return prefer(prompt, wanted, other)


def _output(record: JsonObject, keys: tuple[str, ...]) -> Draft:
    return read_turns(next((record[key] for key in keys if key in record), None), names=ROLES)


OPENAI = RecordImporter(
    name="openai",
    shape='OpenAI chat, {"messages": [{"role", "content"}]}, or preferences, {"input", "preferred_output", …}',
    fits=_fits,
    draft=_draft,
)
