"""Reads a text for house numbers, and tells by the words around one whether it is a street's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from conversations import street_words as words
from conversations.postal_marks import POSTCODE, UNIT_AFTER, UNIT_BEFORE
from conversations.street_names import (
    first_of_name,
    is_last_of_sentence,
    is_name,
    is_plain,
    is_road,
    last_kind,
    name_after,
)
from conversations.street_text import StreetText, Token

_ROADS = frozenset(words.ROADS)
_FRENCH, _FRENCH_PLACES = frozenset(words.FRENCH), frozenset(words.FRENCH_PLACES)
_KINDS, _LEADS = frozenset(words.KINDS_FIRST), frozenset(words.LEADS)
_HINTS, _ENDINGS = frozenset(words.HINTS), frozenset(words.ENDINGS)
_CUES, _FILLERS, _FOLLOWERS = frozenset(words.CUES), frozenset(words.FILLERS), frozenset(words.FOLLOWERS)
_COUNTED, _ALONE = frozenset(words.COUNTED), frozenset(words.ALONE)
_NUMBERED = _COUNTED | frozenset(words.NUMBERED)
_HOUSE = re.compile(
    r"\d{1,5}(?:bis|ter|[a-zA-Z])?(?:[/–-]\d{1,4}[a-zA-Z]?|/[A-Za-z]|-(?:hs|bis|ter|bg|bv|huis|[IVX]{1,4}|[A-H])){0,3}"
)
_BEFORE_HOUSE = ("str.", " no:", " no.", " nr.", " nr:", " n.")
_JOINS = frozenset((*",.$€£#:+-/*=",))
_NO_HOUSE = re.compile(r"[%€$£°/]|[.,:]\d|-\w")
_TAIL = re.compile(r" (?:(?:bis|ter|hs|huis)(?!\w| \d)|[A-Z](?: \d{1,3})?(?![\w:'’])|[a-z](?= *(?:$|[,;\n])))")
_YEAR = re.compile(r"(?:19\d|20[0-3])\d")
_ROMAN = re.compile(r"[ivx]+")
_COUNTED_THINGS = _COUNTED - _ROADS
_NO_STREET = _NUMBERED - {"bahnhof", "marktplatz", "spielplatz"}  # "Zum Bahnhof 2" is one
_SMALL_WORDS = _FILLERS - words.PARTICLES
_LEADING = words.DIRECTIONS | {"el", "la", "las", "los"}


class StreetReader:
    """Finds addresses in a part of one text."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self._text = StreetText(text, start, end)

    def find(self) -> Iterator[tuple[int, int]]:
        done = 0
        for token in self._text.tokens:
            if token.text[0] in "0123456789" and token.start >= done and self._is_house(token):
                span = self._first(token) or self._last(token)
                if span:
                    whole = self._whole(*span)
                    done = whole[1]
                    yield whole
                    yield span  # should something else stand where the whole one does

    def _is_house(self, house: Token) -> bool:
        before = self._text.text[max(0, house.start - 4) : house.start].lower()
        if not _HOUSE.fullmatch(house.text) or (before[-1:] in _JOINS and not before.endswith(_BEFORE_HOUSE)):
            return False
        after = self._text.tokens[house.place + 1].key if house.place + 1 < len(self._text.tokens) else ""
        return after not in _COUNTED and not _NO_HOUSE.match(self._text.text, house.end)

    # The number first: "12 Harbour Road", "12 rue des Lilas", "1402 Broadway".

    def _first(self, house: Token) -> tuple[int, int] | None:
        road = _NUMBERED_ROAD.match(self._text.text, house.end)
        if road and (any(map(str.isupper, road[0])) or self._text.is_told(house, road.end())):
            return house.start, road.end()
        ahead = self._ahead(house)
        if not ahead or self._is_counted(house, ahead):
            return None
        end = self._kind_then_name(house, ahead) or self._name_then_kind(house, ahead)
        if not end and self._text.text[house.end] != "," and not self._text.is_unit(house):
            end = self._alone(house, ahead) or self._unkind(house, ahead)
        before = self._text.before(house)
        return (before.start if before and self._text.is_unit(house) else house.start, end) if end else None

    def _ahead(self, house: Token) -> list[Token]:
        """The words after a number, up to a sign."""
        found: list[Token] = []
        for token in self._text.tokens[house.place + 1 : house.place + 10]:
            if not found and (token.key in ("bis", "ter", "quater") or token.text == ","):
                continue
            if not token.is_word or (found and token.start > found[-1].end + 1):
                break
            found.append(token)
            if is_last_of_sentence(token):
                break
        return found

    def _is_counted(self, house: Token, ahead: Sequence[Token]) -> bool:
        """Whether the number belongs to the word before it, or says how many."""
        if ahead[0].key in _COUNTED:
            return True
        before = self._text.before(house)
        if not before:
            return False
        counts = before.key in words.BEFORE_COUNTS and before.text[-1] != "."
        dated = before.key in words.BEFORE_YEARS and not (before.key == "from" and is_road(ahead))
        return counts or (dated and bool(_YEAR.fullmatch(house.text)))

    def _kind_then_name(self, house: Token, ahead: list[Token]) -> int:
        skipped = 0
        while skipped < 2 and ahead[skipped].key in _LEADING and len(ahead) > skipped + 2:
            skipped += 1
        kind = ahead[skipped]
        is_french, may_be = kind.key in _FRENCH, kind.key in _FRENCH_PLACES
        if not (is_french or may_be or (kind.key in _KINDS and len(kind.key) > 2 and kind.is_capital)):
            return 0
        name = name_after(ahead[skipped + 1 :])
        if not name:
            return 0
        end, capital = name[-1].end, any(token.is_capital for token in name)
        if capital or (is_french and name[0].key in words.PARTICLES):
            return end
        return end if (is_french or may_be) and (self._text.is_announced(house) or self._text.is_postal(end)) else 0

    def _name_then_kind(self, house: Token, ahead: list[Token]) -> int:
        last = last_kind(ahead)
        if last < 0:
            return 0
        named, kind, end = ahead[:last], ahead[last], ahead[last].end
        if any(token.key in _COUNTED for token in named) or (kind.key in _COUNTED_THINGS and not kind.is_capital):
            return 0
        following = ahead[last + 1] if last + 1 < len(ahead) else None
        if following and following.key in words.DIRECTIONS:
            end, following = following.end, None
        if numbered := _NUMBER_OF_KIND.match(self._text.text, end):
            end = numbered.end()
        capital = all(
            token.is_capital or token.key in words.PARTICLES or token.key in words.DIRECTIONS for token in named
        )
        is_open = not following or following.key in _FOLLOWERS
        if capital and kind.key in _ROADS and (is_open or not _YEAR.fullmatch(house.text)):
            return end
        if capital and len(house.text) > 2 and self._is_at(house):
            return end
        if capital and kind.is_capital:
            clear = is_open and not any(t.key in _NUMBERED for t in named) and not self._is_title(house)
            return end if clear or self._text.is_told(house, end) else 0
        if is_plain(named):
            return 0
        told = self._text.is_told(house, end) or self._text.is_hinted(house)
        return end if (kind.key in _ROADS and told) or (is_open and self._text.is_announced(house)) else 0

    def _is_at(self, house: Token) -> bool:
        """Whether somebody or something is there, or goes there."""
        before = self._text.before(house)
        return before is not None and before.key in ("at", "to", "on")

    def _is_title(self, house: Token) -> bool:
        """Whether the number belongs to a name: "Century 25". Where a sentence begins, a capital says nothing."""
        before = self._text.before(house)
        if not before or self._text.is_unit(house):
            return False
        return before.is_capital and before.place > 0 and self._text.tokens[before.place - 1].is_word

    def _alone(self, house: Token, ahead: list[Token]) -> int:
        at = 1 if ahead[0].key in ("the", *words.DIRECTIONS, "southwest", "southeast") and len(ahead) > 1 else 0
        street, following = ahead[at], ahead[at + 1] if at + 1 < len(ahead) else None
        if street.key not in _ALONE or (
            following and following.key not in _FOLLOWERS and not self._text.is_announced(house)
        ):
            return 0
        return street.end if street.is_capital or self._text.is_told(house, street.end) else 0

    def _unkind(self, house: Token, ahead: list[Token]) -> int:
        """The end of a name without a word for street: only where something else tells that it is one."""
        turned = len(ahead) > 1 and ahead[0].key in words.DIRECTIONS
        name = name_after(ahead[turned:])[:4]
        if not name or len(name[0].key) < 2 or any(token.key in _NUMBERED for token in name):
            return 0
        end, announced = name[-1].end, self._text.is_announced(house)
        is_said = len(name) < 4 and self._text.is_said(end) and not any(token.key in _HINTS for token in name)
        if is_said and not is_plain(name) and not self._is_title(house):
            return end
        if self._text.is_postal(end) and (name[0].is_capital or announced):
            return end
        said = announced and self._text.ends(end) and not is_plain(name)
        return end if said and _ADDRESSED.search(self._text.text, max(0, house.start - 12), house.start) else 0

    # The number last: "Hafenstraße 12", "Calle Mayor 12", "Unter den Eichen 12".

    def _last(self, house: Token) -> tuple[int, int] | None:
        behind = self._behind(house)
        end = house.end
        if tail := _TAIL.match(self._text.text, end):
            end = tail.end()
        if (
            not behind
            or (len(house.text) > 4 and house.text.isdigit())
            or self._text.is_counting(end)
            or self._text.is_unit(house)
        ):
            return None
        if _YEAR.fullmatch(house.text) and behind[-1].key in words.BEFORE_YEARS:
            return None
        for rule in (self._joined, self._kind_first, self._led, self._nameless):
            if first := rule(behind, end):
                return first.start, end
        return None

    def _behind(self, house: Token) -> list[Token]:
        """The words before a number, back to a sign."""
        at = house.place - 1
        while at >= max(0, house.place - 3) and (
            self._text.tokens[at].text in ",.:" or self._text.tokens[at].key in words.NUMBER_SIGNS
        ):
            at -= 1
        if at == house.place - 2 and self._text.tokens[at + 1].text == ":":
            return []
        found: list[Token] = []
        while at >= 0 and len(found) < 7 and self._goes_on(self._text.tokens[at], found[0] if found else None):
            found.insert(0, self._text.tokens[at])
            at -= 1
        return found

    def _goes_on(self, token: Token, after: Token | None) -> bool:
        """Whether a word before a house number belongs to the words that follow it."""
        if token.is_word:
            return token.key in _KINDS or not is_last_of_sentence(token)
        if token.text == "/":
            return token.place > 0 and self._text.tokens[token.place - 1].key == "c"
        return (
            (token.text == "." or token.text.isdigit())
            and after is not None
            and (after.key in words.AFTER_DAYS or not after.key)
        )

    def _joined(self, behind: list[Token], end: int) -> Token | None:
        kind = behind[-1]
        if kind.text[-1] == "." and kind.key.endswith(words.SHORT_ENDINGS):
            apart = kind.key in words.SHORT_ENDINGS and len(behind) > 1 and behind[-2].is_capital
            return first_of_name(behind) if apart or (kind.is_capital and len(kind.key) > 4) else None
        is_named = len(behind) > 1 and behind[-2].is_capital and kind.key in _ENDINGS
        if kind.key in _NUMBERED and not is_named:
            return None
        ending = next((length for length in range(min(10, len(kind.key)), 1, -1) if kind.key[-length:] in _ENDINGS), 0)
        own = len(kind.key) - ending >= 2
        if not ending or not (own or len(kind.key) == ending):
            return None
        first = first_of_name(behind)
        if first is kind and not own:
            if len(behind) < 2 or not self._text.is_announced(behind[-2]):
                return None
            first = behind[-2]
        capital, sure = first.is_capital, any(kind.key.endswith(e) for e in words.SURE_ENDINGS)
        if sure and (capital or (own and self._text.ends(end))):
            return first
        if (own or capital) and self._text.is_told(first, end):
            return first
        named = capital and (own or first is not kind)
        return first if named and self._text.is_hinted(first) and self._text.ends(end) else None

    def _kind_first(self, behind: list[Token], end: int) -> Token | None:
        for at, kind in enumerate(behind[:-1]):
            if kind.key not in _KINDS or (
                len(kind.key) <= 2 and kind.text[-1] != "." and kind.key != "ul" and behind[at + 1].text != "/"
            ):
                continue
            named = [token for token in behind[at + 1 :] if token.text not in "/."]
            dated = any(token.text.isdigit() or _ROMAN.fullmatch(token.key) for token in named)
            proper = [token for token in named if token.key not in words.PARTICLES]
            if not named or named[-1].key in words.JOINING:
                continue
            capital = bool(proper) and all(token.is_capital or _ROMAN.fullmatch(token.key) for token in proper)
            sure = capital and kind.key in words.SURE_KINDS
            numbered = not (sure or dated) and any(token.key in _NUMBERED for token in named)
            if numbered or not any(is_name(token) for token in named):
                continue
            vague = kind.key in words.DISTRICTS and self._is_small(end) and named[0].key not in ("via", "vía")
            if (
                sure
                or (capital and not vague and self._text.ends(end))
                or self._text.is_announced(kind)
                or self._text.is_postal(end)
            ):
                return kind
            told = (
                self._text.is_told(kind, end)
                if kind.key in words.SURE_KINDS
                else kind.key in words.BARE_KINDS and self._text.is_all(kind, end)
            )
            told = told or "." in kind.key
            if told and not any(token.key in _SMALL_WORDS for token in named):
                return kind
        return None

    def _led(self, behind: list[Token], end: int) -> Token | None:
        for at, lead in enumerate(behind[:-1]):
            two = at + 2 < len(behind) and f"{lead.key} {behind[at + 1].key}" in _LEADS
            named = behind[at + 1 + two :]
            if not (two or lead.key in _LEADS) or len(named) > 3:
                continue
            postal = self._text.is_postal(end)
            announced = self._text.is_announced(lead)
            no_street = _NO_STREET if announced and lead.is_capital else _NUMBERED
            counted = any(token.key in no_street for token in named)
            if (not postal and counted) or not self._text.ends(end):
                return None
            told = postal or announced
            inside = lead.is_capital and not _SENTENCE_START.search(self._text.text, max(0, lead.start - 3), lead.start)
            if told or (named[-1].is_capital and (inside or (lead.is_capital and self._text.is_line(lead, end)))):
                return lead
        return None

    def _is_small(self, end: int) -> bool:
        """Whether the number may be a sequel's: "De Sims 4", "Gran Turismo 7"."""
        return not self._text.text[end - 2 : end].isdigit()

    def _nameless(self, behind: list[Token], end: int) -> Token | None:
        cut = max(
            (at + 1 for at, t in enumerate(behind) if t.key in _CUES or (t.key in _FILLERS and not t.is_capital)),
            default=0,
        )
        named = behind[cut:]
        if (
            len(named) == 2
            and named[0].key in ("de", "het")
            and not self._is_small(end)
            and self._text.is_all(named[0], end)
            and named[1].is_capital
        ):
            return named[0]
        if not named or len(named) > 4 or any(token.key in _NUMBERED for token in named) or not self._text.ends(end):
            return None
        first = named[0]
        announced = self._text.is_announced(first) and (not cut or behind[cut - 1].key not in words.SENDING)
        if (self._text.is_postal(end) and first.is_capital) or (
            announced and (first.is_capital or not is_plain(named))
        ):
            return first
        return None

    # What speaks for it.

    def _whole(self, start: int, end: int) -> tuple[int, int]:
        """With the flat, the postcode and the town."""
        if match := _RANGE_BEFORE.search(self._text.text, max(0, start - 9), start):
            start = match.start()
        if match := _RANGE_AFTER.match(self._text.text, end):
            end = match.end()
        while unit := UNIT_BEFORE.search(self._text.text, max(0, start - 60), start):
            start = unit.start()
        if sign := _SIGN_BEFORE.search(self._text.text, max(0, start - 8), start):
            start = sign.start()
        while match := UNIT_AFTER.match(self._text.text, end):
            end = match.end()
        if postal := POSTCODE.match(self._text.text, end):
            end = postal.end()
        if self._text.text[end - 1] == "." and end - 1 > start:
            end -= 1
        return start, end


