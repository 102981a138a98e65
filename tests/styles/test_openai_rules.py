"""What is exported for OpenAI passes the checks that OpenAI publishes for chat fine-tuning files.

They are those of its cookbook, "Data preparation and analysis for chat model fine-tuning", with the rules of its
guide on weights, on the last message and on the least number of examples.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from conversations.messages import Conversation, Message
from styles.dataset import save_dataset
from styles.exports import export_lines
from tests.styles.material import DAY, conversation, curated, distinct, message

LEAST = 10
KEYS = {"role", "content", "name", "function_call", "weight", "tool_calls", "tool_call_id", "refusal", "audio"}
ROLES = {"system", "user", "assistant", "function", "tool", "developer"}


def faults(lines: list[str]) -> Counter[str]:
    """By name, as the cookbook counts them."""
    found: Counter[str] = Counter()
    rows = [json.loads(line) for line in lines]
    found["too_few_examples"] += len(rows) < LEAST
    for row in rows:
        messages = row.get("messages") if isinstance(row, dict) else None
        if not messages:
            found["missing_messages_list"] += 1
            continue
        for one in messages:
            found.update(_of_message(one))
        replies = [one for one in messages if one.get("role") == "assistant"]
        found["example_missing_assistant_message"] += not replies
        found["last_message_not_from_assistant"] += messages[-1].get("role") != "assistant"
        found["nothing_to_learn"] += all(one.get("weight", 1) == 0 for one in replies)
    return +found


def _of_message(message: dict[str, Any]) -> list[str]:
    content = message.get("content")
    checks = {
        "message_missing_key": "role" not in message or "content" not in message,
        "message_unrecognized_key": bool(message.keys() - KEYS),
        "unrecognized_role": message.get("role") not in ROLES,
        "missing_content": not content or not isinstance(content, str),
        "bad_weight": message.get("weight", 1) not in (0, 1),
        "weight_not_on_assistant": "weight" in message and message.get("role") != "assistant",
    }
    return [name for name, failed in checks.items() if failed]


def test_chat_examples_pass_the_published_checks(tmp_path: Path) -> None:
    muted = conversation(
        "muted", "u: Hello there, ship ahoy?", "a- Wait a moment.", "u: Still there?", "a: Aye, all day."
    )
    mixed = Conversation(
        "mixed",
        (
            message("s: Be salty."),
            message("u: Is the tide in, or out?"),
            Message("assistant", "It turns at noon.", voice="harbor@2"),
            message("u: Thanks, that helps a lot!"),
            message('a: You are welcome aboard 🏴‍☠️ "any" time\nat all.'),
        ),
        source="log",
    )
    version = save_dataset(curated([*distinct(30), muted, mixed]), style="harbor", data_dir=tmp_path, now=DAY)
    for part in ("train", "holdout"):
        lines = export_lines(version, part).splitlines()
        ignored = {"too_few_examples"} if part == "holdout" else set()
        assert faults(lines).keys() - ignored == set()
    weights = [m.get("weight") for p in ("train", "holdout") for line in export_lines(version, p).splitlines()
               for m in json.loads(line)["messages"] if m["role"] == "assistant"]  # fmt: skip
    assert weights.count(0) == 2


def test_the_checks_find_what_is_wrong() -> None:
    bad = [
        {"messages": []},
        {"messages": [{"role": "user", "content": "hi"}]},
        {"messages": [{"role": "user", "content": "hi", "weight": 1}, {"role": "brand", "content": "", "mood": 1}]},
        {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "x", "weight": 0}]},
    ]
    assert faults([json.dumps(row) for row in bad]).keys() == {
        "too_few_examples",
        "missing_messages_list",
        "example_missing_assistant_message",
        "last_message_not_from_assistant",
        "nothing_to_learn",
        "message_unrecognized_key",
        "unrecognized_role",
        "missing_content",
        "weight_not_on_assistant",
    }
