"""Trigger ids: the one-shot right to open a view that a person's action gives the bot for three seconds."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

from tests.emulators.slack.records import Json
from tests.emulators.slack.refusals import Refusal
from tests.emulators.slack.settings import Rules


@dataclass(slots=True)
class Trigger:
    user: str
    created_at: float
    used: bool = False


class Triggers:
    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._known: dict[str, Trigger] = {}

    def new(self, user: str) -> str:
        trigger_id = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(8)}"
        self._known[trigger_id] = Trigger(user, time.monotonic())
        return trigger_id

    def spend(self, params: Json) -> str:
        """The user whose action it was; a trigger counts as used even when what it should open is refused."""
        trigger = self._known.get(params.get("trigger_id") or params.get("interactivity_pointer") or "")
        if trigger is None:
            raise Refusal("invalid_trigger_id")
        if trigger.used:
            raise Refusal("exchanged_trigger_id")
        if time.monotonic() - trigger.created_at > self._rules.trigger_lifetime:
            raise Refusal("expired_trigger_id")
        trigger.used = True
        return trigger.user
