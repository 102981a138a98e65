"""Conversations, sources and curations for tests of this room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from conversations.messages import Conversation, Message, Role
from conversations.sources import Basis, Source
from styles.curation import Curated, CurationStep, Limits, curate
from styles.steps import builtin_steps

DAY = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ROLES: dict[str, Role] = {"u": "user", "a": "assistant", "s": "system"}


def source(
    name: str = "log", *, basis: Basis | None = "own-content", allowed: bool = True, added_at: datetime = DAY
) -> Source:
    return Source(name, "harbor", "openai", f"{name}.jsonl", basis, allowed, added_at, owner="Olivia")


SOURCES = {
    "log": source(),
    "later": source("later", added_at=DAY + timedelta(days=30)),
    "silent": source("silent", basis=None),
    "closed": source("closed", allowed=False),
    "orphan": replace(source("orphan"), owner=""),
}


def message(turn: str, **more: Any) -> Message:
    """`u: text`, `a: text` or `s: text` as a message; `a- text` is one that is not to be learned."""
    kind, text = turn[0], turn[2:].removeprefix(" ")
    return Message(ROLES[kind], text, trainable=turn[1] != "-", **more)


def conversation(name: str, *turns: str, source: str | None = "log", place: str = "") -> Conversation:
    return Conversation(name, tuple(message(turn) for turn in turns), place or f"log.jsonl:{name}", source)


def distinct(count: int, *, prefix: str = "c", source: str = "log") -> list[Conversation]:
    """Conversations of one turn each that share nothing."""
    return [
        conversation(f"{prefix}{i}", f"u: question {prefix} {i}", f"a: answer {prefix} {i}", source=source)
        for i in range(count)
    ]


def curated(
    conversations: Iterable[Conversation],
    limits: Limits | None = None,
    *,
    extra: Sequence[CurationStep] = (),
    **more: Any,
) -> Curated:
    """What the built-in steps and `extra` make of conversations."""
    chosen = limits or Limits()
    steps = [*builtin_steps(chosen, more.get("roster")), *extra]
    return curate(conversations, chosen, sources=more.pop("sources", SOURCES), steps=steps, **more)


def texts(result: Curated) -> list[list[str]]:
    """The examples as turns, in the notation of `message`."""
    kinds = {role: kind for kind, role in ROLES.items()}
    return [
        [
            f"{kinds[m.role]}{'-' if m.role == 'assistant' and not m.trainable else ':'} {m.content}"
            for m in example.messages
        ]
        for example in result.examples
    ]
