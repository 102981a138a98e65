"""Preferences: of two replies to the same conversation, which one people want."""

from __future__ import annotations

from dataclasses import dataclass

from conversations.messages import Message, conversation_id


@dataclass(frozen=True, slots=True)
class PreferencePair:
    """A prompt that ends with a user's message, the reply that is wanted and the one that is not.

    `voice` wrote the rejected reply, if a voice did; `author` wrote the chosen one; `place` says where it came from
    (`file:line`), `source` under which basis.
    """

    id: str
    conversation_id: str
    prompt: tuple[Message, ...]
    chosen: str
    rejected: str
    place: str = ""
    source: str | None = None
    voice: str | None = None
    author: str | None = None

    @property
    def fault(self) -> str:
        """Why nothing can be learned from it; empty for a good pair."""
        if not self.prompt or self.prompt[-1].role != "user":
            return "the prompt does not end with a message of the user"
        if not self.chosen.strip() or not self.rejected.strip():
            return "a reply is empty"
        if self.chosen.strip() == self.rejected.strip():
            return "both replies are the same"
        return ""


def pair_id(prompt: tuple[Message, ...], chosen: str, rejected: str) -> str:
    """A stable id for a pair that has none of its own: the hash of what it says."""
    said = [f"{message.role}\x1e{message.content}" for message in prompt]
    return conversation_id("pair", *said, chosen, rejected)
