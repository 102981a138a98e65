"""Messages as a file holds them, made into a conversation that something can be learned from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from conversations.importers.importer import Outcome, Refused, Request, Skipped
from conversations.importers.records import JsonObject, Record, kind, read_head, read_records, short
from conversations.messages import Conversation, Message, content_id
from conversations.preferences import as_conversations


class UnfitError(ValueError):
    """A record that cannot become a conversation; the text says why."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a record says, before it is known whether somebody asks and somebody answers."""

    messages: tuple[Message, ...]
    left_out: tuple[str, ...] = ()  # reasons, one per kind of thing
    rejected: str = ""  # an answer that is not wanted, in the stead of the last one


@dataclass(frozen=True, slots=True)
class RecordImporter:
    """An importer for formats with one conversation per JSON object: `fits` knows the shape, `draft` reads it."""

    name: str
    shape: str
    fits: Callable[[JsonObject], bool]
    draft: Callable[[JsonObject], Draft]  # raises UnfitError
    needs_speakers: bool = False

    def recognises(self, path: Path) -> bool:
        return any(isinstance(record, Record) and self.fits(record.value) for record in read_head(path))

    def read(self, request: Request) -> Iterator[Outcome]:
        for record in read_records(request.path, shown=request.shown, limits=request.limits):
            if isinstance(record, Refused):
                yield record
            else:
                yield from self._outcomes(record)

    def _outcomes(self, record: Record) -> tuple[Outcome, ...]:
        if not self.fits(record.value):
            reason = f"holds {keys(record.value)}, and this import reads {self.name}: {self.shape}"
            return (Refused(record.place, reason),)
        try:
            return finish(self.draft(record.value), place=record.place)
        except UnfitError as fault:
            return (Refused(record.place, str(fault)),)


def finish(draft: Draft, *, place: str) -> tuple[Outcome, ...]:
    """The conversation, after what was left out of it. Raises `UnfitError` where nobody asks or nobody answers."""
    system, talk = _system_first(draft.messages)
    trimmed = trim(talk)
    if not trimmed:
        raise UnfitError("holds no user message that an assistant message answers")
    left_out = list(draft.left_out)
    if talk[0].role == "assistant":
        left_out.append("assistant messages before the first user message")
    if talk[-1].role == "user":
        left_out.append("user messages after the last answer")
    messages = (*merge(system), *merge(trimmed))
    told = tuple(Skipped(place, reason) for reason in left_out)
    if draft.rejected:
        return (*told, *_pair(messages, draft.rejected, place=place))
    return (*told, Conversation(id=content_id(messages), messages=messages, place=place))


def _pair(messages: tuple[Message, ...], rejected: str, *, place: str) -> tuple[Conversation, ...]:
    """The conversation with the answer that is wanted, and beside it the one with the other, never learned from."""
    *prompt, answer = messages
    if answer.content == rejected:
        raise UnfitError("prefers an answer to itself: both are the same")
    return as_conversations(tuple(prompt), answer, rejected=rejected, place=place)


def _system_first(messages: Sequence[Message]) -> tuple[Sequence[Message], Sequence[Message]]:
    count = next((i for i, message in enumerate(messages) if message.role != "system"), len(messages))
    if any(message.role == "system" for message in messages[count:]):
        raise UnfitError("holds a system message in the middle")
    return messages[:count], messages[count:]


def trim(talk: Sequence[Message]) -> Sequence[Message]:
    """From the first user message to the last assistant message; nothing where that is no turn."""
    asked = [i for i, message in enumerate(talk) if message.role == "user"]
    answered = [i for i, message in enumerate(talk) if message.role == "assistant"]
    return talk[asked[0] : answered[-1] + 1] if asked and answered and asked[0] < answered[-1] else ()


def merge(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Consecutive messages of one author as one, a line each.

    Two authors stay two messages even on one side, so that each can be found and erased; and so do a part that may
    be learned and one that may not.
    """
    merged: list[Message] = []
    for message in messages:
        last = merged[-1] if merged else None
        if last and (last.role, last.author, last.trainable) == (message.role, message.author, message.trainable):
            merged[-1] = replace(last, content=f"{last.content}\n{message.content}")
        else:
            merged.append(message)
    return tuple(merged)


def words(value: object, *, what: str) -> str:
    """A text that can be stored anywhere, without the white space around it. Raises `UnfitError`."""
    if not isinstance(value, str):
        raise UnfitError(f"{what} is {kind(value)}, not text")
    if "\0" in value:
        raise UnfitError(f"{what} holds a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError as fault:
        raise UnfitError(f"{what} holds half of a character (a lone surrogate)") from fault
    return value.strip()


def some_words(value: object, *, what: str) -> str:
    """Like `words`, and at least one. Raises `UnfitError`."""
    text = words(value, what=what)
    if not text:
        raise UnfitError(f"{what} is empty")
    return text


def keys(value: JsonObject) -> str:
    """The keys of a record, for people."""
    shown = ", ".join(short(key) for key in list(value)[:6])
    return f"the keys {shown}{' …' if len(value) > 6 else ''}" if value else "no keys"
