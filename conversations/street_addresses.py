"""Street addresses: a house number beside what is called a street, announced as an address or followed by a postcode.

A text without a digit holds none.
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
    "den", "der", "unter", "hinter", "vor", "beim",
))  # fmt: skip
_LETTERS = re.compile(r"[^\W\d_]+")
_ENDS = tuple(f"{ending}{sign}" for ending in words.ENDINGS for sign in (" ", ".", ". "))
_WINDOW = 110  # letters on either side of a number
_NUMBER = re.compile(  # neither a part of another one, nor of a list; begins with a digit, which is found at once
    r"[0-9](?:(?<![\w.,$€£#:+*=/-].)|(?<=str\..))(?:(?<!\n.)|(?![0-9]?[.)] ))"
    r"(?:(?<!\(.)|(?![0-9]*\)))[0-9]{0,4}(?:bis|ter|[a-zA-Z])?"
    rf"(?![\w%€$:]|[.,]\d| \d{{4}} ?\d| (?i:{'|'.join(words.COUNTED)})\b)"
)
_MAY_BE_BRITISH = re.compile(r"[0-9][A-Za-z]? ?[0-9][A-Za-z]{2}(?!\w)")
_GRIDDED = frozenset(
    ("calle", "carrera", "cra", "cl", "cll", "kr", "kra", "transversal", "diagonal", "km", "pk", "lote", "lt", "quadra")
)
_GRID = re.compile(  # Colombia: "Calle 85 # 12-10"; roads by the kilometre
    r"(?i)(?<!\w)(?:(?:calle|carrera|cra|cll?|kra?|transversal|diagonal|avenida)\.? "
    r"\d{1,3} ?[a-z]?(?: bis)? ?(?:#|no\.?|n°) ?\d{1,3} ?[a-z]? ?- ?\d{1,3}"
    r"|(?:strada statale|ss|carretera|ctra\.?|rodovia|rod\.?|n-|route nationale)[ .]?[\w-]{1,8},? (?:km|pk)\.? ?\d{1,4}"
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

SIGNS = Sieve(
    (
        (_IS_NUMBER, any_of(rf"(?:\A|\PL)(?:{'|'.join(sorted((*_AHEAD, *_BEHIND, *BOXED)))})(?:\PL|\z)")),
        (_IS_NUMBER, _CODE_SIGN),
        (_IS_NUMBER, "[AI]m "),
        (any_of(rf"(?:{'|'.join(words.ENDINGS)})(?: |\. ?)\p{{Nd}}"),),
        (r"\p{Nd}[A-Za-z]? ?\p{Nd}[A-Za-z]{2}", r"[,\n]"),
        (r"\p{Nd}", r"[\x{3040}-\x{30ff}\x{4e00}-\x{9fff}\x{ac00}-\x{d7af}]"),
    )
)


def find_street_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where a street stands with its house number. Towns and postcodes by themselves are not found."""
    if not text.isascii():
        yield from (match.span() for match in _EASTERN.finditer(text))
    if _NUMBER.search(text):
        yield from _numbered(text)
    if _MAY_BE_BRITISH.search(text) and ("," in text or "\n" in text):
        yield from (match.span() for match in HOUSE_NAME.finditer(text))


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
    said = not _BEHIND.isdisjoint(_LETTERS.findall(lowered))
    return said or lowered.endswith(_ENDS) or "Am " in before or "Im " in before
