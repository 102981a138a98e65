"""What the kind of a channel decides: scopes and event names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.emulators.slack.records import ChannelKind

HISTORY_SCOPE: Final[Mapping[ChannelKind, str]] = {
    "channel": "channels:history",
    "group": "groups:history",
    "im": "im:history",
    "mpim": "mpim:history",
}
READ_SCOPE: Final[Mapping[ChannelKind, str]] = {
    "channel": "channels:read",
    "group": "groups:read",
    "im": "im:read",
    "mpim": "mpim:read",
}
MESSAGE_EVENT: Final[Mapping[ChannelKind, str]] = {
    "channel": "message.channels",
    "group": "message.groups",
    "im": "message.im",
    "mpim": "message.mpim",
}
ANY_HISTORY: Final = tuple(HISTORY_SCOPE.values())
ANY_READ: Final = tuple(READ_SCOPE.values())
