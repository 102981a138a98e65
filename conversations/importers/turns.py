"""Lists of turns as training files write them: `{"role", "content"}` or `{"from", "value"}`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from conversations.importers.drafts import Draft, UnfitError, some_words, words
from conversations.importers.records import JsonObject, kind, short
from conversations.messages import Message, Role

Names = Mapping[str, Role | None]  # None stands for a tool, whose turns are left out

TOOLS_LEFT_OUT = "tool calls and tool results"


def read_turns(turns: object, *, names: Names) -> Draft:
    """The messages of a list of turns, without tools and without empty system messages. Raises `UnfitError`."""
    if not isinstance(turns, list) or not turns:
        raise UnfitError("holds no messages")
    read = [_read_turn(turn, what=f"message {number}", names=names) for number, turn in enumerate(turns, start=1)]
    tools = any(message is None for message in read) or any(_calls(turn) for turn in turns)
    messages = tuple(message for message in read if message is not None and message.content)
    return Draft(messages, (TOOLS_LEFT_OUT,) if tools else ())


def prefer(prompt: Draft, wanted: Draft, other: Draft) -> Draft:
    """A prompt with the answer that is wanted, and the one that is not. Raises `UnfitError`."""
    if not prompt.messages or prompt.messages[-1].role != "user":
        raise UnfitError("its prompt does not end with a user message")
    for side, what in ((wanted, "wanted"), (other, "unwanted")):
        if [message.role for message in side.messages] != ["assistant"]:
            raise UnfitError(f"its {what} output is not one assistant message with words")
    context = tuple(replace(message, trainable=message.role != "assistant") for message in prompt.messages)
    left_out = dict.fromkeys((*prompt.left_out, *wanted.left_out, *other.left_out))
    return Draft((*context, *wanted.messages), tuple(left_out), rejected=other.messages[0].content)


def expect_liked(record: JsonObject, key: str) -> None:
    """Raises `UnfitError` where the record itself says that its answer is a bad one, or says it unclearly."""
    liked = record.get(key, True)
    if liked is False:
        raise UnfitError(f"is marked as a bad answer (`{key}` is false)")
    if liked is not True:
        raise UnfitError(f"has the `{key}` {short(liked)}, which is neither true nor false")


def _read_turn(turn: object, *, what: str, names: Names) -> Message | None:
    if not isinstance(turn, dict):
        raise UnfitError(f"{what} is {kind(turn)}, not an object")
    role = _role(turn, what=what, names=names)
    content = turn.get("content", turn.get("value"))
    if role is None or (_calls(turn) and not content):
        return None
    if role == "system":
        return Message(role, _joined(content, what=what))
    author = turn.get("name")
    return Message(
        role,
        some_words(_joined(content, what=what), what=what),
        author=words(author, what=f"the name of {what}") if author else None,
        trainable=role != "assistant" or _weight(turn, what=what),
    )


def _role(turn: JsonObject, *, what: str, names: Names) -> Role | None:
    said = turn.get("role", turn.get("from"))
    if not isinstance(said, str) or said.casefold() not in names:
        raise UnfitError(f"{what} has the role {short(said)}, which is none of {', '.join(names)}")
    return names[said.casefold()]


def _weight(turn: JsonObject, *, what: str) -> bool:
    weight = turn.get("weight")
    if weight is None:
        return True
    if isinstance(weight, bool) or weight not in (0, 1):
        raise UnfitError(f"{what} has the weight {json.dumps(weight)[:40]}, which is neither 0 nor 1")
    return bool(weight)


def _calls(turn: JsonObject) -> bool:
    return bool(turn.get("tool_calls") or turn.get("function_call"))


def _joined(content: object, *, what: str) -> str:
    """The text of a message whose content is a text or a list of text parts."""
    if not isinstance(content, list):
        return words(content, what=what)
    return "\n".join(_part(part, what=what) for part in content)


def _part(part: object, *, what: str) -> str:
    if isinstance(part, str):
        return words(part, what=what)
    if not isinstance(part, dict):
        raise UnfitError(f"{what} has a part that is {kind(part)}")
    if part.get("type") not in ("text", "input_text", "output_text"):
        raise UnfitError(f"{what} has a part of type {short(part.get('type'))}, and only text can be learned")
    return words(part.get("text"), what=what)
