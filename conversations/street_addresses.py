"""Street addresses: a house number beside what is called a street, announced as an address or followed by a postcode.

A text without a digit holds none, but where it says so: "Via Roma snc".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from conversations import street_words as words
from conversations.postal_marks import BOXED, HOUSE_NAME, MAY_BE_A_CODE, find_boxes
from conversations.secrets import holds_any
from conversations.sieve import Sieve, any_of
from conversations.street_reader import StreetReader

_AHEAD = frozenset((
    *words.ROADS, *words.PLACES, *(f"{kind}s" for kind in words.ROADS + words.PLACES), *words.FRENCH,
    *words.FRENCH_PLACES, *(kind for kind in words.KINDS_FIRST if len(kind) > 2), *words.ALONE,
))  # fmt: skip
_BEHIND = frozenset((
    *words.KINDS_FIRST, *words.CUES, "zum", "zur", "auf", "dem",
    "den", "der", "unter", "hinter", "vor", "beim", "achter", "het", "aan", "bij", "onder", "p", "l", "b", "zza",
))  # fmt: skip
_LETTERS = re.compile(r"[^\W\d_]+")
_ENDINGS = frozenset((*words.ENDINGS, *words.SHORT_ENDINGS))
_LENGTHS = tuple(sorted({len(ending) for ending in _ENDINGS}))
_WINDOW = 110  # letters on either side of a number
_NUMBER = re.compile(  # neither a part of another one, nor of a list; begins with a digit, which is found at once
    r"[0-9](?:(?<![\w.,$€£#:+*=/-].)|(?<=str\..))(?:(?<!\n.)|(?![0-9]?[.)] ))"
    r"(?:(?<!\(.)|(?![0-9]*\)))[0-9]{0,4}(?:bis|ter|[a-zA-Z])?"
    rf"(?![\w%€$:]|[.,]\d| \d{{4}} ?\d| (?i:{'|'.join(words.COUNTED)})\b)"
)
_ASKED = frozenset((
    "street", "straat", "gata", "gate", "gade", "vej", "katu", "morada", "logradouro", "house", "bill", "sede", "add",
    "addr", "adr",
))  # fmt: skip
_FIRST = "|".join(map(re.escape, sorted(kind for kind in words.KINDS_FIRST if len(kind) > 2)))
_UNNUMBERED = re.compile(  # "Via Roma snc", "Calle Mayor, s/n", and "nº12", which is no number of its own
    rf"(?i)(?<!\w)(?:{_FIRST})\.?(?: [^\W\d_][\w'’.-]{{0,24}}){{1,5}},? ?"
    r"(?:s\.? ?n\.? ?c\b\.?|s/n[°º]?(?!\w)|s\.n\.|n[oº°]\.? ?\d{1,4}\b)"
)
_AFTER_A_LETTER = re.compile(r"[0-9](?:(?<=[A-Z].)|(?<=[A-Z][/-].))")
_LETTERED = re.compile(  # Wisconsin: "N6241 Lakeview Drive"; India: "B-204, Gandhi Nagar"
    r"(?<![\w-])(?:[NSEW]\d{3,5}(?:[ -]?[NSEW]\d{3,5})? (?:[A-Z][\w'’.-]{1,20} ){1,3}"
    r"(?i:road|rd|street|st|drive|dr|lane|ln|avenue|ave|court|ct|trail|trl|circle|cir|way|highway|hwy)(?!\w)"
    r"|[A-Z]{1,2}[-/]\d{1,4}[A-Z]?(?:/\d{1,3})?,? (?:[A-Z][\w'’.-]{1,20},? ){1,3}"
    r"(?:(?i:road|rd|street|st|lane|marg|nagar|vihar|enclave|colony|kunj|puram|society|residency|apartments?|"
    r"gali|layout)"
    r"(?!\w)|(?:Sector|Phase|Block)[ -]\w{1,3}))"
)
_GLUED = re.compile(r" n[o°]\.?[0-9]")
_IS_ODD = re.compile(  # after a letter, after the sign for a number, or a British postcode
    r"[0-9](?:(?<=[A-Z].)|(?<=[A-Z][/-].)|(?<= n[o°].)|(?<= n[o°]\..)|[A-Za-z]? ?[0-9][A-Za-z]{2}(?!\w))"
)
_GRIDDED = frozenset(
    ("calle", "carrera", "cra", "cl", "cll", "kr", "kra", "transversal", "diagonal", "km", "pk", "lote", "lt", "quadra")
)
_GRID = re.compile(  # Colombia: "Calle 85 # 12-10"; roads by the kilometre
    r"(?i)(?<!\w)(?:(?:calle|carrera|cra|cll?|kra?|transversal|diagonal|avenida)\.? "
    r"\d{1,3} ?[a-z]?(?: bis)? ?(?:#|no\.?|n°) ?\d{1,3} ?[a-z]? ?- ?\d{1,3}"
    r"|(?:strada (?:statale|provinciale|regionale)|ss|sp|s\.[sp]\.|carretera|ctra\.?|rodovia|rod\.?|n-|"
    r"route nationale)[ .]?[\w-]{1,8},? (?:km|pk)\.? ?\d{1,4}"
    r"|(?:quadra|qd\.?) \d{1,3},? (?:lote|lt\.?|bloco|casa) \d{1,3}"
    r"|manzana \w{1,3},? lote \d{1,3}|[A-Z]\d{1,2}, \d{1,2}(?=, \d{5} ))"
)
_EASTERN = re.compile(
    r"(?:〒?\d{3}-\d{4} ?)?[\u3040-\u30ff\u4e00-\u9fff]{1,12}[都道府県市区町村郡][\u3040-\u30ff\u4e00-\u9fff]{0,16}"
    r"\d{1,4}(?:(?:丁目|番地?|号|の|-)\d{0,4}){0,5}"
    r"|[\u4e00-\u9fff]{2,20}[路街道巷弄]\d{1,5}(?:号|弄|-\d{1,4})?(?:\d{1,4}[号楼室单元]){0,4}"
    r"|(?:[\uac00-\ud7af]{1,8}(?:시|도|구|군|읍|면|동) ){1,4}[\uac00-\ud7af]{1,12}(?:로|길|동) ?"
    r"\d{1,4}(?:번길 ?\d{1,4})?(?:-\d{1,4})?"
)


_IS_NUMBER = r"(?:\A|[^\pL\p{N}_.,$€£#:+*=/-])[0-9]{1,5}(?:bis|ter|[a-zA-Z])?(?:\z|[^\pL\p{N}_%€$:])"
_CODE_SIGN = r"\p{Nd}(?:\p{Nd}{3}|[A-Za-z][A-Za-z0-9]|[A-Za-z] ?\p{Nd}[A-Za-z]|\p{Nd}\p{Nd}? ?[ -]\p{Nd}{2})"

_NEAR_ONE = "|".join(sorted((*_AHEAD, *_BEHIND, *map(re.escape, BOXED), "pobox", "postbox")))

SIGNS = Sieve(
    (
        (_IS_NUMBER, any_of(rf"(?:\A|\PL)(?:{_NEAR_ONE})(?:\PL|\z)")),
        (_IS_NUMBER, _CODE_SIGN),
        (_IS_NUMBER, "[AI]m "),
        (_IS_NUMBER, any_of(r"\A(?:de|het) ")),
        (_IS_NUMBER, any_of(rf"(?:{'|'.join(sorted(_ASKED))})[^:]{{0,40}}:")),
        (r"(?:\A|[^\p{N}_])[A-Z]{1,2}[-/]?[0-9]{1,5}[A-Za-z0-9/]*(?: ?-?[NSEW][0-9]{2,5})?,? [A-Z]",),
        (
            any_of(rf"(?:\A|\PL)(?:{'|'.join(map(re.escape, sorted(words.KINDS_FIRST)))})\PL"),
            any_of(r"s\.? ?n\.? ?c|s/n|s\.n|n[oº°]\.? ?[0-9]"),
        ),
        (any_of(rf"(?:{'|'.join((*words.ENDINGS, *words.SHORT_ENDINGS))})(?: |\. ?)\p{{Nd}}"),),
        (r"\p{Nd}[A-Za-z]? ?\p{Nd}[A-Za-z]{2}", r"[,\n]"),
        (r"(?m)[A-Z]\p{Nd}[A-Z\p{Nd}]?[ .]*$", r"[,\n]"),
        (r"[A-Z]\p{Nd}[\p{Nd}W] ?[A-Z\p{Nd}]{4}", r"[,\n]"),
        (r"\p{Nd}", r"[\x{3040}-\x{30ff}\x{4e00}-\x{9fff}\x{ac00}-\x{d7af}]"),
    )
)


def find_street_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where a street stands with its house number. Towns and postcodes by themselves are not found."""
    if not text.isascii():
        yield from (match.span() for match in _EASTERN.finditer(text))
    if _NUMBER.search(text):
        yield from _numbered(text)
    if says_no_number(text):
        yield from find_unnumbered(text)
    if _IS_ODD.search(text):
        if _GLUED.search(text):
            yield from find_unnumbered(text)
        if _AFTER_A_LETTER.search(text):
            yield from (match.span() for match in _LETTERED.finditer(text))
        if "," in text or "\n" in text:
            yield from (match.span() for match in HOUSE_NAME.finditer(text))


