"""Speakers: which styles speak on a platform, and with which version."""

from __future__ import annotations

from bots.assistant import Assistant
from conversations.errors import BrandvoiceError


def speakers(assistant: Assistant, platform: str) -> list[str]:
    """A line for each style that is assigned somewhere on the platform."""
    lines = []
    for assignment in assistant.assignments:
        if not assignment.where.startswith((f"{platform}:", "*")):
            continue
        try:
            voice = assistant.voice_for(assignment.style)
        except BrandvoiceError:
            lines.append(f"{assignment.where}: {assignment.style} (not available)")
            continue
        kind = "trained" if voice.version else "the base model with the style's guide"
        lines.append(f"{assignment.where}: {voice.style.display}, {voice.reference} ({kind})")
    return lines
