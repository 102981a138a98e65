"""The store of messages that wait for their answer; each call is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from conversations import pending
from conversations.database import Database
from conversations.messages import Message
from conversations.pending import Arrival, Pending, Talk


class PendingStore:
    """Every accepted message waits here until its reply is delivered, whichever process gives it."""

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def accept(self, arrivals: Sequence[Arrival], *, limit: int) -> list[Talk | None]:
        """Keep messages, all at once: what was said up to each, or None where it was accepted before.

        Each waits for its answer from then on, and its owner is to give it.
        """
        with self._database.writing() as connection:
            now = self._now()
            return [pending.accept(connection, arrival, now=now, limit=limit) for arrival in arrivals]

    def talk(self, conversation: str, limit: int) -> Talk:
        """The last messages of the conversation, with what people quoted in them."""
        with self._database.reading() as connection:
            return pending.talk(connection, conversation, limit=limit)

    def listed(self, platform: str) -> list[Pending]:
        """The messages on the platform that wait for their answer, or for its delivery, oldest first."""
        with self._database.reading() as connection:
            return pending.listed(connection, platform)

    def ask_again(self, arrival: Arrival, *, conversation: str, replaces: str) -> bool:
        """Let an answered message wait for another reply, which replaces the old one once it is there.

        False when it waits for one already.
        """
        with self._database.writing() as connection:
            return pending.ask_again(connection, arrival, conversation=conversation, replaces=replaces, now=self._now())

    def take_over(self, left: Pending, *, owner: str, until: datetime) -> bool:
        """Answer in the stead of an owner that died; True for exactly one of all who try, over processes."""
        with self._database.writing() as connection:
            return pending.take_over(connection, left, owner=owner, until=until)

    def renew(self, owner: str, *, until: datetime) -> None:
        """The owner lives, and will answer what it accepted."""
        with self._database.writing() as connection:
            pending.renew(connection, owner, until=until)

    def finish(self, platform: str, message: str, *, owner: str, reply: Message) -> Message | None:
        """Store the reply to a waiting message; None when the owner is not to give it any more, or it is gone."""
        with self._database.writing() as connection:
            return pending.finish(connection, platform, message=message, owner=owner, reply=reply, now=self._now())

    def note(self, platform: str, message: str, *, shown: str) -> None:
        """Remember where the answer is being shown, for whoever has to go on with it."""
        with self._database.writing() as connection:
            pending.note(connection, platform, message=message, shown=shown)

    def end(self, platform: str, message: str, *, owner: str) -> None:
        """The message waits no longer: its reply was delivered, or its person knows that there is none."""
        with self._database.writing() as connection:
            pending.end(connection, platform, message=message, owner=owner)
