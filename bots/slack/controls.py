"""Controls: what stands under an answer, and how a press finds its answer again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bots.assistant import Reply
from bots.slack.blocks import Json, actions, button, small, thumbs
from bots.slack.markup import escaped

VOTE: Final = "brandvoice_vote"
AGAIN: Final = "brandvoice_again"
BETTER: Final = "brandvoice_better"
METADATA: Final = "brandvoice_reply"


def under(reply: Reply) -> list[Json]:
    """The line that says who wrote this, thumbs, and what else one can do."""
    return [
        small(f"Written by AI ({escaped(reply.voice)}). Answers may be wrong."),
        thumbs(VOTE, up=f"up:{reply.id}", down=f"down:{reply.id}"),
        actions(button("New answer", AGAIN, value=reply.id), button("Suggest better", BETTER, value=reply.id)),
    ]


def named_reply(message: Json) -> str | None:
    """The reply that the controls of a message belong to; None for a message without controls."""
    return next(_values(message.get("blocks") or []), None)


def without_controls(text: str, note: str) -> list[Json]:
    """An answer that can no longer be judged, and why."""
    return [{"type": "markdown", "text": text}, small(note)]


def _values(blocks: list[Json]) -> Iterator[str]:
    for block in blocks:
        for element in block.get("elements") or []:
            if element.get("action_id") == AGAIN:
                yield str(element["value"])
