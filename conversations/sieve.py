"""A sieve: which of many texts hold a sign without which a rule finds nothing, told in one pass over a column of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_INVISIBLE = "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"


@dataclass(frozen=True, slots=True)
class Sieve:
    """Signs in the syntax of RE2 (no look-around), of which a text has to hold one; all parts of one are needed.

    A rule that is asked about each text in turn spends most of its time on texts that have nothing for it. With
    `disguised`, texts that look-alike or invisible characters change are let through as well.
    """

    signs: tuple[tuple[str, ...], ...]
    disguised: bool = False

    def __or__(self, other: Sieve) -> Sieve:
        return Sieve(self.signs + other.signs, self.disguised or other.disguised)

    def through(self, texts: Sequence[str]) -> list[bool]:
        """For each text whether the rule has to look at it."""
        import pyarrow.compute as pc

        column = _column(texts)
        found = _disguised(column) if self.disguised else pc.is_null(column)
        for parts in self.signs:
            held = pc.match_substring_regex(column, parts[0])
            for part in parts[1:]:
                held = pc.and_(held, pc.match_substring_regex(column, part))
            found = pc.or_(found, held)
        passed: list[bool] = pc.fill_null(found, fill_value=True).to_pylist()
        return passed


def any_of(words: str) -> str:
    """A sign for one of these words, which `|` parts, in whatever case."""
    return f"(?i){words}"


def _column(texts: Sequence[str]) -> Any:
    """The texts as one column; what is no Unicode (half of a surrogate pair) is nothing there."""
    import pyarrow as pa

    try:
        return pa.array(texts, pa.large_string())
    except UnicodeEncodeError:
        return pa.array([text if _is_unicode(text) else None for text in texts], pa.large_string())


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _disguised(column: Any) -> Any:
    import pyarrow.compute as pc

    changed = pc.not_equal(pc.utf8_normalize(column, "NFKC"), column)
    return pc.or_(changed, pc.match_substring_regex(column, _INVISIBLE))
