"""Dates as people's programs write them, whose order of day and month is known only from all of them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Literal, get_args

DateOrder = Literal["dmy", "mdy", "ymd"]
DATE_ORDERS: tuple[DateOrder, ...] = get_args(DateOrder)

_MORNING = ("am", "上午", "오전", "午前", "ص", "पूर्वाह्न", "πμ", "öö", "de", "sa", "pg")
_AFTERNOON = ("pm", "下午", "오후", "午後", "م", "अपराह्न", "μμ", "ös", "du", "ch", "ptg")


@dataclass(frozen=True, slots=True)
class Written:
    """A time as it is written: three numbers of a date in the order they stand, and a time of day."""

    numbers: tuple[int, int, int]
    year_first: bool
    dotted: bool
    at: time

    def in_order(self, order: DateOrder) -> datetime | None:
        """The moment, or None where there is no such day; two digits are a year of this century."""
        a, b, c = self.numbers
        year, month, day = {"dmy": (c, b, a), "mdy": (c, a, b), "ymd": (a, b, c)}[order]
        try:
            return datetime.combine(date(year + 2000 if year < 100 else year, month, day), self.at, UTC)
        except ValueError:
            return None


@dataclass(slots=True)
class Evidence:
    """What all dates of a file together say about their order."""

    possible: dict[DateOrder, int] = field(default_factory=lambda: dict.fromkeys(DATE_ORDERS, 0))
    backwards: dict[DateOrder, int] = field(default_factory=lambda: dict.fromkeys(DATE_ORDERS, 0))
    count: int = 0
    dotted: int = 0
    year_first: int = 0
    _last: dict[DateOrder, datetime] = field(default_factory=dict)

    def add(self, written: Written) -> None:
        self.count += 1
        self.dotted += written.dotted
        self.year_first += written.year_first
        for order in DATE_ORDERS:
            moment = written.in_order(order) if (order == "ymd") == written.year_first else None
            if moment is not None:
                self.possible[order] += 1
                self.backwards[order] += order in self._last and (self._last[order] - moment).days >= 1
                self._last[order] = moment

    def order(self) -> DateOrder | None:
        """The order that all dates agree with; None where two are as good as each other.

        Evidence is, in this order: a year of four digits in front, a number over 12, dots (no country writes the
        month first with dots), and that a log goes forward in time.
        """
        if self.count and self.year_first == self.count:
            return "ymd"
        best = max(self.possible.values(), default=0)
        left = [order for order in DATE_ORDERS if self.possible[order] == best and best]
        if len(left) > 1 and self.dotted == self.count:
            left = [order for order in left if order == "dmy"] or left
        if len(left) > 1:
            fewest = min(self.backwards[order] for order in left)
            left = [order for order in left if self.backwards[order] == fewest]
        return left[0] if len(left) == 1 else None


def western(text: str) -> str:
    """The text with all digits as 0 to 9, and without marks of direction and unusual spaces."""
    if text.isascii():
        return text
    return "".join(_plain(character) for character in text)


def _plain(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if unicodedata.category(character) == "Cf":
        return ""
    return " " if unicodedata.category(character) == "Zs" else character


_NO_HALF = ("", "uhr", "h", "hrs", "klo")


def clock(hour: str, minute: str, *, second: str = "0", half: str = "") -> time | None:
    """A time of day, or None; `half` is the word for before or after noon. One that is not known is not guessed."""
    said = half.casefold().replace(".", "").replace(" ", "")
    hours = int(hour)
    if said in _AFTERNOON and hours < 12:
        hours += 12
    elif said in _MORNING and hours == 12:
        hours = 0
    elif said not in (*_NO_HALF, *_MORNING, *_AFTERNOON):
        return None
    try:
        return time(hours, int(minute), int(second or 0))
    except ValueError:
        return None
