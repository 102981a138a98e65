"""Word classes: which classes the words and phrases of a text belong to, by lists that people write."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise

from styles.disguises import folded

_WORD = re.compile(r"[^\W_]+")
_ONLY_WORDS = bytes(code if chr(code).isalnum() else 32 for code in range(128)) + bytes(range(128, 256))
_STEM = 5  # letters that stems have at least
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")

_COMMON = frozenset(
    """
    a all and any are as at be been by do for from get go has have how i if in is it its like make me my
    no not of on or our out so some that the their them then there they this to up was we were what when
    who will with you your
    """.split()  # noqa: SIM905
)

Classes = frozenset[str]
NO_CLASS: Classes = frozenset()
BORDER: Classes = frozenset({"|"})


def words_of(plain: str) -> list[bytes]:
    """The words of a folded text, to be looked up in sets of hints: this is done with every text that comes in."""
    if plain.isascii():
        return plain.encode().replace(b"'", b"").translate(_ONLY_WORDS).split()
    return [word.encode() for word in _words(plain)]


def _words(plain: str) -> list[str]:
    return _WORD.findall(plain.replace("'", ""))


@dataclass(frozen=True, slots=True)
class _Phrase:
    words: tuple[str, ...]
    is_stem: bool  # whether its last word may have any ending
    classes: Classes

    def fits(self, tokens: Sequence[str]) -> bool:
        last = tokens[-1].startswith(self.words[-1]) if self.is_stem else tokens[-1] == self.words[-1]
        return last and tuple(tokens[:-1]) == self.words[:-1]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Which classes words and their stems belong to; stems and phrases by the first letters of their last word."""

    words: Mapping[str, Classes]
    stems: Mapping[str, Sequence[tuple[str, Classes]]]
    phrases: Mapping[str, Mapping[str, Sequence[_Phrase]]]  # by their last word but one, then by the last
    inside: re.Pattern[str]
    hints: frozenset[bytes]
    pair_hints: Mapping[tuple[bytes, bytes], Sequence[bytes]]  # phrases by a pair of their words
    stem_hints: frozenset[bytes]
    pairs: frozenset[tuple[bytes, bytes]]

    def hinted(self, words: Sequence[bytes]) -> bool:
        """Whether any of the words, stems and phrases that are hints is there."""
        if not self.hints.isdisjoint(words):
            return True
        if not self.pairs.isdisjoint(pairwise(words)) and self._has_phrase(words):
            return True
        return not self.stem_hints.isdisjoint([word[:_STEM] for word in words])

    def _has_phrase(self, words: Sequence[bytes]) -> bool:
        text = b" %b " % b" ".join(words)
        return any(phrase in text for pair in pairwise(words) for phrase in self.pair_hints.get(pair, ()))


def classes_of(tokens: Sequence[str], lexicon: Lexicon) -> list[Classes]:
    """The classes of each word; a phrase adds its own to its last word, and a plain one takes them from all of its."""
    found = [_of_word(token, lexicon) for token in tokens]
    plain = []
    for place, (before, token) in enumerate(pairwise(tokens), start=1):
        if not (ends := lexicon.phrases.get(before)):
            continue
        for phrase in (*ends.get(token, ()), *ends.get(token[:_STEM] + "*", ())):
            start = place + 1 - len(phrase.words)
            if start >= 0 and phrase.fits(tokens[start : place + 1]):
                found[place] |= phrase.classes
                if "plain" in phrase.classes:
                    plain.append((start, place + 1))
    for start, end in plain:
        found[start:end] = [NO_CLASS] * (end - start)
    return found


def _of_word(token: str, lexicon: Lexicon) -> Classes:
    if not token[0].isalnum():
        return BORDER
    found = lexicon.words.get(token, NO_CLASS)
    for stem, classes in lexicon.stems.get(token[:_STEM], ()):
        if token.startswith(stem):
            found |= classes
    return found


def spaced(text: str, inside: re.Pattern[str]) -> str:
    """A text with spaces round the words of the lexicon that its script does not set apart."""
    return inside.sub(r" \g<0> ", text) if not text.isascii() and _UNSPACED.search(text) else text


@cache
def lexicon_of(folder: str) -> Lexicon:
    read = list(entries(folder))
    unspaced = sorted({word for _, word, _ in read if _UNSPACED.fullmatch(word)}, key=lambda word: (-len(word), word))
    inside = re.compile("|".join(map(re.escape, unspaced)))
    words: defaultdict[str, set[str]] = defaultdict(set)
    phrases: defaultdict[tuple[tuple[str, ...], bool], set[str]] = defaultdict(set)
    hints: set[tuple[str, ...]] = set()
    stem_hints: set[str] = set()
    for name, word, is_hint in read:
        tokens = tuple(_words(spaced(word, inside)))
        phrases[tokens, word.endswith("*")].add(name)
        if is_hint and word.endswith("*") and len(tokens) == 1:
            stem_hints.add(tokens[0])
        elif is_hint:
            hints.add(tokens)
    by_end: defaultdict[str, defaultdict[str, list[_Phrase]]] = defaultdict(lambda: defaultdict(list))
    stems: defaultdict[str, list[tuple[str, Classes]]] = defaultdict(list)
    for (tokens, is_stem), names in phrases.items():
        if len(tokens) > 1:
            end = tokens[-1][:_STEM] + "*" if is_stem else tokens[-1]
            by_end[tokens[-2]][end].append(_Phrase(tokens, is_stem, frozenset(names)))
        elif is_stem:
            stems[tokens[0][:_STEM]].append((tokens[0], frozenset(names)))
        else:
            words[tokens[0]] |= names
    pair_hints = _by_pair(tokens for tokens in hints if len(tokens) > 1)
    return Lexicon(
        {word: frozenset(names) for word, names in words.items()},
        stems,
        by_end,
        inside,
        frozenset(tokens[0].encode() for tokens in hints if len(tokens) == 1),
        pair_hints,
        frozenset(stem.encode()[:_STEM] for stem in stem_hints),
        frozenset(pair_hints),
    )


def _by_pair(phrases: Iterable[tuple[str, ...]]) -> Mapping[tuple[bytes, bytes], Sequence[bytes]]:
    found: defaultdict[tuple[bytes, bytes], list[bytes]] = defaultdict(list)
    for phrase in phrases:
        found[_telling(phrase)].append(f" {' '.join(phrase)}".encode())
    return dict(found)


def _telling(phrase: Sequence[str]) -> tuple[bytes, bytes]:
    """The pair of words in a phrase that is the rarest in talk, as far as long words are rare."""
    pairs = reversed(list(pairwise(phrase)))
    first, second = max(pairs, key=lambda pair: sum(len(word) for word in pair if word not in _COMMON))
    return first.encode(), second.encode()


def entries(folder: str) -> Iterator[tuple[str, str, bool]]:
    """Class, word and whether it is a hint."""
    lists = (path for path in files("styles").joinpath(folder).iterdir() if path.name.endswith(".txt"))
    for line in (line for path in lists if path.name != "frames.txt" for line in lines_of(path)):
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


def lines_of(path: Traversable) -> Iterator[str]:
    for line in path.read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line
