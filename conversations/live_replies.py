"""Live replies: their scores by version and time, and what a shadow would have said in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from conversations import tables
from conversations.database import Database, insert_missing
from conversations.tables import storable
from conversations.trial_tables import live_scores, shadows


@dataclass(frozen=True, slots=True)
class LiveScore:
    """How well one reply keeps the style's rules: 0 to 1, and the checks that it fell short of."""

    reply: str
    voice: str
    at: datetime
    score: float
    findings: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Unscored:
    """A reply of the assistant that nobody has scored yet."""

    reply: str
    content: str


@dataclass(frozen=True, slots=True)
class Shadow:
    """What a candidate would have said in place of a reply; nobody was shown it."""

    reply: str
    voice: str
    content: str
    seconds: float
    score: float | None
    at: datetime


class LiveReplies:
    """Scores and shadows of the assistant's replies, which go with the reply they belong to. Calls block."""

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def score(self, reply: str, *, style: str, score: float, findings: Mapping[str, float]) -> bool:
        """Keep a reply's score; False when it has one, or the reply is gone."""
        values = {"score": score, "findings": dict(findings)}
        with self._database.writing() as connection:
            return _insert(connection, live_scores, reply=reply, style=style, **values)

    def shadow(
        self, reply: str, *, style: str, voice: str, content: str, seconds: float, score: float | None = None
    ) -> bool:
        """Keep what a voice would have said; False when something is kept, or the reply is gone."""
        values = {"voice": voice, "content": storable(content), "seconds": seconds, "score": score, "at": self._now()}
        with self._database.writing() as connection:
            return _insert(connection, shadows, reply=reply, style=style, **values)

    def unscored(self, style: str, *, since: datetime, limit: int = 500) -> list[Unscored]:
        """The style's replies of the assistant without a score, newest first."""
        m, links, sources = tables.messages.c, tables.conversation_sources.c, tables.sources.c
        of_style = select(links.conversation_id).join(tables.sources, sources.id == links.source_id)
        wanted = select(m.id, m.content).outerjoin(live_scores, live_scores.c.reply == m.id)
        wanted = wanted.where(m.role == "assistant", m.voice.is_not(None), m.id.is_not(None), m.sent_at >= since)
        wanted = wanted.where(live_scores.c.reply.is_(None), m.voice.startswith(f"{style}@", autoescape=True))
        wanted = wanted.where(m.conversation_id.in_(of_style.where(sources.style == style)))
        with self._database.reading() as connection:
            found = connection.execute(wanted.order_by(m.sent_at.desc()).limit(limit)).all()
        return [Unscored(row.id, row.content) for row in found]

    def scores(self, style: str, *, since: datetime | None = None) -> list[LiveScore]:
        """Every score of the style, oldest first."""
        c = live_scores.c
        wanted = select(c.reply, c.voice, c.at, c.score, c.findings).where(c.style == style)
        if since is not None:
            wanted = wanted.where(c.at >= since)
        with self._database.reading() as connection:
            return [LiveScore(*row) for row in connection.execute(wanted.order_by(c.at, c.reply))]

    def shadows(self, style: str, *, voice: str | None = None) -> list[Shadow]:
        """What was said in the shadow, oldest first."""
        c = shadows.c
        wanted = select(c.reply, c.voice, c.content, c.seconds, c.score, c.at).where(c.style == style)
        if voice is not None:
            wanted = wanted.where(c.voice == voice)
        with self._database.reading() as connection:
            return [Shadow(*row) for row in connection.execute(wanted.order_by(c.at, c.reply))]

    def replies(self, ids: Sequence[str]) -> dict[str, str]:
        """What the replies say, by their ids."""
        m = tables.messages.c
        with self._database.reading() as connection:
            return {row.id: row.content for row in connection.execute(select(m.id, m.content).where(m.id.in_(ids)))}


def _insert(connection: Connection, table: Any, *, reply: str, **values: Any) -> bool:
    m = tables.messages.c
    wanted = select(m.conversation_id, m.voice, m.sent_at).where(m.id == reply, m.role == "assistant")
    found = connection.execute(wanted).first()
    if found is None:
        return False
    row = {"voice": found.voice or "", "at": found.sent_at, **values}
    return insert_missing(connection, table, reply=reply, conversation_id=found.conversation_id, **row)
