"""All methods that the emulator knows; any other is `unknown_method`, as on Slack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.emulators.slack.methods import (
    agents,
    app,
    chat,
    conversations,
    files,
    oauth,
    reactions,
    streams,
    users,
    views,
)
from tests.emulators.slack.methods.method import Method

METHODS: Final[Mapping[str, Method]] = {
    **agents.METHODS,
    **app.METHODS,
    **chat.METHODS,
    **conversations.METHODS,
    **files.METHODS,
    **oauth.METHODS,
    **reactions.METHODS,
    **streams.METHODS,
    **users.METHODS,
    **views.METHODS,
}
