"""Examples: the rows that a voice is trained on, with where each of them came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conversations.messages import Message


@dataclass(frozen=True, slots=True)
class Example:
    """One training row: it begins with a user and ends with the brand; the trainable assistant turns are learned.

    `known_since` is when its conversation came to be known (ISO 8601); the oldest decides on which side of the split
    conversations with the same reply stand.
    """

    id: str
    conversation_id: str
    messages: tuple[Message, ...]
    place: str = ""
    source: str = ""
    basis: str = ""
    author: str | None = None
    reviewer: str | None = None
    redactions: Mapping[str, int] = field(default_factory=dict)
    known_since: str = ""
    changed_by: tuple[str, ...] = field(default=(), compare=False)  # curation steps, told once it is in a dataset

    @property
    def targets(self) -> tuple[Message, ...]:
        return tuple(message for message in self.messages if is_target(message))

    @property
    def digest(self) -> str:
        """16 hex digits over what is learned and on what basis; the same on every machine and for every re-import."""
        turns = [(message.role, message.content, is_target(message)) for message in self.messages]
        return digest_of([self.id, self.conversation_id, turns, self.basis])


def is_target(message: Message) -> bool:
    """Whether the model learns to say this."""
    return message.role == "assistant" and message.trainable


def digest_of(value: Any) -> str:
    """16 hex digits over the canonical JSON of a value."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]
