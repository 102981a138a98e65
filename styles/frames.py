"""Frames: classes of words that stand together in a text, and what that tells, by lists that people write."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from styles.wordclasses import BORDER, NO_CLASS, Classes, classes_of, entries, lexicon_of, lines_of, spaced, words_of

_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*|(?:[.!?](?!['\"’”]?[^\W_]|['\"’”] \w)|[\n。！？])+")
_LEAST = -0.5  # that innocent words take away, for an attacker may add them
_WITHIN = 40  # words in which what is met adds up


@dataclass(frozen=True, slots=True)
class Told:
    """How much a text tells, from 1 enough, of what kind, and the words that tell most."""

    weight: float
    kind: str
    words: str


NOTHING = Told(0.0, "", "")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a word of certain classes, and what may not stand before and after it."""

    classes: Classes
    gap: int = 0  # words that may stand between this one and the one before
    without: Classes = NO_CLASS  # none of which is in that gap
    not_after: Classes = NO_CLASS
    not_before: Classes = NO_CLASS


@dataclass(frozen=True, slots=True)
class Frame:
    """Words of certain classes that stand together, in this order or within so many words, and how much that tells."""

    who: str
    kind: str
    weight: float
    slots: tuple[Slot, ...]
    within: int = 0
    unless: Classes = NO_CLASS  # a word of which stands near tells that it is meant otherwise

    def meets(self, line: _Line) -> Iterator[tuple[int, int]]:
        """First and last word of each place where they stand so."""
        for start in line.places(self.slots[0].classes):
            found = self._near(line, start) if self.within else self._ordered(line, start)
            if found:
                yield min(found), max(found)

    def _ordered(self, line: _Line, start: int) -> list[int]:
        found = [start] if line.fits(start, self.slots[0]) else []
        for slot in self.slots[1:]:
            if not found:
                break
            place = line.following(found[-1], slot)
            found = [*found, place] if place else []
        return found

    def _near(self, line: _Line, start: int) -> list[int]:
        if self.unless and line.near(self.unless, start, self.within):
            return []
        found = [start]
        for slot in self.slots[1:]:
            near = [place for place in line.near(slot.classes, start, self.within) if place not in found]
            if not near:
                return []
            found.append(min(near, key=lambda place: abs(place - start)))
        return found


class _Line:
    """The classes of the words of a text, one after the other."""

    def __init__(self, classes: Sequence[Classes]) -> None:
        self.classes = classes
        self.at: defaultdict[str, list[int]] = defaultdict(list)
        self.sentences = []
        sentence = 0
        for place, of in enumerate(classes):
            sentence += of is BORDER
            self.sentences.append(sentence)
            for name in of:
                self.at[name].append(place)

    def places(self, classes: Classes) -> list[int]:
        return sorted({place for name in classes if name in self.at for place in self.at[name]})

    def near(self, classes: Classes, place: int, within: int) -> list[int]:
        """The places of these classes that are near another in the same sentence."""
        return [
            other
            for other in self.places(classes)
            if abs(other - place) < within and self.sentences[other] == self.sentences[place]
        ]

    def fits(self, place: int, slot: Slot) -> bool:
        if slot.not_after and place and slot.not_after & self.classes[place - 1]:
            return False
        after = self.classes[place + 1] if place + 1 < len(self.classes) else NO_CLASS
        return not (slot.not_before & after)

    def following(self, place: int, slot: Slot) -> int:
        """The next place that the slot fits; 0 where there is none."""
        for after in range(place + 1, min(place + 2 + slot.gap, len(self.classes))):
            of = self.classes[after]
            if slot.classes & of and self.fits(after, slot):
                return after
            if of is BORDER or slot.without & of:
                return 0
        return 0