def says_no_number(text: str) -> bool:
    """Whether it may say of a street that the house has no number; the only address in a text without a digit."""
    return "snc" in text or "s/n" in text or "s.n" in text or "SNC" in text


def find_unnumbered(text: str) -> Iterator[tuple[int, int]]:
    """Where a street stands of which it is said that the house has no number."""
    yield from (match.span() for match in _UNNUMBERED.finditer(text))


def _numbered(text: str) -> Iterator[tuple[int, int]]:
    lowered = text.lower()
    if holds_any(lowered, BOXED):
        yield from find_boxes(text)
    near = [number for number in _NUMBER.finditer(text) if _is_near_a_street(text, number)]
    if near:
        if not _GRIDDED.isdisjoint(_LETTERS.findall(lowered)):
            yield from (match.span() for match in _GRID.finditer(text))
        yield from StreetReader(text, near[0].start() - _WINDOW, near[-1].end() + _WINDOW).find()


def _is_near_a_street(text: str, number: re.Match[str]) -> bool:
    """Whether a postcode, or a word that makes a street of it, stands on the right side of a number."""
    start, end = number.span()
    if MAY_BE_A_CODE.search(text, end, end + 90) or not _AHEAD.isdisjoint(
        _LETTERS.findall(text[end : end + 70].lower())
    ):
        return True
    before = text[max(0, start - 70) : start]
    lowered = before.lower()
    said = _LETTERS.findall(lowered)
    if not _BEHIND.isdisjoint(said) or _ends_a_street(lowered) or "Am " in before or "Im " in before:
        return True
    if ":" in before and not _ASKED.isdisjoint(said):
        return True
    return start < 30 and lowered.startswith(("de ", "het "))


def _ends_a_street(lowered: str) -> bool:
    stem = lowered.removesuffix(" ").removesuffix(".")
    return stem != lowered and any(stem[-length:] in _ENDINGS for length in _LENGTHS)
