"""Surrogates: made-up values in the stead of placeholders, from ranges that are reserved and so belong to nobody."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from conversations.privacy import find_private
from conversations.roster import NameFinder

_PLACEHOLDER = re.compile(r"<(?P<kind>EMAIL|PHONE|CARD|IBAN|IP|ID|ADDRESS|NAME)(?:_(?P<number>\d{1,9}))?>")
_TRIES = 50

# First and last names that hold no common word of the languages that are handled, and name nobody together.
_FIRST = """
Alva Bastien Celina Damir Elisa Fabian Greta Hanno Ilka Jorin Kaja Linus Malin Nuria Oskar Paulina Quentin Rasmus
Selma Tarek Ulrike Vico Wanda Yannis Zora Amira Benno Clea Dario Edda Filipa Gianni Hedda Ivo Jolanda Kilian
"""
_LAST = """
Abendrot Belcastro Czernik Dragomir Eikenhof Fjellstad Grunwaldt Haverkorn Iversholt Jankovics Kestrelby Lindqvar
Montefiori Nordhaven Oakhollow Petrovski Quillfeather Rosendaal Silvestrin Thornbury Uhlenhorst Vandermolen Wexcombe
Yarborough Zielkowski Ashgrove Brackenridge Coldwater Dunmoor Elmsworth
"""


def _email(draw: Callable[[int], int]) -> str:
    first, last = _pick(_FIRST, draw), _pick(_LAST, draw)
    return f"{first}.{last}{draw(90) + 10}@example.{('com', 'org', 'net')[draw(3)]}".lower()  # RFC 2606


def _phone(draw: Callable[[int], int]) -> str:
    return f"+1 {(202, 303, 404, 505, 606)[draw(5)]}-555-01{draw(100):02d}"  # NANP: 555-0100 to 0199 are for fiction


def _card(draw: Callable[[int], int]) -> str:
    # What payment processors publish for tests; none was ever issued.
    return ("4242 4242 4242 4242", "4000 0566 5566 5556", "5555 5555 5555 4444", "5105 1051 0510 5100")[draw(4)]


def _iban(draw: Callable[[int], int]) -> str:
    from stdnum.iso7064 import mod_97_10

    bban = f"TEST{draw(10**6):06d}{draw(10**8):08d}"  # no bank in the United Kingdom is called TEST
    whole = f"GB{mod_97_10.calc_check_digits(bban + 'GB')}{bban}"
    return " ".join(whole[i : i + 4] for i in range(0, len(whole), 4))


def _address(draw: Callable[[int], int]) -> str:
    return f"{('192.0.2', '198.51.100', '203.0.113')[draw(3)]}.{draw(254) + 1}"  # RFC 5737


def _national_id(draw: Callable[[int], int]) -> str:
    return f"987-65-43{20 + draw(10)}"  # US Social Security Administration: 987-65-4320 to 4329 are for advertising


def _street(draw: Callable[[int], int]) -> str:
    return f"{draw(190) + 1} {_pick(_LAST, draw)} Street"


def _name(draw: Callable[[int], int]) -> str:
    return f"{_pick(_FIRST, draw)} {_pick(_LAST, draw)}"


_MAKERS: Mapping[str, Callable[[Callable[[int], int]], str]] = {
    "EMAIL": _email,
    "PHONE": _phone,
    "CARD": _card,
    "IBAN": _iban,
    "IP": _address,
    "ID": _national_id,
    "ADDRESS": _street,
    "NAME": _name,
}


@dataclass(slots=True)
class Surrogates:
    """Puts made-up values for the placeholders of one conversation; the same placeholder is always the same value.

    They come from the key, the conversation and the placeholder alone, so nothing of what was replaced is in them.
    `names` are people who must not be made up again.
    """

    key: bytes
    conversation: str
    names: NameFinder | None = None
    _given: dict[str, str] = field(default_factory=dict)

    def dress(self, text: str) -> str:
        """The text with a surrogate for each placeholder; `<KEY>` stays, for nobody learns keys."""
        return _PLACEHOLDER.sub(lambda match: self._surrogate(match["kind"], match.group()), text)

    def leaks(self, text: str) -> bool:
        """Whether a text that was dressed holds anything private that is no surrogate of this conversation."""
        hidden = text
        for value in sorted(self._given.values(), key=len, reverse=True):
            hidden = hidden.replace(value, "…")
        return bool(find_private(hidden, roster=self.names))

    def _surrogate(self, kind: str, placeholder: str) -> str:
        if placeholder not in self._given:
            taken = set(self._given.values())
            made = (_MAKERS[kind](self._draws(placeholder, n)) for n in range(_TRIES))
            fresh = (value for value in made if value not in taken and not self._is_somebody(value))
            self._given[placeholder] = next(fresh, placeholder)
        return self._given[placeholder]

    def _is_somebody(self, value: str) -> bool:
        return self.names is not None and any(True for _ in self.names.find(value))

    def _draws(self, placeholder: str, attempt: int) -> Callable[[int], int]:
        """Numbers below a limit, one after another, that the key and the place decide."""
        count = 0

        def draw(below: int) -> int:
            nonlocal count
            count += 1
            seed = f"{self.conversation}\x1f{placeholder}\x1f{attempt}\x1f{count}".encode("utf-8", "surrogatepass")
            return int.from_bytes(hmac.new(self.key, seed, hashlib.sha256).digest()[:8]) % below

        return draw


def _pick(words: str, draw: Callable[[int], int]) -> str:
    listed = words.split()
    return listed[draw(len(listed))]
