"""Telephone numbers: with their country, in national writing, and as people write them after "call me on"."""

from __future__ import annotations

import re
from collections.abc import Iterator

REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "IN", "BR", "AU", "JP")

LONG_NUMBER = re.compile(r"\d[\d \u00a0.()/\-\u2010-\u2015]{4,}\d")
_DATE = re.compile(r"(?:\d{4}[./-]\d\d?[./-]\d\d?|\d\d?[./-]\d\d?[./-](?:\d{4}|\d\d))(?:[ -]{1,3}\d\d?)?")
_FOUR_PARTS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")
_REFERRING = re.compile(
    r"(?i)(?:\b(?:order|bestell\w*|auftrag\w*|commande|pedido|ref|reference|ticket|case|invoice|rechnung\w*|facture|"
    r"factura|tracking|sendung\w*|parcel|shipment|thread|message|msg|sku|serial|part|model|article|artikel\w*|item|"
    r"booking|reservation|buchung\w*|confirmation|flight|isbn|ean|upc|gtin|version|build|id|account|member(?:ship)?|"
    r"policy|customer|kunden\w*|voucher|coupon|code|transaction|batch|lot|po|zip|postcode|plz)\b|#)"
    r"[\s#:.]*(?:(?:number|numbers|nummer|nr|no|num|id|code|is|are|was|ist|es|est)\b[\s#:.]*){0,3}$"
)
_CALLING = re.compile(
    r"(?i)\b(?:call(?:ed|ing)?|phone|tel|telephone|telefon\w*|t[ée]l[ée]phone|tel[ée]fono|telefone|mobile?|m[óo]vil|"
    r"cell|handy|sms|fax|whats\s?app|signal|telegram|ring|dial|text|reach(?:ed)?|contact|"
    r"(?:my|his|her|their|our) number|anrufen|ruf\w*|appel\w*|llam\w*|ligue)\b\.?[^.!?\d]{0,30}$"
)
_NORTH_AMERICAN = re.compile(
    r"(?<![\w.+-])(?:(?:\+?1|001)[ .-]?)?(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[.-]\d{4}"
    r"(?: ?(?:x|ext\.?) ?\d{1,5})?(?![\w-]|\.\d)"
)
_CALLED = re.compile(r"(?<![\w.+-])[+(]?\d(?:[ ./()-]{0,2}\d){5,14}(?: ?(?:x|ext\.?) ?\d{1,5})?(?![\w-]|[.,]\d)")
_DECIMAL = re.compile(r"\d{1,3}\.\d+")


def find_telephone_numbers(text: str, regions: tuple[str, ...] = REGIONS) -> Iterator[tuple[int, int, float, str]]:
    """Start, end, score and rule of each number, the longest first."""
    runs = [run for run in LONG_NUMBER.finditer(text) if _may_be_a_phone(text, run)]
    if not runs:
        return  # the matcher takes a millisecond
    from phonenumbers import Leniency, PhoneNumberMatcher

    found: list[tuple[int, int, float, str]] = []
    covered = bytearray(len(text))
    for region in (None, *regions):
        # A number with its country is meant as a telephone number, even where its exchange is not in use.
        for match in PhoneNumberMatcher(text, region, Leniency.VALID if region else Leniency.POSSIBLE):
            if _is_a_persons_number(text, match.start, match.end):
                score, rule = (0.8, f"phone {region}") if region else (1.0, "phone +")
                found.append((match.start, match.end, score, rule))
                covered[match.start : match.end] = b"\x01" * (match.end - match.start)
        runs = [run for run in runs if 0 in covered[run.start() : run.end()]]
        if not runs:
            break
    found += ((*match.span(), 0.7, "phone shape") for match in _phone_shapes(text))
    # One region may take the end of what is a whole number in another.
    yield from sorted(found, key=lambda span: span[0] - span[1])


def _phone_shapes(text: str) -> Iterator[re.Match[str]]:
    """Numbers that are written like telephone numbers, or called so, though no country has given them out."""
    yield from (m for m in _NORTH_AMERICAN.finditer(text) if not is_referred_to(text, m.start()))
    yield from (m for m in _CALLED.finditer(text) if _CALLING.search(text, max(0, m.start() - 40), m.start()))


def _may_be_a_phone(text: str, run: re.Match[str]) -> bool:
    if _DATE.fullmatch(run.group()) or sum(map(str.isdigit, run.group())) < 6:
        return False
    start = run.start() - (text[run.start() - 1 : run.start()] in ("+", "("))
    return _is_a_persons_number(text, start, run.end())


def _is_a_persons_number(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - 40) : start]
    if _CALLING.search(before):
        return True
    number = text[start:end]
    if _DECIMAL.fullmatch(number):
        return False
    if _REFERRING.search(before) or _FOUR_PARTS.fullmatch(number):
        return False
    # Nobody but a telephone company starts a long number with a zero.
    return number.startswith("+") or (number.startswith("0") and len(number) >= 10) or not number.isdigit()


def is_referred_to(text: str, start: int) -> bool:
    """Whether what begins at `start` is called an order, a ticket, a version or the like."""
    return bool(_REFERRING.search(text, max(0, start - 40), start))
