"""Controls: finding what a person presses among the blocks in front of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tests.emulators.slack.blocks import elements_of
from tests.emulators.slack.records import Json
from tests.emulators.slack.refusals import Impossible

_COPIED: Final = ("value", "text", "style")


def press(blocks: Sequence[Json], action_id: str, *, value: str | None, action_ts: str) -> Json:
    """The `action` of a press; Impossible when there is no such control, option or value to press."""
    for block, element in _controls(blocks):
        if element.get("action_id") != action_id:
            continue
        pressed = _pressed(element, value)
        if pressed is not None:
            named = {"type": element["type"], "action_id": action_id, "block_id": block.get("block_id")}
            return named | {"action_ts": action_ts} | pressed
    there = [element.get("action_id") for _, element in _controls(blocks)]
    raise Impossible(f"nothing with action_id {action_id!r} and value {value!r} to press; there is: {there}")


def _controls(blocks: Sequence[Json]) -> Iterator[tuple[Json, Json]]:
    for block in blocks:
        for element in elements_of(block):
            if element:
                yield block, element


def _pressed(element: Json, value: str | None) -> Json | None:
    """What the press says beside the control's name; None when this one has another value."""
    kind: str = element["type"]
    if kind == "feedback_buttons":
        return _feedback(element, value)
    if kind in ("overflow", "radio_buttons") or kind.endswith("_select"):
        return {"selected_option": _option(element, value)}
    if value is not None and element.get("value") != value:
        return None
    return {name: element[name] for name in _COPIED if name in element}


def _feedback(element: Json, value: str | None) -> Json:
    buttons = [element["positive_button"], element["negative_button"]]
    for button in buttons:
        if button.get("value") == value:
            return {"value": value, "text": button["text"]}
    raise Impossible(f"{value!r} is not one of the feedback values {[button.get('value') for button in buttons]}")


def _option(element: Json, value: str | None) -> Json:
    options: list[Json] = element.get("options") or []
    chosen = next((option for option in options if option["value"] == value), None)
    if chosen is None and options:
        raise Impossible(f"no option {value!r} in {element['action_id']}")
    return chosen or {"value": value}
