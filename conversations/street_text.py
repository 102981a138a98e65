"""A text in words, numbers and signs, and what speaks for an address at a place of it."""

from __future__ import annotations

import re

from conversations import street_words as words
from conversations.postal_marks import POSTCODE, UNIT_AFTER, UNIT_BEFORE, UNITS

_HINTS, _CUES = frozenset(words.HINTS), frozenset(words.CUES)
_FILLERS, _FOLLOWERS = frozenset(words.FILLERS), frozenset(words.FOLLOWERS)
_TOKEN = re.compile(
    r"\n|\d+(?:bis|ter|[a-zA-Z])?(?:[/–-]\d+[a-zA-Z]?|/[A-Za-z](?!\w)|-(?:hs|bis|ter|bg|bv|huis|[IVX]{1,4}|"
    r"[A-H])(?!\w))*(?![^\W_])|"
    r"[A-Za-z]\.(?:le|zza|za|so|go|da|lo)\b\.?|[^\W_][\w'’]*(?:-[^\W_][\w'’]*)*\.?|[^\s\w]|_"
)
_UNITS = re.compile(
    r"[ ]?(?:[%€$£°‰″]|(?:uhr|h|euros?|eur|km|m|cm|mm|kg|g|gb|mb|min|minut\w*|std|stunden?|tagen?|wochen?|"
    r"monaten?|jahren?|"
    r"personen|leuten?|stück|mal|keer|uur|dagen|jours?|heures?|fois|personnes|horas|veces|días|personas|ore|volte|"
    r"giorni|dias|vezes|times|people|days|hours|weeks|months|years|miles|tickets|stops|kilometer|meter|razy|"
    r"sztuk\w?|osób|"
    r"tim\w+|sek\w*|prozent|percent)\b(?!\.))",
    re.IGNORECASE,
)
_NEXT_WORD = re.compile(r"[ ]([^\W\d_][\w'’]*)")
_LINE_END = re.compile(r"[ ]*(?:[,.;!?]|\n|$)")
_SAID_AFTER = re.compile(
    r"(?i)[,.]? ?(?:(?:is|ist|est|es|è|zu) )?(?:geschickt|gezogen|liefern|schicken|geliefert|zu hause|"
    r"where (?:i|we) live|(?:my|our|the|meine|unsere|die|mon|mi|la|mio|het|mijn|min) (?:\w+ )?"
    r"(?:address|adresse|place|home|street|straße|anschrift|adres|rue|calle|"
    r"indirizzo|dirección|house))"
)
_CALLED_SO = re.compile(
    r"(?i),? (?:is|ist|est|es|è) (?:my|our|the|their|his|her|meine|unsere|die|mon|mi|la|il mio|het|"
    r"mijn) (?:new |right |correct )?"
    r"(?:address|adresse|anschrift|home|street|straße|rue|calle|indirizzo|dirección)(?!\w)"
)
_ELIDED = re.compile(r"(?:[dls]|dell|all|nell|sull|dall|n)['’][^\W\da-zß-öø-ÿ_]")  # "l'Orme"
_FORM = re.compile(  # "Street + no.:"
    r"(?i)(?<!\w)(?:street|str(?:aße|asse|aat|\.)?|rue|calle|indirizzo|ulica|gata|gate|gade|vej|katu|rua|"
    r"morada|logradouro|domicilio|"
    r"(?:address|adresse|addr|adr)[ ]?(?:line)? ?1?|(?:delivery|billing|shipping|home|postal|work) (?:street|to)|"
    r"house(?: name)?|lives? at|lieferung an|ship to|bill to|deliver to|sede|addr?)"
    r"(?:[ ]?(?:[/+&,]|and|und|et|y|e|en|i|og|och)[ ]?[^\W\d_]{1,12}\.?(?: [^\W\d_]{1,8}\.?)?)?[ ]?[:=][ ]{0,2}$"
)
_NUMBER_SAID = re.compile(
    r"(?i)(?<!\w)(?:h|d|house|door|plot|flat|shop|hausn)[. ]{0,2}(?:no|num|number|nr|ummer)[.:]? ?#?$"
)
_ORDINAL = re.compile(r"\d{1,3}(?:st|nd|rd|th)")


