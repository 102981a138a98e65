"""Telephone numbers: with their country, in national writing, and as people write them after "call me on".

A text without a run of at least six digits, as `LONG_NUMBER` sees one, holds none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

REGIONS = (
    *("US", "GB", "DE", "FR", "ES", "IT", "NL", "IN", "BR", "AU", "JP"),
    *("AT", "CH", "BE", "SE", "DK", "NO", "FI", "PL", "PT", "IE", "NZ", "ZA", "TR", "KR", "RU", "CN", "CZ", "RO"),
)

LONG_NUMBER = re.compile(r"\d[\d \u00a0.()/\-\u2010-\u2015]{4,}\d")

# In which groups a number without a leading zero is written where; any other grouping says nothing.
_GROUPS = {
    "US": "3-3-4 1-3-3-4",
    "GB": "5-6 4-6 3-3-4 2-4-4",
    "FR": "1-2-2-2-2",
    "ES": "3-3-3 3-2-2-2 2-3-2-2 3-6 2-3-4",
    "IT": "3-7 3-3-4 3-6-1 3-2-2-3 3-3-3 3-6",
    "IN": "5-5 4-6",
    "BR": "2-5-4 2-4-4 5-4 2-9",
    "AT": "3-7 3-3-4",
    "BE": "3-2-2-2",
    "SE": "2-3-2-2",
    "CH": "2-3-2-2",
    "DK": "2-2-2-2 4-4 2-6 3-2-3",
    "NO": "2-2-2-2 3-2-3 4-4",
    "PL": "3-3-3 2-3-2-2 2-3-4",
    "PT": "3-3-3 2-3-4 2-3-2-2",
    "RU": "1-3-3-2-2 1-3-3-4 1-10",
    "CN": "3-4-4 3-8",
    "CZ": "3-3-3",
    "JP": "1-4-4 2-4-4",
    "TR": "3-3-2-2 3-3-4",
    "FI": "2-3-4 2-7",
}
_DATE = re.compile(
    r"(?:\d{4}[./-]\d\d?[./-]\d\d?|\d\d?[./ -]\d\d?[./ -](?:(?:19|20)\d\d|\d\d(?![./ -]?\d)))(?:[ -]{1,3}\d.*)?"
)
_FOUR_PARTS = re.compile(r"(?:\d{1,5}\.){3}\d{1,5}")
_REFERRING = re.compile(
    r"(?i)(?:\b(?:order|bestell\w*|auftrag\w*|commande|pedido|ref|reference|ticket|case|invoice|rechnung\w*|facture|"
    r"factura|tracking|sendung\w*|parcel|shipment|thread|message|msg|sku|serial|part|model|art(?:ikel\w*|icle)?|item|"
    r"booking|reservation|buchung\w*|confirmation|flight|i[sm][bs]n|ean|upc|gtin|version|build|id|account|"
    r"member(?:ship)?|policy|customer|kunden\w*|voucher|coupon|code|transaction|batch|lot|po|zip|postcode|plz|"
    r"vertrag\w*|konto\w*|blz|routing|vat|ust-?id\w*|licen[cs]e|session|error|fehler|otp|pin|quantity|train|bus|gate|"
    r"rooms?|pages?|seite|channels?|ports?|dose|scores?|lat|lon|temperature|vorgang\w*|aktenzeichen|key|hash|user|odds|"
    r"lottery|lotto|lines|chapters?|sizes?|reps|epoch|timestamp|firmware|numbers)\b|#)"
    r"[\s#:.-]*(?:(?:numbers?|nummer|nr|no|num|id|code|is|are|was|ist|es|est)\b[\s#:.]*){0,3}$"
)
_CALLING = re.compile(
    r"(?i)\b(?:call(?:ed|ing)?|phone|tel|telephone|telefon\w*|t[ée]l[ée]phone|tel[ée]fono|telefone|mobile?|m[óo]vil|"
    r"cell|handy|sms|fax|whats\s?app|signal|telegram|ring|dial|text|reach(?:ed)?|contact|"
    r"(?:my|his|her|their|our) number|anrufen|ruf\w*|appel\w*|llam\w*|ligue)\b\.?[^.!?\d]{0,30}$"
)
_SAID_AFTER = re.compile(
    r"(?i)\W{0,2}(?:(?:is|works|ist|geht|va|est) )?(?:better|best|fine|easier|besser|mieux|mejor|meglio|any ?time|"
    r"in the (?:evening|morning|afternoon)|after (?:\d|one|two|three|four|five|six|seven|work)|ask for|leave a |abends|"
    r"le soir|por la |la sera|or (?:e-?mail|mail|text|come by)|jederzeit|after hours)"
)
_CLOSING = re.compile(
    r"(?i)\b(?:regards|cheers|greetings|thanks|thank you|thx|best|sincerely|love|yours|gr[uü](?:ß|ss)e?|"
    r"danke|lg|vg|mfg|"
    r"cordialement|"
    r"merci|bisous|saludos|gracias|un abrazo|saluti|grazie|groet(?:en|jes)?|abraços|obrigad[oa]|h[äa]lsningar|"
    r"mvh|hilsen|pozdrawiam|terveisin)\b[^\n]{0,30}\n(?:[^\n]{0,40}\n)?$"
)
_MEASURED = re.compile(
    r"(?i) ?(?:[%€$£°]|(?:km|m|m/s|mm|cm|kg|g|mg|ml|l|people|persons|users|"
    r"visitors|besucher|views|followers|times|euros?|eur|dollars?|usd|pounds|gbp|hours|bottles|"
    r"stück|einwohner|leute|grams|bytes|of them|personnes|personas|persone)\b)"
)
_NORTH_AMERICAN = re.compile(
    r"(?<![\w.+-])(?:(?:(?:\+?1|001)[ .-]?)?(?:\(\d{3}\) ?\d{3}[.-]?|\d{3}[.-]\d{3}[.-])\d{4}"
    r"|(?:\(\d{2}\) ?|\d{2} )9?\d{4}-\d{4})"  # Brazil
    r"(?: ?(?:x|ext\.?) ?\d{1,5})?(?![\w-]|\.\d)"
)
_CALLED = re.compile(r"(?<![\w.+-])[+(]?\d(?:[ ./()-]{0,2}\d){5,14}(?: ?(?:x|ext\.?) ?\d{1,5})?(?![\w-]|[.,]\d)")
_RUN = re.compile(
    r"(?<![\w$€£#=*+:/])(?<!\d[.,])(?<!\w[\u2010-\u2015-])"
    r"(?:\+{1,2} ?|\(\+? ?)?\d(?:[ \u00a0./()\-\u2010-\u2015]{0,3}\d){5,16}"
    r"(?: ?(?:x|ext\.?) ?\d{1,5})?(?![\w%]|[.,:/-]\d)"
)
_ABROAD = re.compile(r"\(?(?:\+|00(?=[1-9])|011(?=[1-9]))")
_AREA = re.compile(r"\(0\d{1,5}\)|0\d{1,4} ?[/-] ?\d")
_CAPITAL = re.compile(r" [^\W\d_a-z]")
_NEAR = 30  # sizes and the like
_DIGITS = re.compile(r"\d+")
_EXTENSION = re.compile(r" ?(?:x|ext\.?) ?\d{1,5}$")


@dataclass(frozen=True)
class _Run:
    """Digits in groups, as they stand in a text."""

    text: str
    start: int

    @cached_property
    def groups(self) -> list[str]:
        return _DIGITS.findall(_EXTENSION.sub("", self.text))

    @cached_property
    def digits(self) -> str:
        return "".join(self.groups)

    @property
    def is_abroad(self) -> bool:
        return bool(_ABROAD.match(self.text))

    @property
    def shape(self) -> str:
        return "-".join(str(len(group)) for group in self.groups)

    @property
    def is_something_else(self) -> bool:
        """A date, a version, a list, a quantity: what has digits in groups but no telephone behind it."""
        if _DATE.fullmatch(self.text) or _FOUR_PARTS.fullmatch(self.text) or len(set(self.digits)) < 3:
            return True
        if self.digits in "01234567890123456789" or self._is_counted:
            return True
        if "." in self.text and " " in self.text and self.digits[0] != "0" and "/" not in self.text:
            return True
        lengths = {len(group) for group in self.groups}
        return lengths == {2} and self._is_a_list

    @property
    def _is_counted(self) -> bool:
        """Digits one by one, unless they are as many as a whole number has: "0 7 4 6 2 8 1 4 4 3 5"."""
        spelled = self.shape == "-".join("1" * len(self.digits)) and self.digits[0] == "0" and len(self.digits) > 9
        return not spelled and sum(len(group) == 1 for group in self.groups) > 2

    @property
    def _is_a_list(self) -> bool:
        """Numbers of two digits in rising order, or more of them than any telephone number has."""
        values = [int(group) for group in self.groups]
        steps = {later - sooner for sooner, later in pairwise(values)}
        near = values == sorted(values) and values[-1] - values[0] < _NEAR
        return len(values) > 5 or (self.digits[0] != "0" and (len(steps) == 1 or near))


def find_telephone_numbers(text: str, regions: tuple[str, ...] = REGIONS) -> Iterator[tuple[int, int, float, str]]:
    """Start, end, score and rule of each number, the longest first."""
    found: list[tuple[int, int, float, str]] = []
    for match in _RUN.finditer(text):
        for run in _read(text, match):
            if rule := _rule(text, run, regions):
                found.append((run.start, run.start + len(run.text), 1.0 if run.is_abroad else 0.8, rule))
                break
    found += ((*match.span(), 0.7, "phone shape") for match in _phone_shapes(text))
    yield from sorted(found, key=lambda span: span[0] - span[1])


def _read(text: str, match: re.Match[str]) -> Iterator[_Run]:
    """The digits as they stand, or before them what stands before a house number: "01223 351707 20 Milton Road"."""
    before, space, last = match[0].rpartition(" ")
    if space and len(last) < 4 and _CAPITAL.match(text, match.end()):
        yield _Run(before, match.start())
    yield _Run(match[0], match.start())


def _rule(text: str, run: _Run, regions: tuple[str, ...]) -> str:
    """By which rule it is a telephone number; empty where it is none."""
    end = run.start + len(run.text)
    if not 7 <= len(run.digits) <= 17 or is_referred_to(text, run.start):
        return ""
    if run.is_abroad:
        return "phone +" if _is_possible(run) else ""
    if run.is_something_else or _MEASURED.match(text, end):
        return ""
    if run.digits[0] == "0":
        return _from_zero(run, regions)
    if len(run.groups) > 1:
        return _grouped(run, regions)
    said = _SAID_AFTER.match(text, end) or _is_signed(text, run.start, end)
    return _valid_in(run, regions) if said and len(run.digits) > 8 else ""


def _is_possible(run: _Run) -> bool:
    """Whether a number with its country is long enough; its exchange need not be in use."""
    from phonenumbers import NumberParseException, is_possible_number, parse

    bare = _ABROAD.sub("", run.text.replace("(0)", ""), count=1).strip("+( ")
    try:
        return is_possible_number(parse(f"+{bare}"))
    except NumberParseException:
        return False


def _from_zero(run: _Run, regions: tuple[str, ...]) -> str:
    """Nobody but a telephone company starts a long number with a zero."""
    lengths = [len(group) for group in run.groups]
    if (lengths[0] == 1 and max(lengths) == 2) or run.shape == "4-4" or (set(lengths) == {2} and len(lengths) != 5):
        return ""
    if len(run.digits) > 8 and (rule := _valid_in(run, regions)):
        return rule
    return "phone shape" if _AREA.match(run.text) and 8 <= len(run.digits) <= 12 and max(lengths) > 2 else ""


def _grouped(run: _Run, regions: tuple[str, ...]) -> str:
    years = all(group[:2] in ("19", "20") and len(group) == 4 for group in run.groups)
    joined = len(run.groups) == 2 and ("." in run.text or (run.shape == "4-4" and " " not in run.text))
    if years or joined or run.groups[-1] == "000":
        return ""
    return _valid_in(run, tuple(region for region in regions if run.shape in _GROUPS.get(region, "").split()))


def _valid_in(run: _Run, regions: tuple[str, ...]) -> str:
    from phonenumbers import NumberParseException, is_valid_number, parse

    for region in regions:
        try:
            number = parse(run.digits, region)
        except NumberParseException:
            continue
        if is_valid_number(number):
            return f"phone {region}"
    return ""


def _is_signed(text: str, start: int, end: int) -> bool:
    """Whether it stands in a line of its own below a closing."""
    rest = text[end:].partition("\n")[0]
    return not rest.strip() and bool(_CLOSING.search(text, max(0, start - 90), start))


def _phone_shapes(text: str) -> Iterator[re.Match[str]]:
    """Numbers that are written like telephone numbers, or called so, though no country has given them out."""
    yield from (m for m in _NORTH_AMERICAN.finditer(text) if not is_referred_to(text, m.start()))
    yield from (m for m in _CALLED.finditer(text) if _CALLING.search(text, max(0, m.start() - 40), m.start()))


def is_referred_to(text: str, start: int) -> bool:
    """Whether what begins at `start` is called an order, a ticket, a version or the like."""
    return bool(_REFERRING.search(text, max(0, start - 40), start))
