"""Street addresses as they are commonly written in eight languages: a street word, a name and a house number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conversations.sieve import Sieve, any_of

_NAME = r"[A-ZÀ-Þ][\w'’.-]{0,30}"
_SMALL = "de|del|della|di|da|do|dos|das|la|las|los|le|les|el|y|e|of|the|van|von|der|den"
_NAMES = rf"{_NAME}(?: (?:(?:{_SMALL}) ){{0,2}}{_NAME}){{0,4}}"
_OF = r"(?:(?:de|del|della|dello|dei|di|da|do|dos|das|du|des|la|las|los|le|les|el|al|l'|d')[ ]?){0,2}"

# Written after the name: "12 Harbour Road", "Hafenstraße 12", "Havenstraat 12", "Hamngatan 12".
_ENGLISH = (
    r"street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|square|sq|place|pl|terrace|close|crescent|"
    r"cres|row|grove|gardens|mews|parkway|pkwy|highway|hwy|circle|cir|trail|plaza|alley|walk|way|hill|view|rise|quay|wharf"
)
_GERMANIC = (
    r"stra(?:ß|ss)e|str\.|weg|gasse|platz|allee|ring|damm|ufer|steig|chaussee|straat|laan|plein|gracht|kade|dreef|singel|"
    r"gatan|vägen|gränd|stigen|gata|veien|vegen|gade|vej|allé|katu|tie|polku"
)
# Written before it: "12 rue des Lilas", "Calle Mayor 12", "Via Roma, 12", "Rua Augusta 12", "ul. Długa 12".
_FRENCH = r"rue|avenue|av\.|boulevard|bd|chemin|place|allée|impasse|quai|cours|route|passage|square|sentier"
_SOUTHERN = (
    r"calle|c/|avenida|avda?\.?|plaza|paseo|camino|ronda|carretera|glorieta|vial|cuesta|rambla|pasaje|callejón|"
    r"via|viale|piazza|corso|vicolo|largo|strada|borgo|stretto|contrada|rua|travessa|praça|alameda|estrada|"
    r"avinguda|carrer|ul\.|ulica|aleja|al\.|plac|os\."
)
_ROOM = "apt|apartment|suite|ste|unit|flat|floor|fl|apartamento|piso|esc|interno|whg|top"
_UNIT = rf"(?:,? ?(?:{_ROOM})\.? ?#?\w{{1,6}}|,? ?#\d{{1,5}})?"
_HOUSE = r"\d{1,5}(?:[ ]?[a-zA-Z](?![\w]))?(?:[/-]\d{1,4})?"

_DIGIT = re.compile(r"\d")
_AFTER = re.compile(
    rf"(?<![\w.,$€£#-])(?<!\b[Tt]he )(?:(?:flat|apt|unit|suite|studio) \w{{1,4}},? )?"
    rf"\d{{1,5}}[a-zA-Z]?,? (?:{_NAME} ){{1,4}}(?:(?i:{_ENGLISH}))(?![\w'-])\.?(?i:{_UNIT})"
)
_JOINED = re.compile(
    rf"(?<!\w)(?:{_NAME}[ ]){{0,3}}(?:{_NAME}(?:{_GERMANIC})|(?:{_NAME}[ -]){{1,3}}(?i:{_GERMANIC}))"
    rf" {_HOUSE}(?![\w.,]\w)"
)
_FRENCH_WAY = re.compile(rf"(?<![\w.,-])\d{{1,5}}(?: ?(?:bis|ter|quater))?,? (?i:{_FRENCH}) {_OF}{_NAMES}")
_SOUTHERN_WAY = re.compile(
    rf"(?<!\w)(?i:{_SOUTHERN}) {_OF}{_NAMES},? ?(?:n[º°.]? ?|km )?{_HOUSE}(?![\w.,]\w)(?i:{_UNIT})"
)
_LETTERS = re.compile(r"[^\W\d_]+")
# Words without which a pattern cannot match: asking for them is cheaper.
_NEEDED = tuple(
    (frozenset(_LETTERS.findall(words)), pattern)
    for words, pattern in ((_ENGLISH, _AFTER), (_FRENCH, _FRENCH_WAY), (_SOUTHERN, _SOUTHERN_WAY))
)
_ENDS = tuple(f"straße strasse str. {_GERMANIC.partition('weg')[2].replace('|', ' ')} weg".split())
_HOUSE_AFTER = re.compile(r" (?=\d)")
_WORDS = "|".join(sorted(set().union(*(words for words, _ in _NEEDED))))

SIGNS = Sieve(
    (
        (r"\p{Nd}", any_of(rf"(?:\A|\PL)(?:{_WORDS})(?:\PL|\z)")),
        (any_of(rf"(?:{'|'.join(map(re.escape, _ENDS))}) \p{{Nd}}"),),
    )
)


def find_street_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where a street stands with its house number. Towns and postcodes by themselves are not found."""
    if not _DIGIT.search(text) or text.islower():
        return
    lowered = text.lower()
    words = _LETTERS.findall(lowered)
    for needed, pattern in _NEEDED:
        if not needed.isdisjoint(words):
            yield from (match.span() for match in pattern.finditer(text))
    if any(lowered.endswith(_ENDS, 0, space.start()) for space in _HOUSE_AFTER.finditer(lowered)):
        yield from (match.span() for match in _JOINED.finditer(text))
