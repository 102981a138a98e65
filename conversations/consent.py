"""Who asked to be erased or not to be learned from: people by keyed hashes only, and channels by their names."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from conversations import tables
from conversations.database import insert_missing
from conversations.errors import StoreError
from conversations.ledger_tables import channel_opt_outs
from conversations.messages import Conversation, Submission
from conversations.tables import storable


@dataclass(frozen=True, slots=True)
class Marks:
    """Keyed hashes: enough to recognise a person or a conversation again, not enough to name one."""

    key: bytes
    found: frozenset[str] = frozenset()

    def of_person(self, person: str) -> str:
        return self._mark("person", person)

    def of_conversation(self, conversation: str) -> str:
        return self._mark("conversation", conversation)

    def of_purpose(self, purpose: str) -> str:
        return self._mark("purpose", purpose)

    def cover_author(self, conversation: Conversation) -> bool:
        """Whether somebody who wrote in the conversation is marked."""
        if not self.found:
            return False
        return any(
            self.of_person(author) in self.found for author in {m.author for m in conversation.messages if m.author}
        )

    def cover(self, conversation: Conversation) -> bool:
        """Whether the conversation, or somebody who wrote in it, is marked."""
        return bool(self.found) and (
            self.of_conversation(conversation.id) in self.found or self.cover_author(conversation)
        )

    def _mark(self, kind: str, name: str) -> str:
        text = f"{kind}\x1f{storable(name)}".encode()
        return hmac.new(self.key, text, hashlib.sha256).hexdigest()


def marks(connection: Connection) -> Marks:
    """What makes marks; it finds nobody."""
    stored = connection.scalar(select(tables.keys.c.value).where(tables.keys.c.name == "people"))
    assert stored is not None, "the first migration makes the key"
    return Marks(bytes.fromhex(stored))


def erased(connection: Connection) -> Marks:
    """The marks of erased people and conversations."""
    return replace(marks(connection), found=frozenset(connection.scalars(select(tables.tombstones.c.mark))))


def opted_out(connection: Connection) -> Marks:
    """The marks of people who do not want to be learned from."""
    return replace(marks(connection), found=frozenset(connection.scalars(select(tables.opt_outs.c.mark))))


def opt_out(connection: Connection, person: str, *, now: datetime) -> None:
    insert_missing(connection, tables.opt_outs, mark=marks(connection).of_person(person), since=now)


def opt_in(connection: Connection, person: str) -> None:
    mark = marks(connection).of_person(person)
    connection.execute(delete(tables.opt_outs).where(tables.opt_outs.c.mark == mark))


@dataclass(frozen=True, slots=True)
class Unwilling:
    """Whoever opted out: people by their marks, channels by id or name, and what such people handed in, by id."""

    people: Marks
    channels: frozenset[str] = frozenset()
    handed_in: frozenset[str] = frozenset()

    def author(self, conversation: Conversation) -> bool:
        """Whether somebody who wrote in the conversation, or handed it in, opted out."""
        return conversation.id in self.handed_in or self.people.cover_author(conversation)

    def channel(self, conversation: Conversation) -> bool:
        """Whether the conversation, or one of its messages, comes from a channel that opted out."""
        if not self.channels:
            return False
        places = (conversation.place, *(message.id or "" for message in conversation.messages))
        return any(self.channels & set(_PARTS.split(place.casefold())) for place in places)

    def cover(self, conversation: Conversation) -> bool:
        """Whether it must not be learned from."""
        return self.author(conversation) or self.channel(conversation)

    def person(self, submission: Submission) -> bool:
        """Whether the person who handed it in opted out."""
        return self.people.of_person(submission.person) in self.people.found

    def knowing(self, submissions: Iterable[Submission]) -> Unwilling:
        """The same, which also knows by its id what people who opted out handed in."""
        return replace(self, handed_in=frozenset(s.id for s in submissions if self.person(s)))


_PARTS = re.compile(r"[/:\[\]\\]+")  # of "slack:T1/C1/1.2" and "export.zip/general/2020-01-02.json[17]"


def unwilling(connection: Connection) -> Unwilling:
    return Unwilling(opted_out(connection), frozenset(connection.scalars(select(channel_opt_outs.c.channel))))


def channel_out(connection: Connection, channel: str, *, now: datetime) -> None:
    insert_missing(connection, channel_opt_outs, channel=_channel(channel), since=now)


def channel_in(connection: Connection, channel: str) -> None:
    connection.execute(delete(channel_opt_outs).where(channel_opt_outs.c.channel == _channel(channel)))


def has_channel(connection: Connection, channel: str) -> bool:
    """Whether anything that is kept comes from the channel."""
    plain = _channel(channel)
    asked = (tables.conversations.c.place, tables.messages.c.id)
    return any(
        plain in _PARTS.split((place or "").casefold())
        for column in asked
        for place in connection.scalars(select(column).where(func.lower(column).contains(plain, autoescape=True)))
    )


def _channel(channel: str) -> str:
    plain = storable(channel.strip().removeprefix("#").casefold())
    if not plain or _PARTS.search(plain):
        raise StoreError(f"{channel!r} is no channel. Write its name or its id alone: general, or C0123ABCD.")
    return plain
