"""OpenAI chat fine-tuning files: one `{"messages": [{"role", "content"}]}` per line.

Format: https://platform.openai.com/docs/api-reference/fine-tuning/chat-input
"""

from __future__ import annotations

from conversations.importers.drafts import Draft, RecordImporter
from conversations.importers.records import JsonObject
from conversations.importers.turns import Names, read_turns

ROLES: Names = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": None,
    "function": None,
}


def _fits(record: JsonObject) -> bool:
    messages = record.get("messages")
    return isinstance(messages, list) and (
        not messages or any(isinstance(message, dict) and "role" in message for message in messages)
    )


def _draft(record: JsonObject) -> Draft:
    return read_turns(record["messages"], names=ROLES)


OPENAI = RecordImporter(
    name="openai",
    shape='OpenAI chat, {"messages": [{"role", "content"}]}',
    fits=_fits,
    draft=_draft,
)
