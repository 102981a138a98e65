"""Conversations, sources and submissions that the store's tests put in."""

from __future__ import annotations

from datetime import UTC, datetime

from conversations.messages import Conversation, Message, Submission
from conversations.sources import Source
from conversations.store import ConversationStore

MORNING = datetime(2026, 2, 1, 9, 30, tzinfo=UTC)
DESK = Source("desk", "harbor", "csv", "desk.csv", basis="contract", train_allowed=True, added_at=MORNING)


def talk(name: str, *texts: str, author: str | None = "anna") -> Conversation:
    """A conversation in turns: what `author` says, and what the desk answers."""
    messages = tuple(
        Message("assistant" if n % 2 else "user", text, author="desk" if n % 2 else author, sent_at=MORNING)
        for n, text in enumerate(texts or ("Is it open?", "Until six."))
    )
    return Conversation(name, messages, place=f"desk.csv:{name}", source="desk")


def handed_in(name: str, *, person: str = "ben", replaces: str | None = None, author: str | None = None) -> Submission:
    messages = (Message("user", "Do you ship?", author=author), Message("assistant", "Gladly, within two days."))
    return Submission(name, "harbor", person, messages, replaces=replaces)


def reply_in(store: ConversationStore, *, place: str = "C1", style: str = "harbor", author: str = "anna") -> str:
    """The id of a reply that the voice harbor@3 gave in live talk."""
    opened = store.open_conversation("slack", place, style=style)
    store.append(opened, Message("user", "Hello", author=author))
    reply = store.append(opened, Message("assistant", "Ahoy!", voice=f"{style}@3"))
    assert reply.id is not None
    return reply.id
