"""Private values in a text: where they stand, and placeholders in their stead."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, get_args

from conversations.messages import Conversation
from conversations.national_ids import find_national_ids
from conversations.roster import NameFinder
from conversations.secrets import SIGNS as KEY_SIGNS
from conversations.secrets import find_secrets, holds_any
from conversations.sieve import WORTHWHILE, Sieve, any_of
from conversations.street_addresses import SIGNS as STREET_SIGNS
from conversations.street_addresses import find_street_addresses, find_unnumbered, says_no_number
from conversations.telephone_numbers import LONG_NUMBER, REGIONS, find_telephone_numbers, is_referred_to

Kind = Literal["EMAIL", "PHONE", "CARD", "IBAN", "IP", "ID", "KEY", "ADDRESS", "NAME"]

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a private value stands, `text[start:end]`, never the value; `score` is how sure the rule is, 0 to 1."""

    kind: Kind
    start: int
    end: int
    score: float
    rule: str

    @property
    def span(self) -> tuple[int, int]:
        return self.start, self.end


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text with placeholders, and how many values of each kind they stand for."""

    text: str
    counts: Mapping[Kind, int]


_PLACEHOLDER = re.compile(rf"[<\[](?P<name>(?:{'|'.join(KINDS)})(?:_\d{{1,9}})?)[>\]]")
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")

_EMAIL = re.compile(
    r"(?<![\w.+-])[^\W_][\w.!#$%&'*+/=?^`{|}~-]{0,63}@(?:[^\W_](?:[\w-]{0,62}[^\W_])?\.){1,6}[^\W\d_][\w-]{1,24}(?<![_-])"
)
_MAIL_HOSTS = ("gmail", "googlemail", "yahoo", "hotmail", "outlook", "icloud", "proton", "protonmail", "gmx", "web")
_DOMAIN_ENDS = "com|org|net|info|io|co|edu|gov|me|eu|de|at|ch|fr|es|it|nl|be|uk|ie|us|ca|au|nz|in|jp|br|se|no|dk|fi|pl"
_SPOKEN_EMAIL = re.compile(
    r"(?i)(?<![\w.+-])[\w.+-]{1,64}\s{0,2}(?:\(at\)|\[at\]|\{at\}|\sat\s)\s{0,2}"
    rf"(?:[\w-]{{1,63}}(?:\s{{0,2}}(?:\(dot\)|\[dot\]|\{{dot\}}|\sdot\s)\s{{0,2}})){{1,3}}(?:{_DOMAIN_ENDS})\b"
    rf"|(?<![\w.+-])[\w.+-]{{1,64}}\s{{0,2}}(?:\(at\)|\[at\]|\{{at\}})\s{{0,2}}(?:[\w-]{{1,63}}\.){{1,3}}(?:{_DOMAIN_ENDS})\b"
    rf"|(?<![\w.+-])[\w.+-]{{1,64}}\sat\s(?:{'|'.join(_MAIL_HOSTS)})\.[a-z]{{2,3}}\b"
)

_SPOKEN_SIGNS = ("(at)", "[at]", "{at}", " dot ", "(dot)", "[dot]", *(f" at {host}." for host in _MAIL_HOSTS))
_SPOKEN_PARTS = ("at)", "at]", "at}", "dot", " at ")  # one of which is in every sign

_DIGIT = re.compile(r"\d")

_CARD = re.compile(r"(?<![\d.+-])\d(?:[ -]?\d){13,18}(?![\d-]|\.\d)")
_CARD_NUMBERS = re.compile(
    r"4\d{15}|4\d{18}|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|"
    r"(?:6011|65\d\d|64[4-9]\d)\d{12}|35\d{14}|3(?:0[0-5]|[68]\d)\d{11}|62\d{14,17}|"
    r"(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{12,15}"
)
_IBAN = re.compile(r"(?i)(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}")
_IPV4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?=[0-9a-fA-F:]{0,30}\d)(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])")

_VERSIONED = "version|ver|release|build|update|upgrade[ds]?|firmware|driver|chrome|safari|edge"
_VERSION = re.compile(rf"(?i)(?:\bv|\b(?:{_VERSIONED})\b[^.\d]{{0,12}})$")

_SIGNS = (
    KEY_SIGNS
    | STREET_SIGNS
    | Sieve(
        (
            ("@",),
            (any_of("|".join(map(re.escape, _SPOKEN_SIGNS))),),
            (r"\p{Nd}[\p{Nd} \x{a0}.()/\-\x{2010}-\x{2015}]{4,}\p{Nd}",),  # also four parts of an IP address
            (r":[0-9a-fA-F]{0,4}:",),
            (r"\pL{6}\p{Nd}{2}\pL",),  # an Italian id
        )
    )
)


def find_private(
    text: str, *, roster: NameFinder | None = None, regions: tuple[str, ...] = REGIONS
) -> tuple[Finding, ...]:
    """Find e-mail addresses, numbers, keys and the names on `roster`, in order and without overlaps.

    `regions` are the countries whose telephone numbers are known without their `+` prefix. Not found: towns, streets
    without a house number (unless it says "snc" or "s/n"), names outside the roster, numbers spelled in words, values
    split over several messages.
    """
    return _settled(text, partial(_candidates, roster=roster, regions=regions))


def may_hold_private(texts: Sequence[str], roster: NameFinder | None = None) -> list[bool]:
    """For each text whether `find_private` has to look at it; in the others it finds nothing. Much faster."""
    passed = _SIGNS.through(texts) if len(texts) >= WORTHWHILE else [True] * len(texts)
    if roster is None:
        return passed
    return [held or any(True for _ in roster.find(text)) for text, held in zip(texts, passed, strict=True)]


def find_keys(text: str) -> tuple[Finding, ...]:
    """The keys and passwords of what `find_private` finds; much faster."""
    return _settled(text, _keys)


def _settled(text: str, candidates: Callable[[str], Iterable[Finding]]) -> tuple[Finding, ...]:
    """Of candidates that overlap, the first counts; placeholders stay as they are."""
    plain, origin = _flatten(text)
    taken = [match.span() for match in _PLACEHOLDER.finditer(plain)] if "<" in plain or "[" in plain else []
    settled: list[Finding] = []
    for finding in candidates(plain):
        place = bisect_left(taken, finding.span)
        is_after_the_last = place == 0 or taken[place - 1][1] <= finding.start
        if is_after_the_last and (place == len(taken) or finding.end <= taken[place][0]):
            taken.insert(place, finding.span)
            settled.append(finding)
    if origin:
        settled = [_moved(finding, origin) for finding in settled]
    return tuple(sorted(settled, key=lambda finding: finding.start))


class Redactor:
    """Puts placeholders such as `<EMAIL_1>` into the texts of one conversation.

    The same value gets the same placeholder, as does the same person under another name of the roster; numbers that
    `texts` already use are not given again.
    """

    def __init__(self, roster: NameFinder | None = None, *, texts: Sequence[str] = ()) -> None:
        self._roster = roster
        self._given: dict[tuple[Kind, str], str] = {}
        self._people: list[tuple[frozenset[str], str]] = []  # who may be meant, and by which placeholder
        self._texts = texts
        self._used: set[str] | None = None

    def redact(self, text: str) -> Redacted:
        """Replace private values until none is found; placeholders that are there already stay."""
        counts: dict[Kind, int] = {}
        while findings := find_private(text, roster=self._roster):
            text = self._replaced(text, findings)
            for finding in findings:
                counts[finding.kind] = counts.get(finding.kind, 0) + 1
        return Redacted(text, counts)

    def _replaced(self, text: str, findings: tuple[Finding, ...]) -> str:
        parts: list[str] = []
        done = 0
        for finding in findings:
            parts += text[done : finding.start], self._placeholder(finding.kind, text[finding.start : finding.end])
            done = finding.end
        return "".join((*parts, text[done:]))

    def _placeholder(self, kind: Kind, value: str) -> str:
        if kind == "NAME" and self._roster:
            return self._person(self._roster.who(_flatten(value)[0].removeprefix("@")))
        key = (kind, _canonical(kind, value))
        if key not in self._given:
            self._given[key] = self._next(kind)
        return self._given[key]

    def _person(self, meant: frozenset[str]) -> str:
        """Take "Anna" for whoever of that name was spoken of already; hearing "Anna Berg" later leaves only her."""
        for place, (known, placeholder) in enumerate(self._people):
            if both := known & meant:
                self._people[place] = both, placeholder
                return placeholder
        self._people.append((meant, self._next("NAME")))
        return self._people[-1][1]

    def _next(self, kind: Kind) -> str:
        if self._used is None:  # most conversations never need it
            self._used = {match["name"] for text in self._texts for match in _PLACEHOLDER.finditer(text)}
        number = next(n for n in range(1, len(self._used) + 2) if f"{kind}_{n}" not in self._used)
        self._used.add(f"{kind}_{number}")
        return f"<{kind}_{number}>"


def without_names(conversation: Conversation, names: NameFinder) -> Conversation:
    """The conversation with `<NAME>` for each name that is found; nothing else of it changes."""
    hidden = tuple(replace(m, content=hide_names(m.content, names)) for m in conversation.messages)
    return replace(conversation, messages=hidden) if hidden != conversation.messages else conversation


def hide_names(text: str, names: NameFinder) -> str:
    """The text with `<NAME>` for each name that is found."""
    parts, done = list[str](), 0
    for start, end in sorted(names.find(text)):
        if start >= done:
            parts += text[done:start], "<NAME>"
            done = end
    return "".join((*parts, text[done:]))


def _canonical(kind: Kind, value: str) -> str:
    plain = _flatten(value)[0].casefold()
    if kind in ("PHONE", "CARD", "IBAN", "ID"):
        return "".join(c for c in plain if c.isalnum())
    return plain


def _keys(text: str) -> list[Finding]:
    return [Finding("KEY", secret.start, secret.end, 1.0, secret.name) for secret in find_secrets(text)]


def _candidates(text: str, *, roster: NameFinder | None, regions: tuple[str, ...]) -> Iterator[Finding]:
    """All rules, the surest first: where two findings overlap, the earlier one counts."""
    yield from _keys(text)
    yield from _emails(text)
    if _DIGIT.search(text):  # most chat has none, and every rule but the others here needs one
        yield from _numbered(text, regions)
    elif says_no_number(text):
        yield from (Finding("ADDRESS", start, end, 0.7, "street") for start, end in find_unnumbered(text))
    if roster:
        yield from (Finding("NAME", start, end, 0.9, "roster") for start, end in roster.find(text))


def _numbered(text: str, regions: tuple[str, ...]) -> Iterator[Finding]:
    has_a_long_number = LONG_NUMBER.search(text)
    yield from _addresses(text)
    if has_a_long_number:
        yield from _ibans(text)
        yield from _cards(text)
    yield from (Finding("ID", start, end, 0.9, rule) for start, end, rule in find_national_ids(text))
    if has_a_long_number:
        for start, end, score, rule in find_telephone_numbers(text, regions):
            yield Finding("PHONE", start, end, score, rule)
    yield from (Finding("ADDRESS", start, end, 0.7, "street") for start, end in find_street_addresses(text))


def _emails(text: str) -> Iterator[Finding]:
    if "@" in text:
        yield from (Finding("EMAIL", *m.span(), 1.0, "address") for m in _EMAIL.finditer(text))
    lowered = text.lower()
    if holds_any(lowered, _SPOKEN_PARTS) and holds_any(lowered, _SPOKEN_SIGNS):
        yield from (Finding("EMAIL", *m.span(), 0.8, "spoken address") for m in _SPOKEN_EMAIL.finditer(text))


def _ibans(text: str) -> Iterator[Finding]:
    from stdnum import iban

    for match in _IBAN.finditer(text):
        ends = [i + 1 for i, c in enumerate(match.group()) if c.isalnum()][14:]
        # National digits are not checked: real accounts exist whose old check digits are wrong.
        valid = (end for end in reversed(ends) if iban.is_valid(match.group()[:end], check_country=False))
        if end := next(valid, 0):
            yield Finding("IBAN", match.start(), match.start() + end, 1.0, "mod 97")


def _cards(text: str) -> Iterator[Finding]:
    from stdnum import luhn

    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        bare = digits == match.group()
        if bare and is_referred_to(text, match.start()):
            continue
        if _CARD_NUMBERS.fullmatch(digits) and luhn.is_valid(digits):
            yield Finding("CARD", *match.span(), 0.9 if bare else 1.0, "Luhn")


def _addresses(text: str) -> Iterator[Finding]:
    if text.count(".") >= 3:
        for match in _IPV4.finditer(text):
            if _is_an_address(match.group()) and not _VERSION.search(text, max(0, match.start() - 24), match.start()):
                yield Finding("IP", *match.span(), 0.9, "IPv4")
    if text.count(":") >= 2:
        for match in _IPV6.finditer(text):
            if _is_an_address(match.group()):
                yield Finding("IP", *match.span(), 0.9, "IPv6")


def _is_an_address(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or text.endswith(".0.0.0") or text.startswith("255."))


def _flatten(text: str) -> tuple[str, list[int]]:
    """Undo look-alike characters (NFKC, invisible ones); the list maps each place back, empty where nothing changed."""
    if text.isascii() or (unicodedata.is_normalized("NFKC", text) and not _INVISIBLE.search(text)):
        return text, []
    kept = [(raw, place) for place, raw in enumerate(text) if not _INVISIBLE.match(raw)]
    pairs = [(c, place) for raw, place in kept for c in unicodedata.normalize("NFKC", raw)]
    return "".join(c for c, _ in pairs), [*(place for _, place in pairs), len(text)]


def _moved(finding: Finding, origin: list[int]) -> Finding:
    return Finding(finding.kind, origin[finding.start], origin[finding.end - 1] + 1, finding.score, finding.rule)
