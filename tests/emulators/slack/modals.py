"""Modals in people's hands: submit and close, and what the acknowledgement does to them."""

from __future__ import annotations

from typing import Any

from tests.emulators.slack.forms import filled
from tests.emulators.slack.interactions import interact
from tests.emulators.slack.records import Envelope, Json
from tests.emulators.slack.refusals import Impossible
from tests.emulators.slack.workspace import Workspace


class Modals:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def submit(self, view_id: str, user: str, values: dict[str, Any], timeout: float = 5.0) -> Any:
        """Fill the inputs (by action id or block id), press the submit button, apply and return the ack's payload.

        None when the acknowledgement was empty, and also when there was none (see `user_errors`)."""
        slack = self._workspace
        view, stack = slack.views.by_id[view_id], slack.views.stacks[user]
        if not stack or stack[-1] != view_id:
            raise Impossible("that view is not the one on top")
        submitted = view | {"state": {"values": filled(view, values)}}
        payload = {"type": "view_submission", "response_urls": [], "view": submitted}
        envelope = interact(slack, payload, user=user)
        waited = timeout + slack.rules.ack_timeout
        slack.journal.wait_for(lambda: envelope.acked_at or envelope.failed, waited, "ack of the view submission")
        if envelope.acked_at is None:
            return None
        ack = envelope.ack if isinstance(envelope.ack, dict) else None
        self._apply(ack or {}, view, user=user)
        return ack

    def close(self, view_id: str, user: str) -> Envelope | None:
        """Close it with the x; the bot hears of it only when the view asked for that."""
        slack = self._workspace
        view = slack.views.by_id[view_id]
        slack.views.stacks[user].remove(view_id)
        if not view.get("notify_on_close"):
            return None
        return interact(slack, {"type": "view_closed", "is_cleared": False, "view": view}, user=user)

    def _apply(self, ack: Json, view: Json, *, user: str) -> None:
        slack = self._workspace
        with slack.journal.changed:
            match ack.get("response_action"):
                case "errors":
                    self._show_errors(ack.get("errors") or {}, view)
                case "update":
                    slack.views.replace(ack["view"], view)
                case "push":
                    slack.views.open_modal(ack["view"], user)
                case "clear":
                    slack.views.stacks[user].clear()
                case _:
                    slack.views.stacks[user].remove(view["id"])
            slack.journal.changed.notify_all()

    def _show_errors(self, errors: Json, view: Json) -> None:
        unknown = set(errors) - {block.get("block_id") for block in view["blocks"]}
        if unknown:
            self._workspace.journal.user_errors.append(f"view errors for unknown block_id {unknown}")
