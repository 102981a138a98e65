"""What was said in one channel, each message once and in its last wording."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from conversations.importers.drafts import UnfitError
from conversations.importers.extent import Extent
from conversations.importers.importer import Refused, Skipped
from conversations.importers.records import JsonObject
from conversations.importers.said import Said
from conversations.importers.slack.said import Deleted, Edited, stands_for


class Talk:
    """Collects one channel. Edits and deletions may stand anywhere, so they count once everything is read."""

    def __init__(self, extent: Extent, *, latest: datetime | None = None) -> None:
        self._extent = extent
        self._latest = latest
        self._there: set[str] = set()
        self._said: dict[str, Said] = {}
        self._edits: dict[str, Edited] = {}
        self._deletions: list[Deleted] = []

    def see(self, entry: JsonObject, found: Said | Edited | Deleted | Skipped | Refused) -> None:
        """Note that a message is there, whatever it says; a record that names none makes the extent unknown."""
        try:
            there = (found.id, found.sent_at) if isinstance(found, Said) else stands_for(entry)
        except UnfitError:
            self._extent.whole = False
            return
        if there:
            self._there.add(there[0])
            self._extent.reach(there[1], latest=self._latest)

    def holds(self, ids: Sequence[str]) -> set[str]:
        """Those of the ids that are there and were not deleted."""
        return self._there.intersection(ids) - {deletion.ts for deletion in self._deletions}

    def add(self, found: Said | Edited | Deleted | Skipped | Refused) -> Iterable[Skipped | Refused]:
        """Takes in what one record holds; returns what is to be reported of it at once."""
        match found:
            case Edited():
                earlier = self._edits.get(found.said.id)
                self._edits[found.said.id] = found
                return [_edit(earlier)] if earlier else []
            case Deleted():
                self._deletions.append(found)
                return [Skipped(found.place, "a deletion")]
            case Said():
                return self._add(found)
        return [found]

    def settle(self) -> Iterator[Skipped]:
        """Applies edits and deletions; returns what they leave out."""
        for ts, edit in self._edits.items():
            if ts in self._said:
                self._said[ts] = replace(self._said[ts], text=edit.said.text)
                yield _edit(edit)
            else:
                self._said[ts] = edit.said
        for deletion in self._deletions:
            if deleted := self._said.pop(deletion.ts, None):
                yield Skipped(deleted.place, "deleted by its author")

    def said(self) -> Iterable[Said]:
        return self._said.values()

    def _add(self, said: Said) -> Iterable[Skipped | Refused]:
        known = self._said.setdefault(said.id, said)
        if known is said:
            return []
        if (known.author, known.text) == (said.author, said.text):
            self._said[said.id] = replace(known, thread=known.thread or said.thread)
            return [Skipped(said.place, "the same message again")]
        return [Refused(said.place, f"has the same time as another message ({known.place}), and times are ids")]


def _edit(edit: Edited) -> Skipped:
    return Skipped(edit.place, "an edit, whose last wording is used")
