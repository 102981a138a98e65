"""ShareGPT files: `{"conversations": [{"from", "value"}]}`, one per line or all in one list.

Format: https://github.com/hiyouga/LLaMA-Factory/blob/main/data/README.md, and what is found in the wild.
"""

from __future__ import annotations

from dataclasses import replace

from conversations.importers.drafts import Draft, RecordImporter, words
from conversations.importers.openai import ROLES
from conversations.importers.records import JsonObject
from conversations.importers.turns import Names, expect_liked, prefer, read_turns
from conversations.messages import Message

NAMES: Names = {
    **ROLES,
    **dict.fromkeys(("human", "prompter"), "user"),
    **dict.fromkeys(("gpt", "chatgpt", "bing", "bard", "model", "bot"), "assistant"),
    **dict.fromkeys(("observation", "function_call", "function_response", "tool_call", "tool_response"), None),
}

_KEYS = {"conversations": ("from", "role"), "conversation": ("from", "role"), "items": ("from",), "messages": ("from",)}


def _turns(record: JsonObject) -> object:
    """The list of turns under whichever key holds one, or None."""
    for key, speaker_keys in _KEYS.items():
        turns = record.get(key)
        if isinstance(turns, list) and any(isinstance(turn, dict) and _speaks(turn, speaker_keys) for turn in turns):
            return turns
    return [] if record.get("conversations") == [] else None


def _speaks(turn: JsonObject, keys: tuple[str, ...]) -> bool:
    return bool(turn.keys() & keys) and "from_id" not in turn  # messages of Telegram have a `from` as well


def _fits(record: JsonObject) -> bool:
    return _turns(record) is not None


def _draft(record: JsonObject) -> Draft:
    expect_liked(record, "kto_tag")
    draft = read_turns(_turns(record), names=NAMES)
    if "chosen" in record and "rejected" in record:
        draft = prefer(draft, *(read_turns([record[key]], names=NAMES) for key in ("chosen", "rejected")))
    system = words(record.get("system") or "", what="`system`")
    return replace(draft, messages=(Message("system", system), *draft.messages)) if system else draft


SHAREGPT = RecordImporter(
    name="sharegpt",
    shape='ShareGPT, {"conversations": [{"from", "value"}]}, also with `chosen` and `rejected`',
    fits=_fits,
    draft=_draft,
)
