"""Where the name of a street begins and ends among words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from conversations import street_words as words
from conversations.postal_marks import UNITS
from conversations.street_text import Token

_ROADS = frozenset(words.ROADS)
_ROADS_AND_PLACES = _ROADS | frozenset(words.PLACES)
_LEADS = frozenset(words.LEADS)
_CUES, _FILLERS, _FOLLOWERS = frozenset(words.CUES), frozenset(words.FILLERS), frozenset(words.FOLLOWERS)
_NUMBERED = frozenset(words.COUNTED) | frozenset(words.NUMBERED)
_ORDINAL = re.compile(r"\d{1,3}(?:st|nd|rd|th)")


def is_name(token: Token) -> bool:
    return len(token.key) > 2 or (len(token.key) == 2 and token.is_capital and token.key.isalpha())


def is_road(ahead: Sequence[Token]) -> bool:
    last = last_kind(ahead)
    return last > 0 and ahead[last].key in _ROADS and all(token.is_capital for token in ahead[: last + 1])


def is_last_of_sentence(token: Token) -> bool:
    return (
        token.text[-1] == "."
        and len(token.key) > 2
        and token.key not in words.SHORT
        and not token.key.endswith(("str", *words.SHORT_ENDINGS))
    )


def name_after(ahead: Sequence[Token]) -> list[Token]:
    """The words of a name: the capitalised ones with what joins them, or up to three small ones."""
    name: list[Token] = []
    for token in ahead:
        if token.key in UNITS:
            break
        if (
            token.is_capital
            or (token.key in words.PARTICLES and len(name) < 8)
            or (not any(t.is_capital for t in name) and len(name) < 3 and token.key not in _FOLLOWERS)
        ):
            name.append(token)
        else:
            break
    while name and name[-1].key in words.PARTICLES | _FOLLOWERS:
        name.pop()
    return name


def last_kind(ahead: Sequence[Token]) -> int:
    """Where the word for street stands: the last one before a small word that is none, after a name."""
    found = -1
    for at, token in enumerate(ahead[:6]):
        is_kind = token.key in _ROADS_AND_PLACES or token.key.removesuffix("s") in _ROADS_AND_PLACES
        after_road = found >= 0 and ahead[found].key in _ROADS and found < at - 1
        if (
            at
            and is_kind
            and not after_road
            and (found < 0 or token.is_capital or (found == at - 1 and token.key in _ROADS))
        ):
            found = at
        elif found >= 0 and not token.is_capital:
            break
        elif _ORDINAL.fullmatch(token.key) and found < 0:
            found = at
    return found


def first_of_name(behind: Sequence[Token]) -> Token:
    """Where the name begins that the last word ends: "Alte" of "Alte Hafenstraße"."""
    first = behind[-1]
    for token in reversed(behind[max(0, len(behind) - 4) : -1]):
        if token.is_capital and token.key in _LEADS:
            return token
        if token.key in _CUES or (token.key in _FILLERS and token.key not in ("van", "de", "den")):
            break
        if token.is_capital or (
            token.key not in words.PARTICLES and behind[token.place - behind[0].place + 1].key in words.PARTICLES
        ):
            first = token
        elif token.key not in words.PARTICLES:
            break
    return first


def is_plain(named: Sequence[Token]) -> bool:
    """Whether one of the words is too common for a name."""
    return any(token.key in _NUMBERED or token.key in _FILLERS or token.key in _FOLLOWERS for token in named)
