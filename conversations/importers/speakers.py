"""Whose messages are the brand's: named by a person, found among those who wrote, and never guessed."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

from conversations.errors import ImportRefused
from conversations.importers.records import printable
from conversations.person import Person

SHOWN_WRITERS = 6


def expect_speakers(
    wanted: Sequence[str], people: Mapping[str, Person], *, counts: Mapping[str, int], path: Path
) -> frozenset[str]:
    """The ids of those named; `counts` says how much each wrote, most first.

    Raises `ImportRefused`, with those who wrote most, where nobody is named or a name is nobody's.
    """
    if not wanted:
        raise ImportRefused(f"{path}: say whose messages are the brand's. {_most(counts, people)}")
    found, missing = find_speakers(wanted, people)
    if missing:
        raise ImportRefused(f"{path}: {_nobody(missing[0], people)} {_most(counts, people)}")
    return found


def find_speakers(wanted: Sequence[str], people: Mapping[str, Person]) -> tuple[frozenset[str], tuple[str, ...]]:
    """The ids of those named, and the names that nobody has. Raises `ImportRefused` where two accounts share one."""
    by_name: dict[str, dict[str, Person]] = {}
    for person in people.values():
        # Exports write an id without the name of its platform, so people know it so.
        for name in {person.id, person.id.rpartition("/")[2], *person.names}:
            by_name.setdefault(name.casefold(), {})[person.id] = person
    found: set[str] = set()
    missing = []
    for name in wanted:
        matches = by_name.get(_plain(name), {})
        if len(matches) > 1:
            shown = ", ".join(f"{printable(person.id)} ({person.shown})" for person in matches.values())
            raise ImportRefused(
                f"--speaker {name}: {len(matches)} accounts have that name: {shown}. Name one by its id."
            )
        if not matches:
            missing.append(name)
        found.update(matches)
    return frozenset(found), tuple(missing)


def nearest(name: str, people: Mapping[str, Person], *, count: int = 3) -> tuple[str, ...]:
    """The accounts whose names look most like one that nobody has, by the name that others see."""
    spelled = {known.casefold(): person.shown for person in people.values() for known in (*person.names, person.id)}
    holding = [known for known in spelled if _plain(name) in known]
    close = difflib.get_close_matches(_plain(name), list(spelled), n=2 * count, cutoff=0.5)
    return tuple(dict.fromkeys(spelled[known] for known in (*holding, *close)))[:count]


def _plain(name: str) -> str:
    return name.strip().removeprefix("@").casefold()


def _most(counts: Mapping[str, int], people: Mapping[str, Person]) -> str:
    writers = [(people[who], count) for who, count in counts.items()]
    shown = [f"{person.shown} ({count})" for person, count in writers if not person.bot][:SHOWN_WRITERS]
    names = ", ".join(shown) or ("bots only" if writers else "nobody")
    return f"Most was written by {names}. Name the brand's with --speaker NAME, once for each."


def _nobody(name: str, people: Mapping[str, Person]) -> str:
    close = " or ".join(nearest(name, people))
    return f"nobody is called {name!r}{f' (did you mean {close}?)' if close else ''}."
