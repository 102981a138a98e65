"""Checks: the rules of a style, tried on a reply."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from styles.style import Style
from styles.wording import emoji_in, folded, phrase, words

PASSED = 1.0
_EDGE = re.compile(r"^[\W_]+|[\W_]+$")
_SCRIPTS = {
    "ar": ("ARABIC",),
    "be": ("CYRILLIC",),
    "bg": ("CYRILLIC",),
    "el": ("GREEK",),
    "fa": ("ARABIC",),
    "he": ("HEBREW",),
    "hi": ("DEVANAGARI",),
    "ja": ("HIRAGANA", "KATAKANA", "CJK"),
    "ko": ("HANGUL",),
    "mk": ("CYRILLIC",),
    "ru": ("CYRILLIC",),
    "sr": ("CYRILLIC", "LATIN"),
    "th": ("THAI",),
    "uk": ("CYRILLIC",),
    "ur": ("ARABIC",),
    "zh": ("CJK",),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found in one reply: 1 = as the style wants it, 0 = not at all, and the evidence for less than 1."""

    score: float
    evidence: str | None = None


class Check(Protocol):
    """A rule that can be tried on any reply; plugins bring more of them."""

    @property
    def name(self) -> str: ...

    def __call__(self, reply: str) -> Finding: ...


@dataclass(frozen=True, slots=True)
class Summary:
    """A check over many replies: the mean score, how many fell short, and a sentence for people."""

    name: str
    mean: float
    failed: int
    total: int
    sentence: str


def style_checks(style: Style) -> tuple[Check, ...]:
    """The checks that follow from a style; a rule that the style leaves out is not checked."""
    checks: list[Check] = [Length(style.length.words_at_least, style.length.words_at_most), Script(style.language)]
    if style.banned:
        checks.append(BannedWords(tuple(style.banned)))
    if style.preferred:
        checks.append(PreferredWords(tuple(style.preferred)))
    if style.greeting:
        checks.append(Greeting(style.greeting))
    if style.sign_off:
        checks.append(SignOff(style.sign_off))
    if style.emoji.allowed or style.emoji.at_most is not None:
        checks.append(Emoji(tuple(style.emoji.allowed), style.emoji.at_most))
    return tuple(sorted(checks, key=lambda check: check.name))


def summarise(check: Check, replies: Sequence[str]) -> Summary:
    """One check over many replies, such as "no sign-off in 7 of 40 replies"."""
    findings = [check(reply) for reply in replies]
    short = [f for f in findings if f.score < PASSED]
    mean = sum(f.score for f in findings) / len(findings) if findings else 0.0
    return Summary(check.name, mean, len(short), len(findings), _sentence(check.name, short, len(findings)))


def _sentence(name: str, short: Sequence[Finding], total: int) -> str:
    if not short:
        return f"{name}: as it should be in every reply"
    kinds = Counter(f.evidence or "not as it should be" for f in short).most_common()
    if len(kinds) == 1:
        return f"{kinds[0][0]} in {len(short)} of {total} replies"
    shown = ", ".join(f"{kind} ({count})" if count > 1 else kind for kind, count in kinds[:3])
    return f"{name}: {len(short)} of {total} replies ({shown}{', …' if len(kinds) > 3 else ''})"


class BannedWords:
    """No banned word or phrase, in whatever case."""

    name = "banned words"

    def __init__(self, banned: Sequence[str]) -> None:
        self._banned = [(word, phrase(word)) for word in banned]

    def __call__(self, reply: str) -> Finding:
        text = folded(reply)
        said = [word for word, pattern in self._banned if pattern.search(text)]
        return Finding(0.0, f"says “{'”, “'.join(said)}”") if said else Finding(PASSED)


class PreferredWords:
    """At least one of the words that the brand likes."""

    name = "preferred words"

    def __init__(self, preferred: Sequence[str]) -> None:
        self._preferred = [phrase(word) if _edgeless(word) else re.compile(re.escape(word)) for word in preferred]

    def __call__(self, reply: str) -> Finding:
        text = folded(reply)
        if any(pattern.search(text) for pattern in self._preferred):
            return Finding(PASSED)
        return Finding(0.0, "no preferred word")


class Greeting:
    """The reply opens with the greeting."""

    name = "greeting"

    def __init__(self, greeting: str) -> None:
        self._start = re.compile(rf"{re.escape(_edgeless(greeting))}(?!\w)")

    def __call__(self, reply: str) -> Finding:
        return Finding(PASSED) if self._start.match(_edgeless(reply)) else Finding(0.0, "no greeting")


class SignOff:
    """The reply closes with the sign-off; half the score where it stands in the middle."""

    name = "sign-off"

    def __init__(self, sign_off: str) -> None:
        self._end = re.compile(rf"(?<!\w){re.escape(_edgeless(sign_off))}$")
        self._anywhere = phrase(sign_off)

    def __call__(self, reply: str) -> Finding:
        if self._end.search(_edgeless(reply)):
            return Finding(PASSED)
        if self._anywhere.search(folded(reply)):
            return Finding(0.5, "words after the sign-off")
        return Finding(0.0, "no sign-off")


class Emoji:
    """Only the allowed emoji, and not more of them than the style says."""

    name = "emoji"

    def __init__(self, allowed: Sequence[str], at_most: int | None) -> None:
        self._allowed = {emoji.replace("\ufe0f", "") for emoji in allowed}
        self._at_most = at_most

    def __call__(self, reply: str) -> Finding:
        used = emoji_in(reply)
        foreign = sorted({e for e in used if self._allowed and e not in self._allowed})
        if foreign:
            return Finding(0.0, f"uses {' '.join(foreign)}")
        if self._at_most is not None and len(used) > self._at_most:
            return Finding(self._at_most / len(used), f"{len(used)} emoji")
        return Finding(PASSED)


class Length:
    """Neither fewer nor more words than the style says; a reply twice too long scores one half."""

    name = "length"

    def __init__(self, at_least: int, at_most: int) -> None:
        self._at_least, self._at_most = at_least, at_most

    def __call__(self, reply: str) -> Finding:
        count = len(words(reply))
        if count > self._at_most:
            return Finding(self._at_most / count, f"{count} words")
        if count < self._at_least:
            return Finding(count / self._at_least, f"{count} words" if count != 1 else "1 word")
        return Finding(PASSED)


class Script:
    """Letters of the script that the style's language is written in; one word in another script is let pass."""

    name = "script"
    _enough = 0.8

    def __init__(self, language: str) -> None:
        self._scripts = _SCRIPTS.get(language[:2], ("LATIN",))

    def __call__(self, reply: str) -> Finding:
        letters = [char for char in reply if char.isalpha()]
        if not letters:
            return Finding(0.0, "no letters")
        fitting = sum(unicodedata.name(char, "").startswith(self._scripts) for char in letters) / len(letters)
        if fitting >= self._enough:
            return Finding(PASSED)
        return Finding(fitting, f"letters that are not {self._scripts[0].capitalize()}")


def _edgeless(text: str) -> str:
    """Folded, without the punctuation, emoji and spaces around it."""
    return _EDGE.sub("", folded(text))