class Frames:
    """The classes and frames of a folder of lists: `frames.txt` says how the words of all others have to stand."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def are_hinted(self, words: Sequence[bytes]) -> bool:
        """Whether any word is worth a closer look: nearly all talk has none."""
        return lexicon_of(self._folder).hinted(words)

    def read(self, text: str, who: str) -> Told:
        """What a folded text tells if it is said by one of those whom `frames.txt` names."""
        lexicon = lexicon_of(self._folder)
        text = spaced(text, lexicon.inside)
        if not lexicon.hinted(words_of(text)):
            return NOTHING
        spans = list(_TOKEN.finditer(text))
        line = _Line(classes_of([match[0].replace("'", "") for match in spans], lexicon))
        met = [
            (*place, frame)
            for frame in _possible(self._folder, line)
            if frame.who in (who, "both")
            for place in frame.meets(line)
        ]
        return _heaviest(met, spans, text) if met else NOTHING


def _heaviest(met: list[tuple[int, int, Frame]], spans: Sequence[re.Match[str]], text: str) -> Told:
    against = sum({id(frame): frame.weight for *_, frame in met if frame.weight < 0}.values())
    met = sorted((hit for hit in met if hit[2].weight > 0), key=lambda hit: hit[0])
    if not met:
        return NOTHING
    best, chosen = 0.0, met[:1]
    for place, (start, _, _) in enumerate(met):
        near: dict[int, tuple[int, int, Frame]] = {}
        for hit in met[place:]:
            if hit[0] > start + _WITHIN:
                break
            near.setdefault(id(hit[2]), hit)
        weight = sum(hit[2].weight for hit in near.values())
        if weight > best + 1e-9:
            best, chosen = weight, list(near.values())
    first, last = min(hit[0] for hit in chosen), max(hit[1] for hit in chosen)
    kind = max(chosen, key=lambda hit: hit[2].weight)[2].kind
    return Told(
        best + max(against, _LEAST), kind, " ".join(text[spans[first].start() : spans[last].end()].split())[:160]
    )


def _possible(folder: str, line: _Line) -> Iterator[Frame]:
    """The frames of which each class is in the line."""
    seen: set[int] = set()
    for name in list(line.at):
        for number, frame in _frames(folder).get(name, ()):
            if number not in seen and all(not slot.classes.isdisjoint(line.at) for slot in frame.slots):
                seen.add(number)
                yield frame


@cache
def _frames(folder: str) -> Mapping[str, Sequence[tuple[int, Frame]]]:
    """Frames by the classes of that slot which talk fills least."""
    telling = {of for of, _, is_hint in entries(folder) if is_hint}
    found: defaultdict[str, list[tuple[int, Frame]]] = defaultdict(list)
    for number, line in enumerate(lines_of(files("styles").joinpath(folder, "frames.txt"))):
        frame = _frame(line)
        rarest = next((slot for slot in frame.slots if slot.classes <= telling), frame.slots[0])
        for name in rarest.classes:
            found[name].append((number, frame))
    return found


def _frame(line: str) -> Frame:
    head, _, told = line.partition(":")
    who, kind, weight = head.split()
    told = told.strip()
    if told.startswith("{"):
        parts = told.strip("{}").split()
        names = [part for part in parts if part[0].isalpha()]
        within = next(int(part) for part in parts if part.isdigit())
        unless = next((_either(part[1:]) for part in parts if part.startswith("-")), NO_CLASS)
        return Frame(who, kind, float(weight), tuple(Slot(_either(name)) for name in names), within, unless)
    return Frame(who, kind, float(weight), tuple(_slots(told.split())))


def _slots(parts: Sequence[str]) -> Iterator[Slot]:
    gap, without, not_after = 0, NO_CLASS, NO_CLASS
    for place, part in enumerate(parts):
        following = parts[place + 1] if place + 1 < len(parts) else ""
        if part.startswith("~"):
            most, _, none = part[1:].partition("-")
            gap, without = int(most), _either(none)
        elif part.startswith("-"):
            not_after = _either(part[1:])
        elif not part.startswith("!"):
            not_before = _either(following[1:]) if following.startswith("!") else NO_CLASS
            yield Slot(_either(part), gap, without, not_after, not_before)
            gap, without, not_after = 0, NO_CLASS, NO_CLASS


def _either(names: str) -> Classes:
    return frozenset(filter(None, names.split("|")))
