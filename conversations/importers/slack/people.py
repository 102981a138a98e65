"""Who writes in a Slack export, under which names, and who of them is the brand."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from conversations.errors import ImportRefused
from conversations.importers.records import JsonObject
from conversations.person import Person

SLACKBOT = "USLACKBOT"
_NAME_KEYS = ("display_name", "name", "real_name", "display_name_normalized", "real_name_normalized")


@dataclass(frozen=True, slots=True)
class Directory:
    """The accounts by id, and the channels: `channel_ids` by the name of their folder, `channel_names` by id."""

    people: Mapping[str, Person] = field(default_factory=dict)
    channel_ids: Mapping[str, str] = field(default_factory=dict)
    channel_names: Mapping[str, str] = field(default_factory=dict)

    def is_bot(self, user: str) -> bool:
        return user == SLACKBOT or (user in self.people and self.people[user].bot)

    def knowing(self, people: Iterable[Person]) -> Directory:
        """The same, with accounts that no list holds: people of other workspaces, deleted ones, bots."""
        return replace(self, people={**{person.id: person for person in people}, **self.people})


def read_person(entry: JsonObject) -> Person | None:
    """One account of `users.json`, or None where it has no id."""
    user = entry.get("id")
    if not isinstance(user, str) or not user:
        return None
    return Person(user, names_of(_profile(entry), entry), bot=entry.get("is_bot") is True or user == SLACKBOT)


def names_of(*entries: JsonObject) -> tuple[str, ...]:
    """Every name in these objects once, those that people see first."""
    found = (entry.get(key) for key in _NAME_KEYS for entry in entries)
    return tuple(dict.fromkeys(name.strip() for name in found if isinstance(name, str) and name.strip()))


def _profile(entry: JsonObject) -> JsonObject:
    profile = entry.get("profile")
    return profile if isinstance(profile, dict) else {}


def find_speakers(wanted: Sequence[str], people: Mapping[str, Person]) -> tuple[frozenset[str], tuple[str, ...]]:
    """The ids of those named, and the names that nobody has. Raises `ImportRefused` where two accounts share one."""
    by_name: dict[str, dict[str, Person]] = {}
    for person in people.values():
        for name in (person.id, *person.names):
            by_name.setdefault(name.casefold(), {})[person.id] = person
    found: set[str] = set()
    missing = []
    for name in wanted:
        matches = by_name.get(_plain(name), {})
        if len(matches) > 1:
            shown = ", ".join(f"{person.id} ({person.shown})" for person in matches.values())
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
