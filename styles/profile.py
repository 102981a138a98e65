"""The profile: a brand's habits of writing, measured on its replies."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from styles.wording import emoji_in, folded, sentences, words

_COMMON = 0.1  # share of replies that makes an opening or a closing a habit
_LONGEST = 6  # words of an opening or a closing that are looked at
_VOWELS = re.compile(r"[aeiouyäöüàâéèêëîïôûù]+")
_CONTRACTION = re.compile(r"[a-z]'(?:s|t|re|ve|ll|d|m)\b|\b(?:gonna|gotta|wanna|y'all)\b")
_I = re.compile(r"\b(?:i|me|my|mine|myself|i'm|i'll|i've|i'd)\b")
_WE = re.compile(r"\b(?:we|us|our|ours|ourselves|we're|we'll|we've|we'd)\b")
_YOU = re.compile(r"\b(?:you|your|yours|yourself|you're|you'll|you've|you'd)\b")

LABELS = {
    "words": "Words in a reply",
    "sentence": "Words in a sentence",
    "word": "Letters in a word",
    "ease": "Reading ease (Flesch)",
    "emoji": "Emoji in a reply",
    "exclamation": "Exclamation marks in 100 words",
    "question": "Question marks in 100 words",
    "comma": "Commas in 100 words",
    "capitals": "Sentences that start with a capital",
    "contractions": "Contractions in 100 words",
    "i": "I, me, my in 100 words",
    "we": "We, us, our in 100 words",
    "you": "You, your in 100 words",
    "lines": "Line breaks in a reply",
}
ENGLISH_ONLY = frozenset({"ease", "contractions", "i", "we", "you"})


@dataclass(frozen=True, slots=True)
class Habit:
    """One habit: its mean over replies and how far single replies stray from it (standard deviation)."""

    name: str
    label: str
    mean: float
    spread: float


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that many replies open or close with, or an emoji that they use, and the share of replies that do."""

    text: str
    share: float


@dataclass(frozen=True, slots=True)
class Profile:
    """How somebody writes."""

    replies: int
    habits: tuple[Habit, ...]
    openings: tuple[Phrase, ...]
    closings: tuple[Phrase, ...]
    emoji: tuple[Phrase, ...]

    def habit(self, name: str) -> Habit:
        return next(habit for habit in self.habits if habit.name == name)

    def lines(self) -> list[str]:
        """The profile for people to read."""
        width = max(len(habit.label) for habit in self.habits)
        lines = [f"{habit.label:<{width}}  {habit.mean:6.1f}  ± {habit.spread:.1f}" for habit in self.habits]
        for title, found in (("Opens with", self.openings), ("Closes with", self.closings), ("Emoji", self.emoji)):
            if found:
                lines.append(f"{title:<{width}}  " + ", ".join(f"{p.text} ({p.share:.0%})" for p in found[:6]))
        return lines


def measure_profile(replies: Sequence[str], *, language: str = "en") -> Profile:
    """Measure the habits of the replies; what only makes sense in English is left out of other languages."""
    spoken = [reply for reply in replies if reply.strip()]
    measured = [habits(reply) for reply in spoken]
    names = [name for name in LABELS if language.startswith("en") or name not in ENGLISH_ONLY]
    used = Counter(emoji for reply in spoken for emoji in set(emoji_in(reply)))
    count = max(1, len(spoken))
    return Profile(
        replies=len(spoken),
        habits=tuple(_habit(name, [m[name] for m in measured]) for name in names),
        openings=_edges([words(folded(reply)) for reply in spoken], count),
        closings=tuple(_turned(p) for p in _edges([words(folded(reply))[::-1] for reply in spoken], count)),
        emoji=tuple(Phrase(emoji, n / count) for emoji, n in used.most_common(12)),
    )


def habits(reply: str) -> dict[str, float]:
    """The value of every habit in one reply."""
    said, parts, text = words(reply), sentences(reply), folded(reply)
    count = max(1, len(said))
    rate = 100 / count
    starts = [start for part in parts if (start := next((c for c in part if c.isalpha()), ""))]
    return {
        "words": len(said),
        "sentence": len(said) / max(1, len(parts)),
        "word": sum(len(word) for word in said) / count,
        "ease": _reading_ease(said, len(parts)),
        "emoji": len(emoji_in(reply)),
        "exclamation": reply.count("!") * rate,
        "question": reply.count("?") * rate,
        "comma": reply.count(",") * rate,
        "capitals": 100 * sum(start.isupper() for start in starts) / max(1, len(starts)),
        "contractions": len(_CONTRACTION.findall(text)) * rate,
        "i": len(_I.findall(text)) * rate,
        "we": len(_WE.findall(text)) * rate,
        "you": len(_YOU.findall(text)) * rate,
        "lines": reply.strip().count("\n"),
    }


def _reading_ease(said: Sequence[str], parts: int) -> float:
    """Flesch 1948, with syllables counted as groups of vowels; 0 to 120."""
    if not said:
        return 0.0
    syllables = sum(_syllables(word) for word in said)
    ease = 206.835 - 1.015 * len(said) / max(1, parts) - 84.6 * syllables / len(said)
    return min(120.0, max(0.0, ease))


def _syllables(word: str) -> int:
    lower = word.casefold()
    silent = lower.endswith("e") and not lower.endswith(("le", "ee"))
    return max(1, len(_VOWELS.findall(lower)) - silent)


def _habit(name: str, values: Sequence[float]) -> Habit:
    mean = sum(values) / len(values) if values else 0.0
    spread = (sum((v - mean) ** 2 for v in values) / len(values)) ** 0.5 if values else 0.0
    return Habit(name, LABELS[name], mean, spread)


def _edges(replies: Sequence[Sequence[str]], count: int) -> tuple[Phrase, ...]:
    """The longest openings that a good share of the replies has; the start of one counts only if it is commoner."""
    seen = Counter(tuple(said[:n]) for said in replies for n in range(1, min(_LONGEST, len(said)) + 1))
    common = {opening: n for opening, n in seen.items() if n >= max(2, _COMMON * count)}
    longer: Counter[tuple[str, ...]] = Counter()
    for opening, n in common.items():
        longer[opening[:-1]] += n
    longest = [(n, opening) for opening, n in common.items() if n > 1.3 * longer[opening]]
    return tuple(
        Phrase(" ".join(opening), n / count) for n, opening in sorted(longest, key=lambda e: (-e[0], e[1]))[:8]
    )


def _turned(phrase: Phrase) -> Phrase:
    return Phrase(" ".join(reversed(phrase.text.split())), phrase.share)
