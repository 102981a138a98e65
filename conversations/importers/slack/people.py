"""Who writes in a Slack export, under which names, and who of them is the brand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

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
