"""Similarity: which of many texts are nearly the same, by MinHash over runs of five characters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_SIZE = 5  # characters of a shingle; one changed word of twenty leaves 0.8 of them, but 0.56 of runs of five words
_PERMUTATIONS = 128
_BAND = 3
_BANDS = _PERMUTATIONS // _BAND
_SEED = 42
_AT_ONCE = 20_000  # pairs
_OLDER = (1 << 32) - 1  # the lower half of a number that stands for a pair

_MIX = np.uint64(0x9E3779B97F4A7C15)


def shingles(text: str) -> list[str]:
    return list({text[i : i + _SIZE] for i in range(max(1, len(text) - _SIZE + 1))})


def signatures(texts: Sequence[str]) -> Any:
    """MinHash signatures of texts made `plain`: a matrix of 32-bit numbers, one row a text."""
    if not texts:
        return np.zeros((0, _PERMUTATIONS), dtype=np.uint32)
    return np.concatenate([_matrix(texts[start : start + 500]) for start in range(0, len(texts), 500)])


def _matrix(texts: Sequence[str]) -> Any:
    from rensa import RMinHash

    hashes, bounds = _hashed_shingles(texts)
    made = RMinHash.digest_matrix_from_flat_token_hashes(hashes, bounds, num_perm=_PERMUTATIONS, seed=_SEED)
    return np.array(made.to_rows(), dtype=np.uint32)


def _hashed_shingles(texts: Sequence[str]) -> tuple[Any, Any]:
    """64-bit hashes of the shingles of all texts in a row, and where each text's begin and end.

    One array for all letters: a string for each shingle would take twenty times as long.
    """
    padded = [text.ljust(_SIZE, "\0") for text in texts]
    letters = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    ends = np.cumsum([len(text) for text in padded])
    hashes = np.zeros(len(letters) - _SIZE + 1, dtype=np.uint64)
    for place in range(_SIZE):
        hashes = (hashes ^ letters[place : place + len(hashes)]) * _MIX
        hashes ^= hashes >> np.uint64(29)
    is_whole = np.ones(len(hashes), dtype=bool)
    for place in range(1, _SIZE):
        is_whole[ends[:-1] - place] = False  # begins in one text and ends in the next
    bounds = ends - (_SIZE - 1) * np.arange(1, len(ends) + 1)
    return hashes[is_whole], np.concatenate(([0], bounds)).astype(np.uint64)


class Sketches:
    """What is kept of many texts to compare them: 128 bytes each, whatever their length."""

    def __init__(self) -> None:
        self._low = bytearray()  # the low bytes of all signatures

    def add(self, texts: Sequence[str]) -> None:
        """Take in texts made `plain`, numbered on from those before."""
        self._low += _low_bytes(texts).tobytes()

    def __len__(self) -> int:
        return len(self._low) // _PERMUTATIONS

    def index(self) -> Index:
        low = self._matrix()
        keys = [_band_keys(low, band) for band in range(_BANDS)]
        orders = [np.argsort(known, kind="stable") for known in keys]
        return Index(low, [(known[order], order) for known, order in zip(keys, orders, strict=True)])

    def clusters(self, threshold: float) -> Any:
        """For each text the number of the first one of its cluster, with which it shares at least so much.

        Chains of small changes do not add up: what is unlike the first of its cluster stands alone.
        """
        low = self._matrix()
        first = np.arange(len(self), dtype=np.int64)
        for younger, older in _edges(low, threshold):
            head = first[older]
            if first[younger] == younger and (head == older or similarity(low[younger], low[head]) >= threshold):
                first[younger] = head
        return first

    def _matrix(self) -> Any:
        return np.frombuffer(self._low, dtype=np.uint8).reshape(-1, _PERMUTATIONS)


def _low_bytes(texts: Sequence[str]) -> Any:
    return (signatures(texts) & 0xFF).astype(np.uint8)


def _edges(low: Any, threshold: float) -> Iterator[tuple[int, int]]:
    """Pairs of texts that share a band and are similar, each younger one after all that is older."""
    found = np.zeros(0, dtype=np.int64)
    for band in range(_BANDS):
        for one, other in _pairs(_band_keys(low, band)):
            new = _unknown(np.maximum(one, other) << 32 | np.minimum(one, other), found)
            parts = (new[start : start + _AT_ONCE] for start in range(0, len(new), _AT_ONCE))
            near = [part[similarity(low[part >> 32], low[part & _OLDER]) >= threshold] for part in parts]
            found = np.concatenate([found, *near])
            found.sort(kind="stable")  # two sorted runs, which is quickly done
    for start in range(0, len(found), _AT_ONCE):
        some = found[start : start + _AT_ONCE]
        yield from zip((some >> 32).tolist(), (some & _OLDER).tolist(), strict=True)


def _unknown(pairs: Any, known: Any) -> Any:
    """The pairs that are not among those known, sorted and each once; `numpy.unique` takes ten times as long."""
    pairs.sort()
    pairs = pairs[np.concatenate(([True], pairs[1:] != pairs[:-1]))] if len(pairs) else pairs
    if not len(known):
        return pairs
    place = np.minimum(np.searchsorted(known, pairs), len(known) - 1)
    return pairs[known[place] != pairs]


@dataclass(frozen=True, slots=True)
class Index:
    """Texts that others are compared with."""

    low: Any
    bands: Sequence[tuple[Any, Any]]  # sorted keys, and whose they are

    def nearest(self, texts: Sequence[str]) -> tuple[Any, Any]:
        """For each text (made `plain`) the number of the most similar one of its candidates, and how similar it is."""
        number, best = np.zeros(len(texts), dtype=np.int64), np.zeros(len(texts))
        low = _low_bytes(texts)
        for band, (known, whose) in enumerate(self.bands):
            keys = _band_keys(low, band)
            place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
            hit = np.flatnonzero(known[place] == keys)
            found = whose[place[hit]]
            share = similarity(low[hit], self.low[found])
            better = share > best[hit]
            number[hit[better]], best[hit[better]] = found[better], share[better]
        return number, best


def similarity(one: Any, other: Any) -> Any:
    """The estimated Jaccard index from the low bytes of two signatures; two different ones agree in 1 of 256."""
    agreeing = np.count_nonzero(one == other, axis=-1) / _PERMUTATIONS
    return (agreeing - 1 / 256) / (1 - 1 / 256)


def _band_keys(low: Any, band: int) -> Any:
    """One number for the three bytes of a band; unlike texts share it once in sixteen million."""
    first, second, third = (low[:, band * _BAND + place].astype(np.uint32) for place in range(_BAND))
    return first << 16 | second << 8 | third


def _pairs(keys: Any) -> Iterator[tuple[Any, Any]]:
    """Neighbours among texts with the same key: each with the first of them, and each with the one before it."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    first = order[np.repeat(starts, np.diff(np.append(starts, len(order))))]
    for others in (first, np.roll(order, 1)):
        same = (keys[others] == ordered) & (others != order)
        yield order[same], others[same]


def members(heads: Iterable[int]) -> dict[int, list[int]]:
    """The clusters of more than one, by the number of their first text."""
    found: dict[int, list[int]] = {}
    for number, head in enumerate(heads):
        found.setdefault(int(head), []).append(number)
    return {head: numbers for head, numbers in found.items() if len(numbers) > 1}
