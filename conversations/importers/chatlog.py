"""A chat log of any format made into conversations: who the brand is, who answers whom, and who is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from conversations.covered import Covered
from conversations.importers.drafts import merge
from conversations.importers.exchanges import Exchange
from conversations.importers.extent import Extent, Seen
from conversations.importers.importer import Outcome, Refused, Request, Skipped
from conversations.importers.speakers import expect_speakers
from conversations.importers.spool import Entry, Spool
from conversations.messages import Conversation, Message, conversation_id
from conversations.person import Person


@dataclass(frozen=True, slots=True)
class ChatLog:
    """What the entries of one import have in common; `platform` begins the ids of messages and conversations."""

    request: Request
    platform: str
    pair_alone: bool = True  # whether messages outside threads may belong together, by their time
    timed: bool = True  # false where times only say what came first
    one_sided: bool = False  # whether only the brand speaks in it, so that nothing is paired and nothing merged

    def read(self, entries: Iterable[Entry | Refused | Skipped | Person | Seen | Extent]) -> Iterator[Outcome]:
        """Everything that the entries hold. Raises `ImportRefused` where it cannot be said who the brand is."""
        with Spool() as spool:
            people: dict[str, Person] = {}
            extents: list[Extent] = []
            for entry in entries:
                match entry:
                    case Person():
                        yield from _met(entry, people)
                    case Entry():
                        yield from self._take(entry, spool)
                    case Seen():
                        spool.see(entry.channel, entry.id)
                    case Extent():
                        extents.append(entry)
                    case _:
                        yield entry
            brand = self._brand(spool, people)
            yield from self._covered(extents, spool)
            if self.one_sided:
                yield from (self._monologue(*found) for found in spool.monologues(gap=self.request.gap, brand=brand))
                return
            for found in spool.exchanges(gap=self.request.gap, brand=brand, pair_alone=self.pair_alone):
                yield found if isinstance(found, Skipped) else self._conversation(*found)

    def _take(self, entry: Entry, spool: Spool) -> Iterable[Skipped | Refused]:
        fault = time_fault(entry.said.sent_at, latest=self.request.latest)
        if not fault:
            return spool.add(entry)
        spool.see(entry.channel, entry.said.id)
        return [Refused(entry.said.place, fault)]

    def _covered(self, extents: Sequence[Extent], spool: Spool) -> Iterator[Covered]:
        newest: dict[str, datetime] = {}
        for extent in extents:
            if extent.newest:
                newest[extent.place] = max(newest.get(extent.place, extent.newest), extent.newest)
        for extent in extents:
            if extent.first and extent.last:
                yield Covered(
                    f"{self.platform}:{extent.place}",
                    extent.first,
                    extent.last if extent.whole else extent.first,
                    newest[extent.place],
                    partial(_held, spool, extent),
                )

    def _brand(self, spool: Spool, people: dict[str, Person]) -> frozenset[str]:
        counts = spool.writers()
        if not counts:  # the log itself says whose each message is, or there is none
            return frozenset()
        writers = {author: people.get(author) or Person(author) for author in counts}
        known = writers if self.one_sided else writers | people
        return expect_speakers(self.request.speakers, known, counts=counts, path=self.request.path)

    def _conversation(self, channel: str, exchange: Exchange) -> Conversation:
        return Conversation(
            id=conversation_id(self.platform, channel, exchange.key),
            messages=merge(tuple(self._messages(channel, exchange))),
            place=exchange.said[0].place,
        )

    def _monologue(self, channel: str, exchange: Exchange) -> Conversation:
        return Conversation(
            id=conversation_id(self.platform, channel, "one side", exchange.key),
            messages=tuple(self._messages(channel, exchange)),
            place=exchange.said[0].place,
        )

    def _messages(self, channel: str, exchange: Exchange) -> Iterator[Message]:
        for one in exchange.said:
            yield Message(
                role="assistant" if one.brand else "user",
                content=one.text,
                author=one.author or None,
                sent_at=one.sent_at if self.timed else None,
                id=f"{self.platform}:{channel}/{one.id}",
            )


def time_fault(sent_at: datetime, *, latest: datetime | None) -> str:
    """What is wrong with the time of a message, or nothing."""
    if latest is not None and sent_at > latest:
        return f"is dated in the future ({sent_at:%Y-%m-%d %H:%M}), so its time cannot be right"
    return ""


def _held(spool: Spool, extent: Extent, ids: Sequence[str]) -> set[str]:
    found = spool.holds(extent.channel, [f"{extent.inside}{identity}" for identity in ids])
    return {identity.removeprefix(extent.inside) for identity in found}


def _met(person: Person, people: dict[str, Person]) -> Iterator[Person]:
    """A person once for each new name; what is known of the person grows."""
    known = people.get(person.id)
    names = tuple(dict.fromkeys((*(known.names if known else ()), *person.names)))
    if known is None or names != known.names:
        people[person.id] = Person(person.id, names, bot=person.bot)
        yield people[person.id]
