"""Drafts: examples in the making, and what curation steps do with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from conversations.messages import Message
from conversations.sieve import WORTHWHILE, Sieve
from conversations.sources import Source
from styles.examples import digest_of, is_target

EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Draft:
    """An example in the making. `source` is None where nobody said why the conversation may be learned from."""

    id: str
    conversation_id: str
    messages: tuple[Message, ...]
    place: str = ""
    source: Source | None = None
    reviewer: str | None = None
    redactions: Mapping[str, int] = field(default_factory=dict)
    known_since: datetime = EVER

    @property
    def content(self) -> str:
        """16 hex digits over what is said and learned; a reviewer's word holds for this content only."""
        return digest_of([(m.role, m.content, is_target(m)) for m in self.messages])

    def drop(self, reason: str, sentence: str) -> Dropped:
        """Leave this draft out: a reason to count by, and a sentence for people that quotes nothing private."""
        return Dropped("", reason, sentence, self.id, self.conversation_id, self.place)

    def quarantine(self, reason: str, sentence: str, *evidence: str) -> Dropped:
        """Keep this draft out until a reviewer has seen the evidence and let it go."""
        return replace(self.drop(reason, sentence), quarantined=True, evidence=evidence)

    def mute(self, turns: Iterable[int], *, reason: str, sentence: str) -> Draft | Dropped:
        """Keep these turns as context but do not learn them; a draft without a turn to learn is dropped."""
        muted = set(turns)
        messages = [
            replace(m, trainable=False) if i in muted and m.trainable else m for i, m in enumerate(self.messages)
        ]
        while messages and not is_target(messages[-1]):
            messages.pop()
        return replace(self, messages=tuple(messages)) if messages else self.drop(reason, sentence)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A draft that stays out: by which step, why, and where it came from; what is quarantined waits for a reviewer."""

    step: str
    reason: str
    sentence: str
    id: str
    conversation_id: str
    place: str
    quarantined: bool = False
    evidence: tuple[str, ...] = ()
    content: str = ""  # of a quarantined draft: what a release is bound to


Outcome = Draft | Dropped
Decide = Callable[[Sequence[Draft]], Sequence[Outcome]]


class CurationStep(Protocol):
    """A plain function of a batch with a name: for each draft it gives back a draft with its id, or `draft.drop(…)`.

    The batch is everything that is left, oldest conversations first. An exception stops curation. Make it by `each`
    or `survey` where that fits: then a million messages need not be in memory at once.
    """

    @property
    def name(self) -> str: ...

    def __call__(self, batch: Sequence[Draft], /) -> Sequence[Draft | Dropped]: ...


@dataclass(frozen=True, slots=True)
class Step:
    """A curation step made of a name and a function of the batch.

    A `local` one needs no other conversation than the one that it looks at, so it is given some at a time, by several
    processes at once.
    """

    name: str
    run: Decide
    local: bool = False

    def __call__(self, batch: Sequence[Draft], /) -> Sequence[Outcome]:
        return self.run(batch)


@dataclass(frozen=True, slots=True)
class Survey:
    """A curation step that first looks through everything, batch by batch, and then decides batch by batch, in order.

    What `study` keeps of the batches should be small; it may go through them more than once. It gives back `list`
    where it has nothing against anything.
    """

    name: str
    study: Callable[[Iterable[Sequence[Draft]]], Decide]

    def __call__(self, batch: Sequence[Draft], /) -> Sequence[Outcome]:
        return self.study([batch])(batch)


@dataclass(frozen=True, slots=True)
class _Each:
    decide: Callable[[Draft], Outcome]
    sieve: Sieve | None = None

    def __call__(self, batch: Sequence[Draft]) -> list[Outcome]:
        if self.sieve is None or len(batch) < WORTHWHILE:
            return [self.decide(draft) for draft in batch]
        return [
            self.decide(draft) if True in passed else draft
            for draft, passed in messages_through(batch, self.sieve.through)
        ]


def each(name: str, decide: Callable[[Draft], Outcome], *, sieve: Sieve | None = None) -> Step:
    """A curation step that looks at one draft at a time.

    With a sieve it looks at drafts of which a message holds one of the signs, and leaves all others as they are.
    """
    return Step(name, _Each(decide, sieve), local=True)


def messages_through(
    batch: Sequence[Draft], through: Callable[[Sequence[str]], Sequence[bool]]
) -> Iterator[tuple[Draft, Sequence[bool]]]:
    """Each draft with what a sieve says of its messages."""
    passed = through([message.content for draft in batch for message in draft.messages])
    place = 0
    for draft in batch:
        end = place + len(draft.messages)
        yield draft, passed[place:end]
        place = end


def draft_row(draft: Draft) -> list[Any]:
    """A draft as plain values and times, for a file."""
    return [
        draft.id,
        draft.conversation_id,
        draft.place,
        draft.source.id if draft.source else None,
        draft.reviewer,
        dict(draft.redactions),
        draft.known_since,
        [(m.role, m.content, m.author, m.sent_at, m.id, m.voice, m.trainable) for m in draft.messages],
    ]


def draft_of(row: Sequence[Any], sources: Mapping[str, Source]) -> Draft:
    """The draft that `draft_row` took apart; times are in the words of ISO 8601 by now."""
    name, conversation, place, source, reviewer, redactions, since, messages = row
    said = tuple(
        Message(role, content, author, sent and datetime.fromisoformat(sent), number, voice, trainable)
        for role, content, author, sent, number, voice, trainable in messages
    )
    known = sources[source] if source is not None else None
    return Draft(name, conversation, said, place, known, reviewer, redactions, datetime.fromisoformat(since))
