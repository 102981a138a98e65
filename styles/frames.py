"""Frames: classes of words that stand together in a text, and what that tells, by lists that people write."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise

from styles.disguises import folded

_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[.!?\n。！？]+")
_WORD = re.compile(r"[^\W_]+")
_ONLY_WORDS = bytes(code if chr(code).isalnum() else 32 for code in range(128)) + bytes(range(128, 256))
_WITHIN = 40  # words in which what is met adds up
_STEM = 5  # letters that stems have at least
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")

_COMMON = frozenset(
    {
        *(
            "a",
            "all",
            "and",
            "any",
            "are",
            "as",
            "at",
            "be",
            "been",
            "by",
            "do",
            "for",
            "from",
            "get",
            "go",
            "has",
            "have",
        ),
        *("how", "i", "if", "in", "is", "it", "its", "like", "make", "me", "my", "no", "not", "of", "on", "or", "our"),
        *(
            "out",
            "so",
            "some",
            "that",
            "the",
            "their",
            "them",
            "then",
            "there",
            "they",
            "this",
            "to",
            "up",
            "was",
            "we",
        ),
        *("were", "what", "when", "who", "will", "with", "you", "your"),
    }
)

Classes = frozenset[str]
_NO_CLASS: Classes = frozenset()
_BORDER: Classes = frozenset({"|"})


@dataclass(frozen=True, slots=True)
class Told:
    """How much a text tells, from 1 enough, of what kind, and the words that tell most."""

    weight: float
    kind: str
    words: str


NOTHING = Told(0.0, "", "")


def words_of(plain: str) -> list[bytes]:
    """The words of a folded text, to be looked up in sets of hints: this is done with every text that comes in."""
    if plain.isascii():
        return plain.encode().replace(b"'", b"").translate(_ONLY_WORDS).split()
    return [word.encode() for word in _words(plain)]


def _stem(word: bytes) -> bytes:
    return word.decode()[:_STEM].encode()


def _words(plain: str) -> list[str]:
    return _WORD.findall(plain.replace("'", ""))


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a word of certain classes, and what may not stand before and after it."""

    classes: Classes
    gap: int = 0  # words that may stand between this one and the one before
    without: Classes = _NO_CLASS  # none of which is in that gap
    not_after: Classes = _NO_CLASS
    not_before: Classes = _NO_CLASS


@dataclass(frozen=True, slots=True)
class Frame:
    """Words of certain classes that stand together, in this order or within so many words, and how much that tells."""

    who: str
    kind: str
    weight: float
    slots: tuple[Slot, ...]
    within: int = 0
    unless: Classes = _NO_CLASS  # a word of which stands near tells that it is meant otherwise

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
            sentence += of is _BORDER
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
        after = self.classes[place + 1] if place + 1 < len(self.classes) else _NO_CLASS
        return not (slot.not_before & after)

    def following(self, place: int, slot: Slot) -> int:
        """The next place that the slot fits; 0 where there is none."""
        for after in range(place + 1, min(place + 2 + slot.gap, len(self.classes))):
            of = self.classes[after]
            if slot.classes & of and self.fits(after, slot):
                return after
            if of is _BORDER or slot.without & of:
                return 0
        return 0


@dataclass(frozen=True, slots=True)
class _Phrase:
    words: tuple[str, ...]
    is_stem: bool  # whether its last word may have any ending
    classes: Classes

    def fits(self, tokens: Sequence[str]) -> bool:
        last = tokens[-1].startswith(self.words[-1]) if self.is_stem else tokens[-1] == self.words[-1]
        return last and tuple(tokens[:-1]) == self.words[:-1]


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """Which classes words and their stems belong to; stems and phrases by the first letters of their last word."""

    words: Mapping[str, Classes]
    stems: Mapping[str, Sequence[tuple[str, Classes]]]
    phrases: Mapping[tuple[str, str], Sequence[_Phrase]]
    inside: re.Pattern[str]
    hints: frozenset[bytes]
    pair_hints: frozenset[tuple[bytes, bytes]]
    stem_hints: frozenset[bytes]

    def hinted(self, words: Sequence[bytes]) -> bool:
        if self.hints.isdisjoint(words) and self.pair_hints.isdisjoint(pairwise(words)):
            return not self.stem_hints.isdisjoint([word[:_STEM] if word.isascii() else _stem(word) for word in words])
        return True


