"""Alarms: keys and passwords that curation came upon, told to whoever has to replace them, without showing them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from logging import getLogger
from typing import TYPE_CHECKING

from conversations.alarms import Alarm
from conversations.messages import conversation_id

if TYPE_CHECKING:
    from brandvoice.workspace import Workspace
    from conversations.store import ConversationStore
    from styles.curation import Dropped

NEWS = "curation.secret"

_log = getLogger(__name__)


def raise_alarms(workspace: Workspace, store: ConversationStore, found: Iterable[Dropped], *, style: str) -> int:
    """Keep an alarm for each conversation with a secret, and tell of those that are new; returns how many are."""
    new = store.alarms.raise_for(Alarm(d.conversation_id, style, d.place, d.sentence) for d in found)
    for alarm in new:
        _log.warning("%s %s: %s", alarm.conversation_id, alarm.place, alarm.sentence)
    if new:
        _publish(workspace, new, style=style)
    return len(new)


def _publish(workspace: Workspace, new: Sequence[Alarm], *, style: str) -> None:
    from brandvoice.news import Newsroom

    facts = {
        "count": len(new),
        "conversations": [alarm.conversation_id for alarm in new[:20]],
        "sentences": dict(Counter(alarm.sentence for alarm in new).most_common(20)),
    }
    key = conversation_id(*sorted(alarm.conversation_id for alarm in new))
    with workspace.open_rounds() as rounds:
        newsroom = Newsroom(rounds.database, now=rounds.now)
        newsroom.publish(NEWS, key=f"{NEWS}:{key}", style=style, facts=facts)
