"""A sieve: which of many texts hold a sign without which a rule finds nothing, told by one pass over a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, reduce
from itertools import accumulate
from operator import and_, or_
from typing import Any

_INVISIBLE = "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"

_SHORT = 250  # characters of a sign; many long ones in one pattern are slower than one after the other
WORTHWHILE = 50  # texts; for fewer, reading the signs takes longer than the rule itself


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
        raw = [_bytes(text) for text in texts]
        column = _column([text or b"" for text in raw])
        held = _disguised(column) if self.disguised else _nowhere(column)
        for first, rests in _by_first(self.signs).items():
            held |= _held(column, first, rests)
        passed: list[bool] = held.tolist()
        return [through or text is None for through, text in zip(passed, raw, strict=True)] if None in raw else passed


@cache
def _by_first(signs: tuple[tuple[str, ...], ...]) -> dict[str, list[tuple[str, ...]]]:
    """Signs by their first part, which is looked for once; short ones of a single part are looked for together."""
    short = [f"(?:{sign[0]})" for sign in signs if len(sign) == 1 and len(sign[0]) < _SHORT]
    found: dict[str, list[tuple[str, ...]]] = {"|".join(short): [()]} if short else {}
    for first, *rest in signs:
        if rest or len(first) >= _SHORT:
            found.setdefault(first, []).append(tuple(rest))
    return found


def _held(column: Any, first: str, rests: Sequence[tuple[str, ...]]) -> Any:
    """Where one of some signs is held that begin with the same part."""
    import numpy as np
    import pyarrow.compute as pc

    match = pc.match_substring_regex(column, first)
    held = _bits(match)
    if () not in rests and held.any():
        left = column.filter(match)
        parts = ([_bits(pc.match_substring_regex(left, part)) for part in rest] for rest in rests)
        held[np.flatnonzero(held)] = reduce(or_, (reduce(and_, each) for each in parts))
    return held


def _bits(truths: Any) -> Any:
    """An Arrow column of truths without gaps, for numpy; `to_numpy` would import pandas."""
    import numpy as np

    raw = np.frombuffer(truths.buffers()[1], dtype=np.uint8)
    return np.unpackbits(raw, count=len(truths), bitorder="little").astype(bool)


def _nowhere(column: Any) -> Any:
    import numpy as np

    return np.zeros(len(column), dtype=bool)


def any_of(words: str) -> str:
    """A sign for one of these words, which `|` parts, in whatever case."""
    return f"(?i){words}"


def _bytes(text: str) -> bytes | None:
    """The text in UTF-8; nothing where it holds half of a surrogate pair, which no column can."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return None


def _column(raw: Sequence[bytes]) -> Any:
    """The texts as one column, put together by hand: `pyarrow.array` would import pandas."""
    import numpy as np
    import pyarrow as pa

    ends = np.fromiter(accumulate(map(len, raw), initial=0), dtype=np.int64, count=len(raw) + 1)
    return pa.LargeStringArray.from_buffers(len(raw), pa.py_buffer(ends), pa.py_buffer(b"".join(raw)))


def _disguised(column: Any) -> Any:
    import pyarrow.compute as pc

    changed = pc.not_equal(pc.utf8_normalize(column, "NFKC"), column)
    return _bits(pc.or_(changed, pc.match_substring_regex(column, _INVISIBLE)))