class Frames:
    """The classes and frames of a folder of lists: `frames.txt` says how the words of all others have to stand."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def are_hinted(self, words: Sequence[bytes]) -> bool:
        """Whether any word is worth a closer look: nearly all talk has none."""
        return _lexicon(self._folder).hinted(words)

    def read(self, text: str, who: str) -> Told:
        """What a folded text tells if it is said by one of those whom `frames.txt` names."""
        lexicon = _lexicon(self._folder)
        text = _spaced(text, lexicon.inside)
        if not lexicon.hinted(words_of(text)):
            return NOTHING
        spans = list(_TOKEN.finditer(text))
        line = _Line(_classes([match[0].replace("'", "") for match in spans], lexicon))
        met = [
            (*place, frame)
            for frame in _possible(self._folder, line)
            if frame.who in (who, "both")
            for place in frame.meets(line)
        ]
        return _heaviest(met, spans, text) if met else NOTHING


def _heaviest(met: list[tuple[int, int, Frame]], spans: Sequence[re.Match[str]], text: str) -> Told:
    met.sort(key=lambda hit: hit[0])
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
    return Told(best, kind, " ".join(text[spans[first].start() : spans[last].end()].split())[:160])


def _classes(tokens: Sequence[str], lexicon: _Lexicon) -> list[Classes]:
    found = [_of_word(token, lexicon) for token in tokens]
    plain = []
    for place, (before, token) in enumerate(pairwise(tokens), start=1):
        for phrase in (
            *lexicon.phrases.get((before, token), ()),
            *lexicon.phrases.get((before, token[:_STEM] + "*"), ()),
        ):
            start = place + 1 - len(phrase.words)
            if start >= 0 and phrase.fits(tokens[start : place + 1]):
                found[place] |= phrase.classes
                if "plain" in phrase.classes:
                    plain.append((start, place + 1))
    for start, end in plain:
        found[start:end] = [_NO_CLASS] * (end - start)
    return found


def _of_word(token: str, lexicon: _Lexicon) -> Classes:
    if not token[0].isalnum():
        return _BORDER
    found = lexicon.words.get(token, _NO_CLASS)
    for stem, classes in lexicon.stems.get(token[:_STEM], ()):
        if token.startswith(stem):
            found |= classes
    return found


def _spaced(text: str, inside: re.Pattern[str]) -> str:
    """A text with spaces round the words of the lexicon that its script does not set apart."""
    return inside.sub(r" \g<0> ", text) if not text.isascii() and _UNSPACED.search(text) else text


@cache
def _lexicon(folder: str) -> _Lexicon:
    entries = list(_entries(folder))
    unspaced = sorted(
        {word for _, word, _ in entries if _UNSPACED.fullmatch(word)}, key=lambda word: (-len(word), word)
    )
    inside = re.compile("|".join(map(re.escape, unspaced)))
    words: defaultdict[str, set[str]] = defaultdict(set)
    phrases: defaultdict[tuple[tuple[str, ...], bool], set[str]] = defaultdict(set)
    hints: set[tuple[str, ...]] = set()
    stem_hints: set[str] = set()
    for name, word, is_hint in entries:
        tokens = tuple(_words(_spaced(word, inside)))
        phrases[tokens, word.endswith("*")].add(name)
        if is_hint and word.endswith("*") and len(tokens) == 1:
            stem_hints.add(tokens[0])
        elif is_hint:
            hints.add(tokens)
    by_end: defaultdict[tuple[str, str], list[_Phrase]] = defaultdict(list)
    stems: defaultdict[str, list[tuple[str, Classes]]] = defaultdict(list)
    for (tokens, is_stem), names in phrases.items():
        if len(tokens) > 1:
            end = tokens[-1][:_STEM] + "*" if is_stem else tokens[-1]
            by_end[tokens[-2], end].append(_Phrase(tokens, is_stem, frozenset(names)))
        elif is_stem:
            stems[tokens[0][:_STEM]].append((tokens[0], frozenset(names)))
        else:
            words[tokens[0]] |= names
    return _Lexicon(
        {word: frozenset(names) for word, names in words.items()},
        stems,
        by_end,
        inside,
        frozenset(tokens[0].encode() for tokens in hints if len(tokens) == 1),
        frozenset(_telling(tokens) for tokens in hints if len(tokens) > 1),
        frozenset(_stem(stem.encode()) for stem in stem_hints),
    )


def _telling(phrase: Sequence[str]) -> tuple[bytes, bytes]:
    """The pair of words in a phrase that is the rarest in talk, as far as long words are rare."""
    pairs = reversed(list(pairwise(phrase)))
    first, second = max(pairs, key=lambda pair: sum(len(word) for word in pair if word not in _COMMON))
    return first.encode(), second.encode()


def _entries(folder: str) -> Iterator[tuple[str, str, bool]]:
    """Class, word and whether it is a hint."""
    lists = (path for path in files("styles").joinpath(folder).iterdir() if path.name.endswith(".txt"))
    for line in (line for path in lists if path.name != "frames.txt" for line in _lines(path)):
        of, _, words = line.partition(":")
        for word in words.split(","):
            for form in _forms(folded(word.strip())):
                yield of.lstrip("*"), form, of.startswith("*")


def _forms(word: str) -> Iterator[str]:
    if not word.endswith("~"):
        yield from filter(None, (word,))
        return
    base = word[:-1]
    yield base
    yield (
        base[:-1] + "ies"
        if re.search("[^aeiou]y$", base)
        else base + ("es" if re.search("(?:s|x|z|ch|sh)$", base) else "s")
    )
    if base.endswith("e"):
        stem = base[:-1]
    else:
        is_doubled = re.fullmatch("[^aeiou]*[aeiou][bdgklmnprt]", base)
        stem = base + base[-1] if is_doubled else base
    yield (base[:-1] + "ied") if re.search("[^aeiou]y$", base) else stem + "ed"
    yield stem + "ing"


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
    telling = {of for of, _, is_hint in _entries(folder) if is_hint}
    found: defaultdict[str, list[tuple[int, Frame]]] = defaultdict(list)
    for number, line in enumerate(_lines(files("styles").joinpath(folder, "frames.txt"))):
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
        unless = next((_either(part[1:]) for part in parts if part.startswith("-")), _NO_CLASS)
        return Frame(who, kind, float(weight), tuple(Slot(_either(name)) for name in names), within, unless)
    return Frame(who, kind, float(weight), tuple(_slots(told.split())))


def _slots(parts: Sequence[str]) -> Iterator[Slot]:
    gap, without, not_after = 0, _NO_CLASS, _NO_CLASS
    for place, part in enumerate(parts):
        following = parts[place + 1] if place + 1 < len(parts) else ""
        if part.startswith("~"):
            most, _, none = part[1:].partition("-")
            gap, without = int(most), _either(none)
        elif part.startswith("-"):
            not_after = _either(part[1:])
        elif not part.startswith("!"):
            not_before = _either(following[1:]) if following.startswith("!") else _NO_CLASS
            yield Slot(_either(part), gap, without, not_after, not_before)
            gap, without, not_after = 0, _NO_CLASS, _NO_CLASS


def _either(names: str) -> Classes:
    return frozenset(filter(None, names.split("|")))


def _lines(path: Traversable) -> Iterator[str]:
    for line in path.read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line