class Token:
    """A word, a number, a sign or a line's end; `key` is in small letters and without a dot."""

    __slots__ = ("end", "key", "place", "start", "text")

    def __init__(self, place: int, match: re.Match[str]) -> None:
        self.place, self.text = place, match[0]
        self.key = self.text.lower().rstrip(".")
        self.start, self.end = match.span()

    @property
    def is_word(self) -> bool:
        return self.text[0].isalpha() or bool(_ORDINAL.fullmatch(self.key))

    @property
    def is_capital(self) -> bool:
        first = self.text[0]
        return first.isupper() or first.isdigit() or ("'" in self.text and bool(_ELIDED.match(self.text)))


class StreetText:
    """One text, and a part of it in tokens."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        self.tokens = [Token(place, match) for place, match in enumerate(_TOKEN.finditer(text, max(0, start), end))]

    def before(self, token: Token) -> Token | None:
        """The word that stands before it with only a space between."""
        before = self.tokens[token.place - 1] if token.place else None
        return before if before and before.is_word and before.end + 1 >= token.start else None

    def is_unit(self, house: Token) -> bool:
        before = self.before(house)
        return before is not None and before.key in UNITS

    def is_told(self, first: Token, end: int) -> bool:
        return (
            self.is_announced(first)
            or self.is_postal(end)
            or self.is_line(first, end)
            or bool(_SAID_AFTER.match(self.text, end))
        )

    def is_announced(self, first: Token) -> bool:
        """Whether an announcement stands before it, with nothing but small words between."""
        place = first.place - (first.text[0].isdigit() and self.is_unit(first))
        for token in reversed(self.tokens[max(0, place - 7) : place]):
            if token.key in _CUES or token.key.rpartition("'")[2] in _CUES:
                return True
            if token.key not in _FILLERS and token.text not in ",:=–-\n":
                break
        return self._is_asked(first.start)

    def _is_asked(self, start: int) -> bool:
        """Whether a form asks for it: "Street:", "House no."."""
        near = self.text[max(0, start - 5) : start]
        line = max(0, start - 60)
        return ((":" in near or "=" in near) and bool(_FORM.search(self.text, line, start))) or (
            near.rstrip(" #:.")[-2:].lower() in ("no", "um", "er", "nr")
            and bool(_NUMBER_SAID.search(self.text, line, start))
        )

    def is_hinted(self, first: Token) -> bool:
        for token in reversed(self.tokens[max(0, first.place - 7) : first.place]):
            if token.key in _HINTS or token.key in _CUES:
                return True
            if token.text in ".!?\n":
                return False
        return False

    def is_postal(self, end: int) -> bool:
        return bool(POSTCODE.match(self.text, end))

    def is_line(self, first: Token, end: int) -> bool:
        """Whether it is all that the line says, or the line goes on after a comma."""
        unit = UNIT_BEFORE.search(self.text, max(0, first.start - 40), first.start)
        start = unit.start() if unit else first.start
        while match := UNIT_AFTER.match(self.text, end):
            end = match.end()
        return not self.text[:start].rpartition("\n")[2].strip() and bool(_LINE_END.match(self.text, end))

    def is_said(self, end: int) -> bool:
        """Whether it is called a street or an address right after it."""
        return bool(_CALLED_SO.match(self.text, end))

    def is_all(self, first: Token, end: int) -> bool:
        """Whether the whole text says nothing else."""
        return not self.text[: first.start].strip() and not self.text[end:].strip(" .!,\n")

    def is_counting(self, end: int) -> bool:
        """Whether a unit follows a number: "12 km"."""
        return bool(_UNITS.match(self.text, end))

    def ends(self, end: int) -> bool:
        """Whether what follows a house number is no thing that it counts."""
        if self.is_counting(end):
            return False
        word = _NEXT_WORD.match(self.text, end)
        return (
            not word or word[1].lower() in _FOLLOWERS or bool(UNIT_AFTER.match(self.text, end)) or self.is_postal(end)
        )
