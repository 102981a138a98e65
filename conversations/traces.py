"""Traces of a person beyond what they wrote: names, originals, decisions, and what others say of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from sqlalchemy import Column, ColumnElement, Connection, Select, Table, and_, delete, func, or_, select, update

from conversations import directory, ledger_tables, pending_tables, round_tables, tables, trial_tables
from conversations.privacy import hide_names
from conversations.roster import NameFinder, Roster
from conversations.sealing import Sealing, packed, unpacked

_SPOKEN = frozenset({"content", "note", "reason", "message"})  # keys of JSON under which people's words stand
ERASED = "erased"  # stands where the name of an erased person stood

# Every text in which others may have written the person's name, and JSON that holds such texts.
_TEXTS: tuple[tuple[Table, str], ...] = (
    (tables.messages, "content"),
    (tables.submission_messages, "content"),
    (tables.feedback, "comment"),
    (tables.feedback, "better_answer"),
    (tables.submissions, "note"),
    (tables.audit, "details"),
    (ledger_tables.reviews, "reason"),
    (ledger_tables.reviews, "before"),
    (ledger_tables.quarantine, "sentence"),
    (ledger_tables.quarantine, "evidence"),
    (ledger_tables.quarantine, "note"),
    (pending_tables.quotes, "content"),
    (round_tables.rounds, "reason"),
    (round_tables.round_events, "message"),
    (round_tables.round_events, "details"),
    (round_tables.news, "facts"),
    (trial_tables.shadows, "content"),
    (trial_tables.blind_pairs, "prompt"),
    (trial_tables.blind_pairs, "one_text"),
    (trial_tables.blind_pairs, "other_text"),
)
_ERASED_BY_THEMSELVES = frozenset({"feedback", "submissions"})  # with what was said, in `people.forget`
_DECIDERS = frozenset({"reviewer", "who", "owner", "asked_by", "settled_by", "decided_by"})


@dataclass(frozen=True, slots=True)
class Theirs:
    """Which conversations and submissions go with the person, as queries that hold while these still stand."""

    person: str
    conversations: Select[Any]
    submissions: Select[Any]
    sealing: Sealing  # what opens originals that others' names stand in

    def has(self, item: Column[Any]) -> ColumnElement[bool]:
        return or_(item.in_(self.conversations), item.in_(self.submissions))


@dataclass(frozen=True, slots=True)
class Traces:
    """How many there are: names in the directory, originals, texts of others that name the person, further rows."""

    names: int
    originals: int
    mentions: int
    rows: int


@dataclass(frozen=True, slots=True)
class _Mention:
    table: Table
    column: str
    key: dict[str, Any]
    hidden: Any  # what stands there instead: text, or JSON


class _Only:
    """Finds names that can only be one person's; an "Anna" of whom there are two is left to curation."""

    def __init__(self, roster: NameFinder, person: str) -> None:
        self._roster = roster
        self._person = frozenset({person})

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        found = self._roster.find(text)
        yield from ((start, end) for start, end in found if self._roster.who(text[start:end]) == self._person)

    def who(self, name: str) -> frozenset[str]:
        return self._roster.who(name)


def survey(connection: Connection, theirs: Theirs) -> Traces:
    """What `erase` would erase."""
    originals = ledger_tables.originals.c.conversation_id.in_(theirs.conversations)
    return Traces(
        names=_count(connection, ledger_tables.people, ledger_tables.people.c.person == theirs.person),
        originals=_count(connection, ledger_tables.originals, originals),
        mentions=sum(1 for _ in _mentions(connection, theirs)),
        rows=sum(_count(connection, table, wanted) for table, wanted in _rows(connection, theirs)),
    )


