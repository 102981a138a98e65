"""The directory: by which names imports know people, so that names are found in texts and people by their names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, or_, select

from conversations import consent, ledger_tables, tables
from conversations.database import Database, inserting_missing
from conversations.errors import NotFound
from conversations.person import Person
from conversations.roster import Roster
from conversations.tables import storable

BATCH = 500
SHOWN = 10
SHORTEST = 3  # letters that somebody is looked for by
NAMES_AT_MOST = 20  # of one person in one source; handles that change by the message are no names


@dataclass(frozen=True, slots=True)
class Known:
    """One person of the store: the id, the names that imports brought, and the kinds of their sources."""

    id: str
    names: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        told = ", ".join(Person(name).shown for name in self.names)
        return f"{Person(self.id).shown} ({told}; {', '.join(self.kinds)})" if told else Person(self.id).shown


class Directory:
    """Names of people by source. Nobody who was erased is written down again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, source: str, named: Iterable[Person]) -> None:
        """Keep the names of people of a source; known ones stay."""
        rows = {(p.id, _folded(name)): name for p in named for name in p.names[:NAMES_AT_MOST] if _folded(name)}
        with self._database.writing() as connection:
            erased = consent.erased(connection)
            kept = [
                {"source_id": source, "person": storable(person), "folded": folded, "name": storable(name.strip())}
                for (person, folded), name in rows.items()
                if not (erased.found and erased.of_person(person) in erased.found)
            ]
            for start in range(0, len(kept), BATCH):
                insertion = inserting_missing(connection, ledger_tables.people)
                connection.execute(insertion, kept[start : start + BATCH])

    def erased(self) -> Callable[[str], bool]:
        """Whether somebody with an id was erased, by the marks that stand now."""
        with self._database.reading() as connection:
            marks = consent.erased(connection)
        return lambda person: bool(marks.found) and marks.of_person(person) in marks.found

    def key(self, purpose: str) -> bytes:
        """A secret of this store for one purpose, always the same."""
        with self._database.reading() as connection:
            return bytes.fromhex(consent.marks(connection).of_purpose(purpose))

    def names(self, style: str | None = None) -> Mapping[str, Sequence[str]]:
        """Everybody's names by id: of the sources of a style, or of all."""
        with self._database.reading() as connection:
            return names(connection, style=style)

    def roster(self, style: str | None = None, *, keep: Iterable[str] = ()) -> Roster:
        """The people of a style as a roster; words of `keep` (the brand's own name) are nobody's."""
        return Roster.of_people(self.names(style).items(), keep=keep)

    def resolve(self, wanted: str) -> Known:
        """Who is meant by an id, also as its platform shows it, by a name or a handle.

        Raises `NotFound` with a list where several may be meant.
        """
        with self._database.reading() as connection:
            if _wrote(connection, wanted):
                return _known(connection, [wanted])[0]
            table = ledger_tables.people.c
            # Platforms show their ids without the prefix that keeps those of one apart from those of another.
            has_the_id = table.person.endswith(f"/{storable(wanted)}", autoescape=True)
            is_meant = or_(table.folded == _folded(wanted), has_the_id)
            ids = connection.scalars(select(table.person).where(is_meant).distinct())
            found = _known(connection, sorted(ids))
        if len(found) > 1:
            listed = "\n".join(f"  {known.shown}" for known in found[:SHOWN])
            more = f"\n  and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
            raise NotFound(f"{len(found)} people are called {wanted!r}. Name one by the id:\n{listed}{more}")
        return found[0] if found else Known(wanted)

    def knows(self, person: str) -> bool:
        """Whether anything in the store stands under an id."""
        with self._database.reading() as connection:
            return _wrote(connection, person)

    def alike(self, wanted: str) -> tuple[Known, ...]:
        """A few people of whose names a word is, or begins like, what somebody typed."""
        typed = _folded(wanted)
        if len(typed) < SHORTEST:
            return ()
        table = ledger_tables.people.c
        begins = or_(
            table.folded.startswith(typed, autoescape=True), table.folded.contains(f" {typed}", autoescape=True)
        )
        with self._database.reading() as connection:
            ids = connection.scalars(select(table.person).where(begins).distinct().order_by(table.person).limit(SHOWN))
            return tuple(_known(connection, list(ids)))


def names(connection: Connection, *, style: str | None) -> dict[str, list[str]]:
    """Everybody's names by id."""
    table = ledger_tables.people
    wanted: Select[Any] = select(table.c.person, table.c.name).order_by(table.c.person, table.c.folded)
    if style is not None:
        wanted = wanted.join(tables.sources, tables.sources.c.id == table.c.source_id)
        wanted = wanted.where(tables.sources.c.style == style)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for person, name in connection.execute(wanted):
        if name not in found[person]:
            found[person].append(name)
    return dict(found)


def _known(connection: Connection, ids: Sequence[str]) -> list[Known]:
    table, origin = ledger_tables.people, tables.sources
    wanted = select(table.c.person, table.c.name, origin.c.kind).join(origin, origin.c.id == table.c.source_id)
    rows = connection.execute(wanted.where(table.c.person.in_(ids)).order_by(table.c.folded)).all()
    return [
        Known(
            one,
            tuple(dict.fromkeys(row.name for row in rows if row.person == one)),
            tuple(dict.fromkeys(row.kind for row in rows if row.person == one)),
        )
        for one in ids
    ]


def _wrote(connection: Connection, person: str) -> bool:
    """Whether anything stands under the id."""
    asked = (
        (ledger_tables.people, ledger_tables.people.c.person == person),
        (tables.messages, tables.messages.c.author == person),
        (tables.feedback, tables.feedback.c.person == person),
        (
            tables.submissions,
            or_(tables.submissions.c.person == person, tables.submissions.c.reviewer == person),
        ),
        (tables.submission_messages, tables.submission_messages.c.author == person),
    )
    return any(
        connection.execute(select(1).select_from(table).where(is_theirs).limit(1)).first() for table, is_theirs in asked
    )


def _folded(name: str) -> str:
    return storable(" ".join(name.strip().removeprefix("@").casefold().split()))
