"""How much the store holds, by style and by where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, case, distinct, func, select

from conversations import tables


@dataclass(frozen=True, slots=True)
class Holding:
    """What one style has from one kind of source."""

    style: str
    kind: str
    conversations: int
    messages: int
    turns: int


@dataclass(frozen=True, slots=True)
class SourceHolding:
    """How many conversations one source brought; one that came from two sources counts for both."""

    style: str
    source: str
    kind: str
    conversations: int
    train: bool


@dataclass(frozen=True, slots=True)
class Stats:
    """Holdings by style and kind; feedback by `up`, `down`, `comment`, `better_answer`; submissions by state."""

    holdings: tuple[Holding, ...]
    feedback: Mapping[str, int]
    submissions: Mapping[str, int]
    sources: tuple[SourceHolding, ...] = ()


def count(connection: Connection, *, style: str | None) -> int:
    """Conversations in the style, or in all; one that came from two sources counts once."""
    links, origin = tables.conversation_sources, tables.sources
    wanted = select(func.count(distinct(links.c.conversation_id))).join_from(links, origin)
    if style is not None:
        wanted = wanted.where(origin.c.style == style)
    return connection.scalar(wanted) or 0


def stats(connection: Connection, *, style: str | None) -> Stats:
    holdings = tuple(Holding(**row) for row in connection.execute(_holdings(style)).mappings())
    return Stats(holdings, _feedback(connection, style), _submissions(connection, style), _sources(connection, style))


def _sources(connection: Connection, style: str | None) -> tuple[SourceHolding, ...]:
    links, origin = tables.conversation_sources, tables.sources
    wanted = (
        select(origin, func.count(links.c.conversation_id).label("held"))
        .join_from(origin, links, links.c.source_id == origin.c.id, isouter=True)
        .group_by(*origin.c)
        .order_by(origin.c.style, origin.c.added_at, origin.c.id)
    )
    if style is not None:
        wanted = wanted.where(origin.c.style == style)
    return tuple(
        SourceHolding(row.style, row.name or row.id, row.kind, row.held, train=row.train_allowed and bool(row.basis))
        for row in connection.execute(wanted)
    )


def _holdings(style: str | None) -> Select[Any]:
    links, origin, said = tables.conversation_sources, tables.sources, _said()
    pairs = select(origin.c.style, origin.c.kind, links.c.conversation_id).join_from(links, origin).distinct()
    if style is not None:
        pairs = pairs.where(origin.c.style == style)
    pair = pairs.subquery()
    return (
        select(
            pair.c.style,
            pair.c.kind,
            func.count().label("conversations"),
            func.coalesce(func.sum(said.c.messages), 0).label("messages"),
            func.coalesce(func.sum(said.c.turns), 0).label("turns"),
        )
        .join_from(pair, said, said.c.conversation_id == pair.c.conversation_id, isouter=True)
        .group_by(pair.c.style, pair.c.kind)
        .order_by(pair.c.style, pair.c.kind)
    )


def _said() -> Any:
    """Messages and turns by conversation; a turn is a reply of the assistant right after a message of a user."""
    table = tables.messages
    before = func.lag(table.c.role).over(partition_by=table.c.conversation_id, order_by=table.c.position)
    ordered = select(table.c.conversation_id, table.c.role, before.label("before")).subquery()
    is_turn = (ordered.c.role == "assistant") & (ordered.c.before == "user")
    return (
        select(
            ordered.c.conversation_id,
            func.count().label("messages"),
            func.sum(case((is_turn, 1), else_=0)).label("turns"),
        )
        .group_by(ordered.c.conversation_id)
        .subquery()
    )


def _feedback(connection: Connection, style: str | None) -> dict[str, int]:
    table, links, origin = tables.feedback, tables.conversation_sources, tables.sources
    wanted = select(
        func.count(case((table.c.thumb == "up", 1))).label("up"),
        func.count(case((table.c.thumb == "down", 1))).label("down"),
        func.count(table.c.comment).label("comment"),
        func.count(table.c.better_answer).label("better_answer"),
    )
    if style is not None:
        in_style = select(links.c.conversation_id).join_from(links, origin).where(origin.c.style == style)
        wanted = wanted.where(table.c.conversation_id.in_(in_style))
    return dict(connection.execute(wanted).mappings().one())


def _submissions(connection: Connection, style: str | None) -> dict[str, int]:
    table = tables.submissions
    wanted = select(table.c.state, func.count().label("submissions")).group_by(table.c.state).order_by(table.c.state)
    if style is not None:
        wanted = wanted.where(table.c.style == style)
    return {row.state: row.submissions for row in connection.execute(wanted)}
