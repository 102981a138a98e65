"""Preferences: of two replies to the same conversation, which one people want."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conversations.errors import NotFound
from conversations.messages import Conversation, Message, content_id, conversation_id

if TYPE_CHECKING:
    from conversations.store import ConversationStore

_WANTED, _OTHER = "pair:{}/chosen", "pair:{}/rejected"


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


def as_conversations(
    prompt: tuple[Message, ...], answer: Message, *, rejected: str, place: str
) -> tuple[Conversation, Conversation]:
    """An imported pair as the store keeps it: two conversations, and of the second nothing is learned by itself.

    So whatever holds for conversations holds for pairs: sources, erasure, opting out, importing again.
    """
    key = pair_id(prompt, answer.content, rejected)
    good = (*prompt, replace(answer, id=_WANTED.format(key)))
    quiet = (replace(message, trainable=False) for message in prompt)
    bad = (*quiet, Message("assistant", rejected, id=_OTHER.format(key), trainable=False))
    return (
        Conversation(id=content_id(good), messages=good, place=place),
        Conversation(id=conversation_id("rejected", key), messages=bad, place=place),
    )


def imported_pairs(store: ConversationStore, style: str) -> Iterator[PreferencePair]:
    """Every pair that was imported for the style and may be learned from, in the order of conversations."""
    for conversation in store.conversations(style, trainable_only=True):
        last = conversation.messages[-1] if conversation.messages else None
        key = (last.id or "").removeprefix("pair:").removesuffix("/rejected") if last else ""
        if last is None or not key or last.id != _OTHER.format(key):
            continue
        try:
            home, chosen = store.message(_WANTED.format(key))
        except NotFound:  # the good half was erased, and without it there is nothing to prefer
            continue
        prompt = tuple(replace(message, trainable=True) for message in conversation.messages[:-1])
        yield PreferencePair(
            key,
            home,
            prompt,
            chosen.content,
            last.content,
            place=conversation.place,
            source=conversation.source,
            author=chosen.author,
        )
