"""What the app's manifest grants: scopes, events, commands, shortcuts and features."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.emulators.slack.records import Json
from tests.emulators.slack.refusals import Impossible


@dataclass(slots=True)
class Grants:
    """Nothing applied yet means that everything is granted and subscribed."""

    manifest: Json | None = None
    scopes: set[str] | None = None
    bot_events: set[str] | None = None

    def apply(self, manifest: Json) -> None:
        """Grant exactly the scopes and deliver exactly the events, commands and shortcuts of an app manifest."""
        self.manifest = manifest
        self.scopes = set(((manifest.get("oauth_config") or {}).get("scopes") or {}).get("bot") or [])
        self.bot_events = set((self.setting("event_subscriptions") or {}).get("bot_events") or [])

    def setting(self, name: str) -> Any:
        return ((self.manifest or {}).get("settings") or {}).get(name)

    def feature(self, name: str) -> Any:
        return ((self.manifest or {}).get("features") or {}).get(name)

    def has_any_feature(self, names: Iterable[str]) -> bool:
        """Whether the manifest declares one of these features; without a manifest, yes."""
        return self.manifest is None or any(name in (self.manifest.get("features") or {}) for name in names)

    def grants(self, scope: str) -> bool:
        return self.scopes is None or scope in self.scopes

    def subscribes(self, event: str) -> bool:
        return self.bot_events is None or event in self.bot_events

    def require_command(self, command: str) -> None:
        known = [c["command"] for c in self.feature("slash_commands") or []]
        if self.manifest is not None and command not in known:
            raise Impossible(f"{command} is not in the manifest ({known}): the user gets 'not a valid command'")

    def require_shortcut(self, kind: str, callback_id: str) -> None:
        known = {(s["type"], s["callback_id"]) for s in self.feature("shortcuts") or []}
        if self.manifest is not None and (kind, callback_id) not in known:
            raise Impossible(f"{kind} shortcut {callback_id!r} is not in the manifest: {sorted(known)}")
