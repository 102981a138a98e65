"""Forms: filling the inputs of a view, as far as Slack's client lets a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tests.emulators.slack.records import Json
from tests.emulators.slack.refusals import Impossible

_TEXTS: Final = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input"})
_MANY: Final = frozenset({"checkboxes", "multi_static_select"})
_ONE: Final = frozenset({"static_select", "radio_buttons"})


def filled(view: Json, values: Mapping[str, Any]) -> Json:
    """`state.values` of the view with these values, named by action id or block id; what is not named keeps its
    initial value. Impossible when the client would not take them."""
    state: dict[Any, Json] = {}
    left = dict(values)
    for block in view["blocks"]:
        element = block.get("element") if block["type"] == "input" else block.get("accessory")
        if not element or "action_id" not in element:
            continue
        by_block = left.pop(block.get("block_id"), None)
        given = left.pop(element["action_id"], by_block)
        state.setdefault(block.get("block_id"), {})[element["action_id"]] = _entry(block, element, given=given)
    if left:
        raise Impossible(f"the view has no inputs {sorted(left)}")
    return state


def _entry(block: Json, element: Json, *, given: Any) -> Json:
    kind: str = element["type"]
    if kind in _TEXTS:
        return {"type": kind, "value": _text(block, element, given=given)}
    if kind in _MANY:
        return {"type": kind, "selected_options": _many(element, given)}
    if kind in _ONE:
        return {"type": kind, "selected_option": _one(element, given)}
    return {"type": kind} | ({"files": given or []} if kind == "file_input" else {"value": given})


def _text(block: Json, element: Json, *, given: Any) -> str | None:
    value = given if given is not None else element.get("initial_value")
    size, action = len(value or ""), element["action_id"]
    if size > element.get("max_length", 3000):
        raise Impossible(f"Slack's client refuses {size} characters in {action}")
    required = block["type"] == "input" and not block.get("optional")
    if required and size < max(1, element.get("min_length", 0)):
        raise Impossible(f"{action} is required")
    return value or None


def _many(element: Json, given: Any) -> list[Json]:
    initial = [option["value"] for option in element.get("initial_options") or []]
    chosen = initial if given is None else given
    return [option for option in element["options"] if option["value"] in chosen]


def _one(element: Json, given: Any) -> Json | None:
    chosen = (element.get("initial_option") or {}).get("value") if given is None else given
    option = next((option for option in element["options"] if option["value"] == chosen), None)
    if chosen is not None and not option:
        raise Impossible(f"{chosen!r} is not an option of {element['action_id']}")
    return option
