"""What the emulator keeps: calls, envelopes, and the shapes of its tokens, channels and files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, TypedDict

Json = dict[str, Any]
EnvelopeKind = Literal["events_api", "interactive", "slash_commands"]
ChannelKind = Literal["channel", "group", "im", "mpim"]
StatusKey = tuple[str, str]  # (channel, thread)


class Token(TypedDict):
    kind: Literal["bot", "app"]
    team: str
    refresh: NotRequired[str]
    expired: NotRequired[bool]


class Channel(TypedDict):
    id: str
    name: str
    kind: ChannelKind
    ext_shared: bool
    team: str
    members: list[str]


class File(TypedDict):
    id: str
    name: str
    data: bytes
    user: str
    mimetype: str
    length: NotRequired[int]  # announced by the bot, checked when it completes the upload


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A Web API request as it arrived."""

    method: str
    params: Json
    token: str


@dataclass(frozen=True, slots=True)
class Call:
    """A Web API request that the bot made, with the answer it got."""

    method: str
    params: Json
    token: str
    at: float
    response: Json
    http_status: int = 200

    @property
    def ok(self) -> bool:
        return bool(self.response.get("ok"))


@dataclass(slots=True, eq=False)
class Envelope:
    """One thing that the bot has to acknowledge; all its redeliveries share it."""

    kind: EnvelopeKind
    payload: Json
    on_ack: Callable[[Any], None] | None = None
    sent_at: list[float] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    acked_at: float | None = None
    ack: Any = None
    failed: bool = False

    @property
    def name(self) -> str:
        """What a person would call it: the type of the payload, or the slash command."""
        return str(self.payload.get("type") or self.payload.get("command"))

    @property
    def ack_seconds(self) -> float | None:
        """From the first delivery to the acknowledgement."""
        return None if self.acked_at is None else self.acked_at - self.sent_at[0]


@dataclass(slots=True)
class ResponseUrl:
    """A `response_url` that was given out: whose it is, which message it belongs to, how often it was used."""

    user: str
    channel: str
    ts: str | None
    created_at: float
    uses: int = 0
