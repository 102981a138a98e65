"""Slack's limits for Block Kit blocks (docs.slack.dev/reference/block-kit, and measured ones where noted)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal

from tests.emulators.slack.ids import Ids
from tests.emulators.slack.records import Json
from tests.emulators.slack.refusals import Refusal

Where = Literal["message", "view"]

_MOST_BLOCKS: Final = {"message": 50, "view": 100}
_ERROR: Final = {"message": "invalid_blocks", "view": "invalid_arguments"}
_MOST_MARKDOWN: Final = 13_200  # in all markdown blocks of a message; measured, undocumented (bolt-js#2509)
_NOT_ACTIONS: Final = frozenset({"mrkdwn", "plain_text", "image"})


def check_blocks(blocks: Any, where: Where, *, ids: Ids) -> None:
    """Refuse what Slack would refuse there; gives every block without an id one."""
    if not isinstance(blocks, list):
        raise Refusal("invalid_blocks_format")
    if len(blocks) > _MOST_BLOCKS[where]:
        raise _refusal(where, f"no more than {_MOST_BLOCKS[where]} items allowed [json-pointer:/blocks]")
    markdown = 0
    taken: set[tuple[str, str]] = set()
    for position, block in enumerate(blocks):
        block.setdefault("block_id", f"b{ids.next()}")
        markdown += _markdown_length(block)
        fault = _block_fault(block, where)
        if fault is None and markdown > _MOST_MARKDOWN:
            raise Refusal("msg_blocks_too_long")
        fault = fault or _elements_fault(block, taken)
        if fault is not None:
            raise _refusal(where, f"{fault} [json-pointer:/blocks/{position}]")


def elements_of(block: Json) -> list[Any]:
    """What a block holds, in one list: its elements, its accessory, its input."""
    return [*(block.get("elements") or []), block.get("accessory") or block.get("element") or {}]


def _refusal(where: Where, message: str) -> Refusal:
    return Refusal(_ERROR[where], errors=[message], response_metadata={"messages": [message]})


def _markdown_length(block: Json) -> int:
    return len(block.get("text") or "") if block.get("type") == "markdown" else 0


def _block_fault(block: Json, where: Where) -> str | None:
    if len(block["block_id"]) > 255:
        return "block_id too long"
    kind = block.get("type")
    if kind is None:
        return "type missing"
    check = _KIND_FAULTS.get(kind)
    return check(block, where) if check else None


def _section_fault(block: Json, _where: Where) -> str | None:
    text, fields = block.get("text"), block.get("fields") or []
    if not text and not fields:
        return "section needs text or fields"
    limits = [(text, 3000)] if text else []
    limits += [(field, 2000) for field in fields]
    for part, limit in limits:
        if not part.get("text") or len(part["text"]) > limit:
            return f"must be between 1 and {limit} characters"
    return None


def _markdown_fault(block: Json, where: Where) -> str | None:
    text = block.get("text")
    if not text or len(text) > 12_000:
        return "markdown block: 1 to 12000 characters"
    return "unsupported block: markdown" if where == "view" else None


def _header_fault(block: Json, _where: Where) -> str | None:
    return "header text over 150 characters" if len((block.get("text") or {}).get("text", "")) > 150 else None


def _context_fault(block: Json, _where: Where) -> str | None:
    return "context: at most 10 elements" if len(block.get("elements") or []) > 10 else None


def _context_actions_fault(block: Json, where: Where) -> str | None:
    if where == "message" and 1 <= len(block.get("elements") or []) <= 5:
        return None
    return "context_actions: messages only, 1 to 5 elements"


def _actions_fault(block: Json, _where: Where) -> str | None:
    return None if 1 <= len(block.get("elements") or []) <= 25 else "actions: 1 to 25 elements"


def _input_fault(block: Json, _where: Where) -> str | None:
    label = (block.get("label") or {}).get("text")
    return None if label and len(label) <= 2000 and "element" in block else "input needs a label and an element"


_KIND_FAULTS: Final[Mapping[str, Callable[[Json, Where], str | None]]] = {
    "section": _section_fault,
    "markdown": _markdown_fault,
    "header": _header_fault,
    "context": _context_fault,
    "context_actions": _context_actions_fault,
    "actions": _actions_fault,
    "input": _input_fault,
}


def _elements_fault(block: Json, taken: set[tuple[str, str]]) -> str | None:
    """The first fault of an element; `taken` collects the (block id, action id) pairs seen so far."""
    for element in _actionable(block):
        fault = _button_fault(element) or _value_fault(element) or _feedback_fault(element)
        if fault is not None:
            return fault
        action = element.get("action_id")
        if action and (block["block_id"], action) in taken:
            return "action_id must be unique in its block"
        if action:
            taken.add((block["block_id"], action))
    return None


def _actionable(block: Json) -> Iterator[Json]:
    if block.get("type") == "rich_text":
        return
    for element in elements_of(block):
        if isinstance(element, dict) and element and element.get("type") not in _NOT_ACTIONS:
            yield element


def _button_fault(element: Json) -> str | None:
    if element.get("type") != "button":
        return None
    return None if element.get("text") and len(element["text"]["text"]) <= 75 else "button text: 1 to 75 characters"


def _value_fault(element: Json) -> str | None:
    if len(element.get("value") or "") > 2000 or len(element.get("action_id") or "") > 255:
        return "value over 2000 or action_id over 255 characters"
    if len(element.get("initial_value") or "") > element.get("max_length", 3000):
        return "initial_value is longer than max_length/3000"
    return None


def _feedback_fault(element: Json) -> str | None:
    if element.get("type") != "feedback_buttons":
        return None
    for name in ("positive_button", "negative_button"):
        button = element.get(name) or {}
        text = (button.get("text") or {}).get("text")
        if not button.get("value") or not text or len(text) > 75:
            return f"{name} needs text (75) and value"
    return None
