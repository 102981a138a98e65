"""The people that an export names, so that their names are found in what was said."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,}")  # kana, Han, Hangul
_JOINTS = frozenset(" .,-_'’\u00a0")
_SHORTEST = 4  # letters of a name that stands alone

# Names of roles, never of people.
_ROLE_WORDS = """
admin administrator agent anonymous assistant bot brand care chat client community concierge contact customer
deleted desk guest help helpdesk helpline hotline info kundendienst kundenservice manager member
moderator office official online orders owner person reception returns sales service servicio shop speaker staff
store support system team unknown user visitor webhook
"""
# Names that are also words of English, German, French or Spanish: they count only in a full name or after an @.
_NAME_WORDS = """
abbey amber angel april august austin autumn baker banks bell berg best bill bishop black blanc bliss bond
brook brooks brown buck buddy bush butler carol carter chance charity chase chelsea china chip church cliff
cook cooper crystal daisy dale dallas dawn dean destiny dick drew duke earl east emerald engel faith field
fields fisher florence flores ford forest fort fox frank freitag fuchs gene georgia ginger glen gold good
grace grand grant gray green grey gross guy hall happy harmony heath heather herbst hill holly home hope house
hunter india iris island israel jack jade jordan joy june junior kaiser king kitty klein knight koch kurz lake
lance lang lark leaf lily little london long lord love lucky lulu major mark marks mason may melody mercy
miles mill miller milo misty montag moon mora morning nice nick noel noir noon north olive page paris park
parker parks patience pearl penny petit piers poppy porter potter power powers price prince prudence quick
rain rainbow read reed reyes rich river rivers rock rocky rome rosa rose rowan ruby rusty sage sandy shade
sharp shore short silver skip skye small smart snow sommer song sonntag south spring star stark steel stein
sterling stone storm strong summer sunny swift sydney taylor temple tiger trinity turner vale vera victor
victoria violet virginia vogel walker wall ward wave weeks weiss wells west white wild will winter wise wolf
wood woods wren young
"""
_ROLES = frozenset(_ROLE_WORDS.split())
_WORDS = frozenset(_NAME_WORDS.split())


class NameFinder(Protocol):
    """Finds names of people in a text, and says who may be meant by one: keys of people, never empty."""

    def find(self, text: str) -> Iterable[tuple[int, int]]: ...

    def who(self, name: str) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class Roster:
    """Names to look for, indexed by their first word; `Roster.of` builds it."""

    by_first_word: Mapping[str, tuple[tuple[str, ...], ...]]
    mentioned: Mapping[str, frozenset[str]]  # words that count after an @, and whose they are
    unspaced: re.Pattern[str] | None
    owners: Mapping[tuple[str, ...], frozenset[str]]

    @classmethod
    def of(cls, names: Iterable[str], *, keep: Iterable[str] = ()) -> Roster:
        """Index names, handles and addresses, each of another person; see `of_people`."""
        return cls.of_people(((name, (name,)) for name in names), keep=keep)

    @classmethod
    def of_people(cls, people: Iterable[tuple[str, Iterable[str]]], *, keep: Iterable[str] = ()) -> Roster:
        """Index keys of people with their names; words of `keep` (the brand's own name) are never hidden."""
        kept = _ROLES | {word for text in keep for word in _words(text)}
        named = {(key, name.partition("@")[0] if "@" in name[1:] else name) for key, names in people for name in names}
        spelled = [
            (key, words) for key, name in sorted(named) if (words := _words(name)) and not _is_nobody(words, kept)
        ]
        owners: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
        mentioned: defaultdict[str, set[str]] = defaultdict(set)
        for key, words in spelled:
            for term in _terms(words, kept):
                owners[term].add(key)
            for word in words:
                if len(word) > 1 and word not in kept:
                    mentioned[word].add(key)
        index: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
        for term in sorted(sorted(owners), key=len, reverse=True):
            index[term[0]].append(term)
        dense = sorted({m for _, name in named for m in _UNSPACED.findall(name)}, key=len, reverse=True)
        return cls(
            {first: tuple(terms) for first, terms in index.items()},
            {word: frozenset(keys) for word, keys in mentioned.items()},
            re.compile("|".join(map(re.escape, dense))) if dense else None,
            {term: frozenset(keys) for term, keys in owners.items()},
        )

    def who(self, name: str) -> frozenset[str]:
        """Everybody whose name that can be."""
        words = _words(name)
        alone = self.mentioned.get(words[0]) if len(words) == 1 else None
        return self.owners.get(words) or alone or frozenset({name.casefold()})

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Where names stand, longest first at each place, only as whole words, whatever their case."""
        if self.unspaced:
            yield from (m.span() for m in self.unspaced.finditer(text))
        known = self.mentioned if "@" in text else {}
        if not known and self.by_first_word.keys().isdisjoint(_WORD.findall(text.casefold())):
            return
        words = [(m.group().casefold(), *m.span()) for m in _WORD.finditer(text)]
        taken = 0
        for place, (word, start, end) in enumerate(words):
            if start < taken:
                continue
            taken = self._end_at(words, place, text) or (end if word in known and text[start - 1 : start] == "@" else 0)
            if taken:
                yield start, taken

    def _end_at(self, words: list[tuple[str, int, int]], place: int, text: str) -> int:
        for term in self.by_first_word.get(words[place][0], ()):
            found = words[place : place + len(term)]
            if tuple(word for word, _, _ in found) == term and _are_joined(found, text):
                return found[-1][2]
        return 0


@dataclass(frozen=True, slots=True)
class Names:
    """A roster together with other finders, such as a model of a plugin that knows names when it sees them."""

    roster: Roster
    finders: tuple[Callable[[str], Iterable[tuple[int, int]]], ...] = ()

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """What the roster finds, and then what the others find. Raises `ValueError` for a place outside the text."""
        yield from self.roster.find(text)
        for finder in self.finders:
            for start, end in finder(text):
                if not 0 <= start < end <= len(text):
                    raise ValueError(f"a finder of names gave back {start} to {end} of {len(text)} characters")
                yield start, end

    def who(self, name: str) -> frozenset[str]:
        return self.roster.who(name)


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))


def _is_nobody(words: tuple[str, ...], kept: frozenset[str]) -> bool:
    return all(word in kept or word.isdigit() for word in words)


def _terms(words: tuple[str, ...], kept: frozenset[str]) -> Iterator[tuple[str, ...]]:
    if len(words) > 1 and sum(map(len, words)) >= _SHORTEST:
        yield words
    for word in words:
        if len(word) >= _SHORTEST and not word.isdigit() and word not in kept and word not in _WORDS:
            yield (word,)


def _are_joined(words: list[tuple[str, int, int]], text: str) -> bool:
    gaps = [text[end:start] for (_, _, end), (_, start, _) in pairwise(words)]
    return all(len(gap) <= 2 and _JOINTS.issuperset(gap) for gap in gaps)