_SIGN_BEFORE = re.compile(r"(?i)(?<!\w)(?:h\.? ?)?(?:no|nr|n°)[.:]? ?$")
_RANGE_BEFORE = re.compile(r"(?<![\w.,:/-])\d{1,4}[a-zA-Z]? ?[-–&+] ?$")
_RANGE_AFTER = re.compile(r"(?:(?<=\d)|(?<=\d[a-zA-Z])) ?[-–&+] ?\d{1,4}[a-zA-Z]?(?![\w:]|[.,]\d)")
_SENTENCE_START = re.compile(r"(?:^|[.!?\n])[ ]*$")
_ADDRESSED = re.compile(
    r"(?i)(?:\b(?:to|at|is|2|an|in|nach|au|à|est|en|a|es|op|naar|na|em|para|på|till|til|w|do|ist|è)[ ]|[:\n][ ]?)$"
)
_NUMBER_OF_KIND = re.compile(r" [0-9]{1,2}(?= ?(?:$|[,#\n]))")  # "Ang Mo Kio Avenue 3"
_NUMBERED_ROAD = re.compile(
    r"(?i),? (?:[NSEW]\.? |(?:north|south|east|west) )?(?:(?:state|county|us|u\.s\.|old|rural|farm to market) )?"
    r"(?:(?:highway|hwy|route|rte|road|cr|fm|soi|(?:range|township|rge|twp|concession) (?:road|rd)|sideroad|"
    r"line|rang)\.? "
    r"\d{1,4}(?: [NSEW]\b)?(?!\w)"
    r"|\d{1,3} (?:street|st|avenue|ave)\b\.?(?: (?:[NS][EW]?|[EW])\b)?)"
)
