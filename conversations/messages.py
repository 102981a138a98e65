"""What was said, and what people thought of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Role = Literal["system", "user", "assistant"]
Thumb = Literal["up", "down"]
SubmissionState = Literal["waiting", "approved", "rejected", "withdrawn"]

ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Message:
    """One role and what it said; `voice` names the voice version (`harbor@3`) that wrote an assistant message."""

    role: Role
    content: str
    author: str | None = None
    sent_at: datetime | None = None
    id: str | None = None
    voice: str | None = None
    trainable: bool = True


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages in order. `id` is stable over re-imports; `place` says where it came from (`file:line`)."""

    id: str
    messages: tuple[Message, ...]
    place: str = ""
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """What one person thought of one reply; a later one of the same person on the same reply replaces it."""

    reply: str
    person: str
    thumb: Thumb | None = None
    reason: str | None = None
    comment: str | None = None
    better_answer: str | None = None
    voice: str | None = None
    given_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """A conversation or example that a person hands in; it is trained on only once somebody else approved it."""

    id: str
    style: str
    person: str
    messages: tuple[Message, ...]
    state: SubmissionState = "waiting"
    replaces: str | None = None  # id of the reply that a better answer replaces
    reviewer: str | None = None
    note: str | None = None
    submitted_at: datetime | None = None


def conversation_id(*parts: str) -> str:
    """A stable id of 20 hex digits for whatever identifies a conversation where it came from."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:20]


def content_id(messages: Sequence[Message]) -> str:
    """A stable id for a conversation that has no id of its own: the hash of its roles and texts."""
    return conversation_id(json.dumps([(m.role, m.content) for m in messages]))
