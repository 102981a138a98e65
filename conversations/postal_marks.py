"""What post needs beside a street: postcodes with their towns, flats and floors, boxes, and houses with a name."""

from __future__ import annotations

import re
from collections.abc import Iterator

_STATES = "NSW|VIC|QLD|SA|WA|TAS|ACT|NT|Auckland|Wellington|Christchurch"
_SURE_CODE = (
    r"(?i:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]\d[\dW] ?[A-Z\d]{4}|\d{4} ?[A-Z]{2})"
    r"|\d{5}(?:-\d{3,4})?|\d{6}|\d{4}-\d{3}|\d{3} \d{2}|\d{2}-\d{3}|\d{3}-\d{4}"
)
_TOWN = r"(?:[^\W\d_a-zß-ÿ][\w'’.-]{1,30}|(?:am|an|der|de|di|la|le|upon|on|of|sur|in|im|post ?code|zip|plz)(?!\w))"
_NO_TOWN = r"(?!(?:with|and|for|has|please|thanks|bitte|danke|und|ist|the|rated|which|that|from|but|are|was)(?!\w))"
# Every code has one of these, which is faster to see.
MAY_BE_A_CODE = re.compile(
    r"[0-9](?<=[\s,A-Za-z〒-].)(?:\d{3}|[A-Za-z][A-Za-z\d]\b|[A-Za-z] ?\d[A-Za-z]|\d\d? ?[ -]\d\d)"
)
POSTCODE = re.compile(
    rf"[ ]?[,\n ][ ]?(?:(?:[A-Z]{{1,3}}-)?(?:(?:{_SURE_CODE})(?!\w| ?\d)"
    rf"(?: {_NO_TOWN}[^\W\d_][\w'’.-]{{2,30}})?|(?!19|20[0-3])\d{{4}} {_TOWN})"
    rf"|{_TOWN}(?:,?[ \n]{_TOWN}){{0,4}},?[ \n](?:(?:{_SURE_CODE})|(?:{_STATES}) \d{{4}})(?!\w| ?\d)"
    r"|(?:[a-z]{3,20},? ){0,3}[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}(?!\w))"
)
UNITS = frozenset(
    ("apt", "apartment", "suite", "ste", "unit", "flat", "floor", "fl", "level", "studio", "room", "blk", "block")
)
_UNIT_WORDS = (
    r"apt|apartment|suite|ste|unit|flat|floor|fl|level|studio|room|rm|block|blk|lot|piso|puerta|esc(?:alera)?|"
    r"interno|int|"
    r"appartamento|app|piano|scala|whg|wohnung|top|tür|stiege|stock|etage|bus|bte|bât|bâtiment|apto|"
    r"apartamento|bloco|lgh|"
    r"leil|m|lok|kv|кв|d|daire|kat|hus|lejl|rapp|asunto|dept|depto|zip"
)
UNIT_AFTER = re.compile(
    rf"(?i),? ?(?:\d{{1,2}}(?= #)|(?:{_UNIT_WORDS})\b[.:]? ?#?(?:\d\w{{0,4}}|[a-z]\d{{0,4}})(?![\w])|#\d[\w-]{{0,6}}"
    r"|\d{1,2}\.? ?(?:o|a|º|ª|e|st|nd|rd|th|er)?\.? ?"
    r"(?:og|dg|stock|etage|floor|izq\w*|dcha|dto|esq|tv|th|mf|izda|drcha)\b"
    r"|\d{1,2} ?[oaºª]\.? ?[A-H]\b(?! ?\w)|st\.? ?t[hv]\b\.?|[A-Z] ?\d{1,3}\b(?! ?\w))"
)
UNIT_BEFORE = re.compile(
    rf"(?i)(?<!\w)(?:(?:{_UNIT_WORDS})\.? ?#?(?:\d\w{{0,4}}(?:/\d)?|[a-z]\d{{0,3}})(?:,|(?= )) ?"
    r"(?:[^\W\d_][\w'’-]+(?: [^\W\d_][\w'’-]+){0,2}, )?)$"
)
BOXED = (
    *(
        "box",
        "postfach",
        "postbus",
        "postboks",
        "apartado",
        "apdo",
        "caixa",
        "postale",
        "bp",
        "skrytka",
        "bag",
        "casilla",
    ),
    *("postilokero", "pob", "o.b", "packstation", "antwoordnummer", "c.p."),
)
_BOX = re.compile(
    r"(?<!\w)(?i:(?:(?:g\.?)?p[./]? ?o\.? ?|post(?: office)? ?)(?:box|b(?=[ .:]))|p\.?o\.?b\.?(?=[ :])|"
    r"postfach|packstation|antwoordnummer|case postale|"
    r"casilla(?: de correos?| postal)?|(?:r\.?r\.?|hc|psc|cmr|rural route) ?#?\d{1,4},? box|postbus|postboks|"
    r"(?:apartado|apdo\.?)(?: (?:de correos|postal|aéreo))?|"
    r"casella postale|caixa postal|bo[iî]te postale|skrytka pocztowa|(?:locked|private) bag|postilokero)"
    r"[ :.,#]{0,3}(?i:nr?\.?|no\.?|number|n°)? ?\d{1,6}(?: \d{2,3}){0,2}(?! ?\w+ boxes)"
)
_DOUBTFUL_BOX = re.compile(r"(?<!\w)(?:BP|B\.P\.|C\.P\.|[Bb]ox) ?\d{1,6}(?![\w/]|[.,:]\d)")
_CANADIAN_BOX = re.compile(r"(?<!\w)C\.P\. \d{1,6}(?=, [A-Z]|[ .]*(?:\n|$))")
_HOUSES = (
    "cottage|house|farm|farmhouse|lodge|barn|hall|manor|villa|rectory|vicarage|mill|grange|croft|court|willows|oaks|"
    "elms|school house|gatehouse|bungalow|cottages|beeches|laurels|firs|coach house|forge|stables|priory|"
    "mews|lane|street|road"
)
_UK = r"[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}"
HOUSE_NAME = re.compile(
    rf"(?<!\w)(?:The )?(?:(?:[A-Z][\w'’-]+ ){{1,3}}(?i:{_HOUSES})|(?<=The )(?:[A-Z][\w'’-]+ ?){{1,3}})(?:,? ?\n| ?, )"
    rf"(?:[^\n,\d]{{2,40}}(?:,? ?\n| ?, )){{0,3}}[^\n,\d]{{0,40}}?[, \n]{{1,2}}"
    rf"(?:{_UK}(?!\w)|[A-Z]{{1,2}}\d[A-Z\d]?(?=[ .]*(?:\n|$))|[A-Z]\d[\dW] ?[A-Z\d]{{4}}(?!\w))"
)


def find_boxes(text: str) -> Iterator[tuple[int, int]]:
    """Where a post box stands with its number, and with its postcode where there is one."""
    for match in _BOX.finditer(text):
        postal = POSTCODE.match(text, match.end())
        yield match.start(), postal.end() if postal else match.end()
    yield from (match.span() for match in _CANADIAN_BOX.finditer(text))
    for match in _DOUBTFUL_BOX.finditer(text):
        if postal := POSTCODE.match(text, match.end()):
            yield match.start(), postal.end()
