"""What was said in one channel, each message once and in its last wording."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from conversations.importers.importer import Refused, Skipped
from conversations.importers.said import Said
from conversations.importers.slack.said import Deleted, Edited


class Talk:
    """Collects one channel. Edits and deletions may stand anywhere, so they count once everything is read."""

    def __init__(self) -> None:
        self._said: dict[str, Said] = {}
        self._edits: dict[str, Edited] = {}
        self._deletions: list[Deleted] = []

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
