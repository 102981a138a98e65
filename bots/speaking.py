"""Speaking: which version of a style speaks, and what it is shown of a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conversations.messages import Message
from styles.style import Style, guide
from styles.voices import PROMPTED, VoiceVersion


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks for a style right now."""

    style: Style
    version: VoiceVersion | None

    @property
    def reference(self) -> str:
        return self.version.reference if self.version else f"{self.style.name}@{PROMPTED}"


def guided(voice: Voice, messages: Sequence[Message]) -> tuple[Message, ...]:
    """What the model is shown: a trained voice needs no instructions, version 0 gets the style's guide."""
    if voice.version is not None:
        return tuple(messages)
    told = guide(voice.style)
    if messages and messages[0].role == "system":  # templates want one such message
        return (Message("system", f"{told}\n\n{messages[0].content}"), *messages[1:])
    return (Message("system", told), *messages)


def unguided(voice: Voice, messages: Sequence[Message]) -> tuple[Message, ...]:
    """What `guided` was given, or what was added to it since."""
    told = guide(voice.style)
    if voice.version is not None or not messages or not messages[0].content.startswith(told):
        return tuple(messages)
    left = messages[0].content.removeprefix(told).strip()
    return (*((Message("system", left),) if left else ()), *messages[1:])
