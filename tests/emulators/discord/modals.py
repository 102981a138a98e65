"""Modals: what Discord refuses about them, and how a person fills one in."""

from __future__ import annotations

from typing import Any

from tests.emulators.discord.attachments import Attachments
from tests.emulators.discord.components import walk
from tests.emulators.discord.errors import NotOfferedError, bad_length, form_error, too_long
from tests.emulators.discord.wire import Json

ROW, TEXT_INPUT, TEXT_DISPLAY, LABEL, FILE_UPLOAD, RADIO_GROUP, CHECKBOX = 1, 4, 10, 18, 19, 21, 23
TOP_LEVEL = (ROW, TEXT_DISPLAY, LABEL)
TITLE, CUSTOM_ID, COMPONENTS, LABEL_TEXT, TEXT, PLACEHOLDER = 45, 100, 5, 45, 4000, 100


def check_modal(data: Json) -> None:
    lengths = {"title": TITLE, "custom_id": CUSTOM_ID, "components": COMPONENTS}
    for key, most in lengths.items():
        if not 1 <= len(data.get(key) or "") <= most:
            raise bad_length(f"data.{key}", 1, most)
    if any(component.get("type") not in TOP_LEVEL for component in data["components"]):
        message = f'Value of field "type" must be one of {TOP_LEVEL}.'
        raise form_error("data.components.0.type", "UNION_TYPE_CHOICES", message)
    for place, component in enumerate(walk(data["components"])):
        _check_component(component, f"data.components.{place}")


def _check_component(component: Json, where: str) -> None:
    most = component.get("max_length", TEXT)
    limits = {"label": LABEL_TEXT, "value": most, "placeholder": PLACEHOLDER}
    if most > TEXT:
        raise too_long(f"{where}.max_length", TEXT)
    for key, limit in limits.items():
        if len(component.get(key) or "") > limit:
            raise too_long(f"{where}.{key}", limit)


class Modals:
    """`open` holds the modal before each person, if there is one."""

    def __init__(self, attachments: Attachments) -> None:
        self._attachments = attachments
        self.open: dict[str, Json] = {}

    def submit(self, user: str, given: dict[str, Any]) -> tuple[Json, Json]:
        """Fill the open modal by custom_id or label, and close it: the modal, and the data of its interaction.

        Fields that are not given keep what the bot prefilled; a file is given as a list of (name, content).
        """
        if user not in self.open:
            raise NotOfferedError(f"user {user} has no open modal")
        modal, left = self.open[user], dict(given)
        resolved: Json = {}
        components = [self._component(each, left, resolved) for each in modal["components"]]
        if left:
            raise NotOfferedError(f"the modal has no fields {sorted(left)}")
        del self.open[user]
        data = {"custom_id": modal["custom_id"], "components": components}
        return modal, data | ({"resolved": resolved} if resolved else {})

    def _component(self, component: Json, left: dict[str, Any], resolved: Json) -> Json:
        answer: Json = {"type": component["type"], "id": component["id"]}
        if component["type"] == LABEL:
            field = component["component"]
            return answer | {"component": self._field(field, component.get("label"), left, resolved=resolved)}
        if component["type"] == ROW:
            field = component["components"][0]
            return answer | {"components": [self._field(field, field.get("label"), left, resolved=resolved)]}
        return answer

    def _field(self, field: Json, label: str | None, left: dict[str, Any], *, resolved: Json) -> Json:
        custom_id = field["custom_id"]
        given = left.pop(custom_id if custom_id in left else label or "", None)
        answer = {"type": field["type"], "id": field["id"], "custom_id": custom_id}
        if field["type"] == TEXT_INPUT:
            return answer | {"value": _typed(field, label or custom_id, given)}
        if field["type"] in (RADIO_GROUP, CHECKBOX):
            return answer | {"value": _ticked(field) if given is None else given}
        if field["type"] == FILE_UPLOAD:
            return answer | {"values": self._upload(given or [], resolved)}
        return answer | {"values": _preset(field) if given is None else given}

    def _upload(self, files: list[tuple[str, bytes]], resolved: Json) -> list[str]:
        attachments = {each["id"]: each for each in (self._attachments.add(*file) for file in files)}
        if attachments:
            resolved.setdefault("attachments", {}).update(attachments)
        return list(attachments)


def _typed(field: Json, label: str, given: str | None) -> str:
    text: str = given if given is not None else field.get("value") or ""
    least, most = field.get("min_length", 0), field.get("max_length", TEXT)
    if not text and field.get("required", True):
        raise NotOfferedError(f"{label!r} is required")
    if text and not least <= len(text) <= most:
        raise NotOfferedError(f"the client refuses {len(text)} characters in {label!r}: it takes {least} to {most}")
    return text


def _preset(field: Json) -> list[str]:
    return [option["value"] for option in field.get("options") or [] if option.get("default")]


def _ticked(field: Json) -> str | bool | None:
    if field["type"] == CHECKBOX:
        return bool(field.get("default"))
    return next(iter(_preset(field)), None)
