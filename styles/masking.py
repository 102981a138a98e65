"""Masking: a reply reduced to how it says something, with what it says taken out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from importlib import resources

from styles.wording import EMOJI, WORD, sentences, tokens

_OPENING, _CLOSING = 3, 4  # tokens at either end that keep their wording: greetings and sign-offs live there
_SHORT, _SHARE = 4, 0.02  # a language without a list keeps words of up to 4 letters found in this share of the replies


class KeptWords:
    """The words that carry style rather than topic: from the language's list, or else the short and common ones."""

    def __init__(self, language: str) -> None:
        listed = resources.files("styles") / "function_words" / f"{language[:2]}.txt"
        self._listed = frozenset(listed.read_text(encoding="utf-8").split()) if listed.is_file() else None

    def of(self, replies: Sequence[str]) -> frozenset[str]:
        """The kept words for these replies."""
        if self._listed is not None:
            return self._listed
        seen = Counter(word for reply in replies for word in {_plain(t) for t in tokens(reply)})
        enough = max(3, len(replies) * _SHARE)
        return frozenset(w for w, n in seen.items() if n >= enough and len(w) <= _SHORT and w.isalpha())


def features(reply: str, kept: frozenset[str]) -> Counter[str]:
    """Counts of masked n-grams of 1 to 3 tokens, wording at both ends, letter case and lengths."""
    found = tokens(reply)
    masked = ["^", *(_mask(token, kept) for token in found), "$"]
    counts = Counter(f"{n}:{' '.join(masked[i : i + n])}" for n in (1, 2, 3) for i in range(len(masked) - n + 1))
    counts.update(f"first:{_plain(token)}" for token in found[:_OPENING])
    counts.update(f"last:{_plain(token)}" for token in found[-_CLOSING:])
    counts.update(_case(reply))
    counts.update(_lengths(reply))
    return counts


def _mask(token: str, kept: frozenset[str]) -> str:
    """Punctuation, emoji and kept words as they are; of every other word only its case and its kind."""
    plain = _plain(token)
    if plain in kept or EMOJI.fullmatch(token):
        return plain
    if token.startswith("\n"):
        return "¶"
    if not WORD.fullmatch(token):
        return "[…]" if token.startswith("[") and len(token) > 1 else token
    if token[0].isdigit():
        return "0"
    if "://" in token or "@" in token:
        return "@"
    return _shape(token)


def _shape(word: str) -> str:
    if word.islower():
        return "xx'x" if "'" in _plain(word) else "xx"
    if word.isupper() and len(word) > 1:
        return "XX"
    return "Xx" if word[0].isupper() else "xX"


def _case(reply: str) -> list[str]:
    starts = [first for sentence in sentences(reply) if (first := next((c for c in sentence if c.isalpha()), ""))]
    lower = sum(start.islower() for start in starts)
    whole = ["case:no capitals"] if reply == reply.lower() else []
    if not starts:
        return whole
    return [*whole, "case:low starts" if lower * 2 > len(starts) else "case:high starts"]


def _lengths(reply: str) -> list[str]:
    """Words in the reply and in its mean sentence, and sentences, in steps of half an octave."""
    count = sum(1 for _ in WORD.finditer(reply))
    parts = len(sentences(reply)) or 1
    return [f"words:{_step(count)}", f"sentence:{_step(count / parts)}", f"sentences:{min(parts, 6)}"]


def _step(value: float) -> int:
    return round(2 * math.log2(1 + value))


def _plain(token: str) -> str:
    return token.casefold().replace("’", "'").replace("\ufe0f", "")
