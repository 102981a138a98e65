"""Credentials: the tokens and secrets of a Slack app, checked for what each way of connecting needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from bots.slack.clients import SLACK_API
from conversations.errors import SettingsError

Mode = Literal["socket", "http"]
NEEDED_FROM = {
    "SLACK_BOT_TOKEN": "OAuth & Permissions > Bot User OAuth Token (begins with xoxb-)",
    "SLACK_APP_TOKEN": "Basic Information > App-Level Tokens, scope connections:write (begins with xapp-)",
    "SLACK_SIGNING_SECRET": "Basic Information > App Credentials > Signing Secret",
    "SLACK_CLIENT_SECRET": "Basic Information > App Credentials > Client Secret",
    "BRANDVOICE_STORE_KEY": "made by: brandvoice slack key",
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the environment says about the app; secrets are left out of its `repr`."""

    bot_token: str | None = field(default=None, repr=False)
    app_token: str | None = field(default=None, repr=False)
    signing_secret: str | None = field(default=None, repr=False)
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    store_key: str | None = field(default=None, repr=False)
    api_url: str = SLACK_API

    @property
    def many_workspaces(self) -> bool:
        """Whether workspaces install the app themselves, by OAuth."""
        return bool(self.client_id)

    def missing(self, mode: Mode) -> list[str]:
        """The names of what is not set and has to be."""
        needed = {
            "SLACK_BOT_TOKEN": None if self.many_workspaces else self.bot_token or "",
            "SLACK_APP_TOKEN": self.app_token or "" if mode == "socket" else None,
            "SLACK_SIGNING_SECRET": self.signing_secret or "" if mode == "http" else None,
            "SLACK_CLIENT_SECRET": self.client_secret or "" if self.many_workspaces else None,
            "BRANDVOICE_STORE_KEY": self.store_key or "" if self.many_workspaces else None,
        }
        return [name for name, value in needed.items() if value == ""]

    def check(self, mode: Mode) -> None:
        """Refuse to start without what the mode needs."""
        missing = self.missing(mode)
        if missing:
            lines = [f"  {name}: {NEEDED_FROM[name]}" for name in missing]
            raise SettingsError("\n".join([f'Slack in mode "{mode}" needs:', *lines]))


def credentials_from(secret: Callable[[str], str | None], *, api_url: str | None) -> Credentials:
    """Read them by name; `secret` looks into the environment and into the files that it names."""
    return Credentials(
        bot_token=secret("SLACK_BOT_TOKEN"),
        app_token=secret("SLACK_APP_TOKEN"),
        signing_secret=secret("SLACK_SIGNING_SECRET"),
        client_id=secret("SLACK_CLIENT_ID"),
        client_secret=secret("SLACK_CLIENT_SECRET"),
        store_key=secret("BRANDVOICE_STORE_KEY"),
        api_url=api_url or SLACK_API,
    )
