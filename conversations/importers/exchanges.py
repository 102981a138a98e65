"""Which messages of a channel belong together as one conversation, and which are left out.

A thread is a conversation. Outside threads, an answer of the brand is paired only with whom it can be meant for: the
one person who has spoken since the brand's last message, or the one whom the answer begins by naming. Where several
have spoken and the answer names none of them, nothing is taken: a wrong pair teaches more harm than a missing one.
Answers to the same person in a row make one conversation, and a silence longer than the gap ends it. So a direct
message is cut by silences alone, and a busy channel yields only what is clear.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from itertools import dropwhile, groupby, takewhile

from conversations.importers.importer import Skipped
from conversations.importers.said import Said

UNANSWERED = "not answered by the brand"
UNASKED = "written by the brand, and nobody had asked"
AMBIGUOUS = "several people had spoken, and the brand's answer names none of them"
ELSEWHERE = "meant for somebody else"

LONGEST = 2000  # messages of one conversation; a longer talk is cut, so that it fits in memory


@dataclass(frozen=True, slots=True)
class Exchange:
    """Messages that belong together, in order; `key` is the id of the message that names them."""

    key: str
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class _Turn:
    """What was said since the brand's last message, and its answer."""

    before: tuple[Said, ...]
    answer: tuple[Said, ...]


def find_exchanges(said: Iterable[Said], *, gap: timedelta, brand: AbstractSet[str]) -> Iterator[Exchange | Skipped]:
    """Every message given comes out once: in an exchange or skipped. Messages may come in any order."""
    ordered = sorted(said, key=lambda one: one.sent_at)
    roots = {one.thread for one in ordered if one.thread not in (None, one.id)}
    threads: dict[str, list[Said]] = {}
    alone: list[Said] = []
    for one in ordered:
        root = one.thread or one.id
        if root in roots:
            threads.setdefault(root, []).append(one)
        else:
            alone.append(one)
    for root, messages in threads.items():
        yield from in_thread(root, messages)
    for session in sessions(alone, gap=gap):
        yield from in_session(session, brand=brand)


def in_thread(key: str, messages: Sequence[Said]) -> Iterator[Exchange | Skipped]:
    """From the first question to the brand's last answer."""
    asked = [i for i, one in enumerate(messages) if not one.brand]
    answered = [i for i, one in enumerate(messages) if one.brand]
    first, end = (asked[0], answered[-1] + 1) if asked and answered and asked[0] < answered[-1] else (0, 0)
    if end:
        yield Exchange(key, tuple(messages[first:end]))
    for one in (*messages[:first], *messages[end:]):
        yield Skipped(one.place, UNASKED if one.brand else UNANSWERED)


def sessions(messages: Iterable[Said], *, gap: timedelta) -> Iterator[list[Said]]:
    """Messages in order of time, cut where there is a silence longer than the gap, or after `LONGEST` messages."""
    session: list[Said] = []
    for one in messages:
        if session and (one.sent_at - session[-1].sent_at > gap or len(session) == LONGEST):
            yield session
            session = []
        session.append(one)
    if session:
        yield session


def in_session(session: Sequence[Said], *, brand: AbstractSet[str]) -> Iterator[Exchange | Skipped]:
    """Pairs each answer of the brand with whom alone it can be meant for."""
    exchange: list[Said] = []
    person = None
    for turn in _turns(session):
        asker, why = _asker(turn, brand=brand)
        if exchange and (asker is None or asker != person):
            yield Exchange(exchange[0].id, tuple(exchange))
            exchange = []
        person = asker
        exchange += _theirs(turn, asker)
        yield from _left_out(turn, asker, why)
    if exchange:
        yield Exchange(exchange[0].id, tuple(exchange))


def _theirs(turn: _Turn, asker: str | None) -> list[Said]:
    """What the asker said, and the answer up to where the brand turns to somebody else."""
    if asker is None:
        return []
    return [*(one for one in turn.before if one.author == asker), *takewhile(_meant_for(asker), turn.answer)]


def _left_out(turn: _Turn, asker: str | None, why: str) -> Iterator[Skipped]:
    if asker is None:
        yield from (Skipped(one.place, why) for one in (*turn.before, *turn.answer))
        return
    yield from (Skipped(one.place, UNANSWERED) for one in turn.before if one.author != asker)
    yield from (Skipped(one.place, ELSEWHERE) for one in dropwhile(_meant_for(asker), turn.answer))


def _meant_for(asker: str) -> Callable[[Said], bool]:
    return lambda one: one.to in (None, asker)


def _turns(session: Sequence[Said]) -> Iterator[_Turn]:
    """The session cut behind each answer of the brand; the last turn may lack one, the first may lack a question."""
    before: tuple[Said, ...] = ()
    for is_brand, group in groupby(session, key=lambda one: one.brand):
        if is_brand:
            yield _Turn(before, tuple(group))
            before = ()
        else:
            before = tuple(group)
    if before:
        yield _Turn(before, ())


def _asker(turn: _Turn, *, brand: AbstractSet[str]) -> tuple[str | None, str]:
    """Whom the brand answers; or None, and why nobody."""
    if not turn.answer:
        return None, UNANSWERED
    if not turn.before:
        return None, UNASKED
    people = {one.author for one in turn.before}
    named = turn.answer[0].to
    if named is not None:
        return (named, "") if named in people else (None, ELSEWHERE)
    if len(people) > 1:
        return None, AMBIGUOUS
    person, asked_of = turn.before[-1].author, turn.before[-1].to
    return (None, ELSEWHERE) if asked_of not in (None, person, *brand) else (person, "")