def erase(connection: Connection, theirs: Theirs) -> None:
    """Delete all traces; conversations and submissions have to be there still."""
    for mention in list(_mentions(connection, theirs)):
        key = and_(*(mention.table.c[name] == value for name, value in mention.key.items()))
        connection.execute(update(mention.table).where(key).values({mention.column: mention.hidden}))
    originals = ledger_tables.originals
    connection.execute(delete(originals).where(originals.c.conversation_id.in_(theirs.conversations)))
    for table, wanted in _rows(connection, theirs):
        connection.execute(delete(table).where(wanted))
    connection.execute(delete(ledger_tables.people).where(ledger_tables.people.c.person == theirs.person))
    for table, columns in _columns(connection).items():
        for column in columns & _DECIDERS:
            blanked = sqlalchemy.table(table, sqlalchemy.column(column))
            connection.execute(update(blanked).where(blanked.c[column] == theirs.person).values({column: ERASED}))


def _rows(connection: Connection, theirs: Theirs) -> Iterator[tuple[Any, ColumnElement[bool]]]:
    """Reviews and alarms of what goes, and the person's rows in every table with a column `person`."""
    yield ledger_tables.reviews, theirs.has(ledger_tables.reviews.c.item)
    yield ledger_tables.alarms, theirs.has(ledger_tables.alarms.c.conversation_id)
    held = ledger_tables.quarantine
    yield held, theirs.has(held.c.conversation_id)
    yield trial_tables.blind_pairs, theirs.has(trial_tables.blind_pairs.c.conversation_id)
    yield tables.audit, tables.audit.c.subject.in_(theirs.submissions)
    for name, columns in sorted(_columns(connection).items()):
        if "person" in columns and name not in _ERASED_BY_THEMSELVES | {ledger_tables.people.name}:
            table = sqlalchemy.table(name, sqlalchemy.column("person"))
            yield table, table.c.person == theirs.person


def _columns(connection: Connection) -> dict[str, set[str]]:
    # Asked of the database: other parts of brandvoice have tables of their own that are not imported here.
    found = sqlalchemy.inspect(connection).get_multi_columns()
    return {name: {column["name"] for column in columns} for (_, name), columns in found.items()}


def _mentions(connection: Connection, theirs: Theirs) -> Iterator[_Mention]:
    named = directory.names(connection, style=None)
    if theirs.person not in named:
        return
    only = _Only(Roster.of_people(named.items()), theirs.person)
    for table, column in _TEXTS:
        keys = [key.name for key in table.primary_key]
        wanted = _of_others(table, theirs).with_only_columns(*(table.c[key] for key in keys), table.c[column])
        for row in connection.execute(wanted.execution_options(yield_per=1_000)).mappings():
            hidden = _without(row[column], only)
            if hidden != row[column]:
                yield _Mention(table, column, {key: row[key] for key in keys}, hidden)
    yield from _in_originals(connection, theirs, only)


def _in_originals(connection: Connection, theirs: Theirs, only: _Only) -> Iterator[_Mention]:
    table = ledger_tables.originals
    for row in connection.execute(_of_others(table, theirs).execution_options(yield_per=1_000)):
        said = unpacked(row.content, theirs.sealing, sealed=row.sealed)
        hidden = _without(said, only)
        if hidden != said:
            key = {"conversation_id": row.conversation_id}
            yield _Mention(table, "content", key, packed(hidden, theirs.sealing, sealed=row.sealed))


def _of_others(table: Table, theirs: Theirs) -> Select[Any]:
    """The rows that stay when everything of the person goes."""
    wanted = select(table)
    for owner, going in (
        ("conversation_id", theirs.conversations),
        ("submission_id", theirs.submissions),
        ("item", theirs.submissions),
        ("subject", theirs.submissions),
    ):
        if owner in table.c:
            wanted = wanted.where(or_(table.c[owner].is_(None), table.c[owner].not_in(going)))
    return wanted


def _without(value: Any, names: NameFinder) -> Any:
    """The text, or every text in JSON, without the names."""
    if isinstance(value, str):
        return hide_names(value, names)
    if isinstance(value, dict):
        return {
            key: _without(one, names) if key in _SPOKEN or isinstance(one, list) else one for key, one in value.items()
        }
    return [_without(one, names) for one in value] if isinstance(value, list) else value


def _count(connection: Connection, table: Any, wanted: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(wanted)) or 0
