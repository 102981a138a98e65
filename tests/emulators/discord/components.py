"""Message components: how they nest, and what Discord refuses about them."""

from __future__ import annotations

from collections.abc import Iterable

from tests.emulators.discord.errors import bad_length, form_error, too_long
from tests.emulators.discord.wire import Json

ROW, BUTTON, STRING_SELECT, TEXT_DISPLAY = 1, 2, 3, 10
INTERACTIVE = (BUTTON, STRING_SELECT, 5, 6, 7, 8)  # the selects of users, roles, mentionables and channels
WITHOUT_CUSTOM_ID = (5, 6)  # styles of buttons: link and premium
ROWS, PER_ROW, ALL_V2, TEXT_V2, LABEL, CUSTOM_ID = 5, 5, 40, 4000, 80, 100
FIRST = "components.0.components.0"


def walk(components: Iterable[Json]) -> list[Json]:
    """Every component, each before those inside it."""
    found = []
    for component in components:
        inner = [*(component.get("components") or []), component.get("accessory"), component.get("component")]
        found += [component, *walk(each for each in inner if each)]
    return found


def number(components: Iterable[Json]) -> None:
    """Give every component the id that Discord gives it where the bot gave none."""
    for count, component in enumerate(walk(components), start=1):
        component.setdefault("id", count)


def displayed_text(components: Iterable[Json]) -> list[str]:
    return [each.get("content") or "" for each in walk(components) if each.get("type") == TEXT_DISPLAY]


def check_components(components: list[Json], *, v2: bool) -> None:
    every = walk(components)
    if len(components) > (ALL_V2 if v2 else ROWS) or len(every) > ALL_V2:
        raise bad_length("components", 1, ROWS)
    for place, component in enumerate(components):
        _check_top(component, place, v2=v2)
    _check_interactive(every)
    if v2 and sum(map(len, displayed_text(components))) > TEXT_V2:
        message = f"The displayed text must be {TEXT_V2} or fewer in length."
        raise form_error("components", "COMPONENT_TEXT_TOO_LONG", message)


def _check_top(component: Json, place: int, *, v2: bool) -> None:
    if not v2 and component["type"] != ROW:
        message = 'Value of field "type" must be one of (1,).'
        raise form_error(f"components.{place}.type", "UNION_TYPE_CHOICES", message)
    if component["type"] == ROW and not 1 <= len(component.get("components") or []) <= PER_ROW:
        raise bad_length(f"components.{place}.components", 1, PER_ROW)


def _check_interactive(every: list[Json]) -> None:
    seen: set[str] = set()
    for component in every:
        if _needs_custom_id(component):
            _check_custom_id(component.get("custom_id") or "", seen)
        if component["type"] == BUTTON and len(component.get("label") or "") > LABEL:
            raise too_long(f"{FIRST}.label", LABEL)


def _needs_custom_id(component: Json) -> bool:
    linked = component["type"] == BUTTON and component.get("style") in WITHOUT_CUSTOM_ID
    return component["type"] in INTERACTIVE and not linked


def _check_custom_id(custom_id: str, seen: set[str]) -> None:
    if not 1 <= len(custom_id) <= CUSTOM_ID:
        raise bad_length(f"{FIRST}.custom_id", 1, CUSTOM_ID)
    if custom_id in seen:
        message = "Component custom id cannot be duplicated"
        raise form_error(f"{FIRST}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", message)
    seen.add(custom_id)
