"""Modals and Home tabs: their limits, and which of them a person has open."""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from typing import Any, Final, Literal

from tests.emulators.slack.blocks import check_blocks
from tests.emulators.slack.ids import Ids
from tests.emulators.slack.records import Json
from tests.emulators.slack.refusals import Refusal
from tests.emulators.slack.settings import App

ViewKind = Literal["modal", "home"]

_DEFAULTS: Final = {"private_metadata": "", "callback_id": "", "notify_on_close": False, "clear_on_close": False}


class ViewStore:
    """All views that were ever shown, the stack of open modals per person (top last), and the Home tabs."""

    def __init__(self, app: App, ids: Ids) -> None:
        self.by_id: dict[str, Json] = {}
        self.stacks: defaultdict[str, list[str]] = defaultdict(list)
        self.homes: dict[str, Json] = {}
        self._app = app
        self._ids = ids

    def open_modal(self, view: Any, user: str) -> Json:
        """Put a modal on top of the user's stack."""
        check_view(view, "modal", ids=self._ids)
        stack, view_id = self.stacks[user], self._new_id()
        root, previous = (stack[0], stack[-1]) if stack else (view_id, None)
        shown = self._show(view, view_id, root=root, previous=previous)
        stack.append(view_id)
        return shown

    def replace(self, view: Any, old: Json) -> Json:
        """Change a modal in its place."""
        check_view(view, "modal", ids=self._ids)
        return self._show(view, old["id"], root=old["root_view_id"], previous=old["previous_view_id"])

    def publish_home(self, view: Any, user: str) -> Json:
        check_view(view, "home", ids=self._ids)
        view_id = self._new_id()
        self.homes[user] = self._show(view, view_id, root=view_id, previous=None)
        return self.homes[user]

    def find(self, view_id: str | None, external_id: str | None) -> Json | None:
        if view_id and view_id in self.by_id:
            return self.by_id[view_id]
        same_name = (v for v in self.by_id.values() if external_id and v.get("external_id") == external_id)
        return next(same_name, None)

    def owner(self, view: Json) -> str | None:
        """Who has it open."""
        return next((user for user, stack in self.stacks.items() if view["id"] in stack), None)

    def _new_id(self) -> str:
        return f"V{self._ids.next()}"

    def _show(self, view: Json, view_id: str, *, root: str, previous: str | None) -> Json:
        shown = {**_DEFAULTS, "state": {"values": {}}, **view}
        shown |= {"id": view_id, "root_view_id": root, "previous_view_id": previous, "hash": secrets.token_hex(6)}
        shown |= {"team_id": self._app.team, "app_id": self._app.app_id, "bot_id": self._app.bot_id}
        self.by_id[view_id] = shown
        return shown


def check_view(view: Any, kind: ViewKind, *, ids: Ids) -> None:
    """Refuse what Slack would refuse to show."""
    if not isinstance(view, dict) or view.get("type") != kind:
        raise _refusal(f"view.type must be {kind}")
    if len(json.dumps(view)) > 250_000:
        raise Refusal("view_too_large")
    fault = _fields_fault(view, kind)
    if fault is not None:
        raise _refusal(fault)
    check_blocks(view.get("blocks"), "view", ids=ids)
    if kind == "modal" and "submit" not in view and any(b["type"] == "input" for b in view["blocks"]):
        raise _refusal("submit is required when there are input blocks")


def _fields_fault(view: Json, kind: ViewKind) -> str | None:
    for name in ("title", "submit", "close"):
        if name in view and not 1 <= len(view[name].get("text", "")) <= 24:
            return f"{name} must be 1 to 24 characters"
    if kind == "modal" and "title" not in view:
        return "title missing"
    if len(view.get("private_metadata") or "") > 3000 or len(view.get("callback_id") or "") > 255:
        return "private_metadata over 3000 or callback_id over 255 characters"
    return None


def _refusal(message: str) -> Refusal:
    return Refusal("invalid_arguments", response_metadata={"messages": [message]})
