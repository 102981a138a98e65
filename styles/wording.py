"""Wording: a reply cut into words, sentences, punctuation and emoji."""

from __future__ import annotations

import re
import unicodedata

# Characters that are drawn as emoji by themselves (Unicode emoji-data, Emoji_Presentation), the few that people write
# bare although they ask for a variation selector, and whatever is followed by that selector.
_SHOWN = (
    "\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd"
    "\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e"
    "\u2753-\u2755\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55\u2600\u2639\u263a\u2665\u270c\u2764"
    "\U0001f004\U0001f0cf\U0001f18e\U0001f191-\U0001f19a\U0001f300-\U0001f64f\U0001f680-\U0001f6ff"
    "\U0001f7e0-\U0001f7eb\U0001f90c-\U0001f9ff\U0001fa70-\U0001faff"
)
_ONE = f"(?:[{_SHOWN}]\ufe0f?|[\u00a9-\u3299]\ufe0f)[\U0001f3fb-\U0001f3ff]?"
_EMOJI = f"(?:[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{_ONE}(?:\u200d{_ONE})*)"
_WORD = r"[^\W\d_]+(?:['’\-][^\W\d_]+)*"
_NUMBER = r"\d+(?:[.,:]\d+)*"
_LINK = r"https?://\S+|[\w.+-]+@[\w-]+\.\w+"
_PLACEHOLDER = r"\[[A-Z][A-Z_]*\d*\]"

_MARK = re.compile(r"[^\w\s]|_")
_MARKS = {code: " " for code in range(128) if _MARK.fullmatch(chr(code))}

EMOJI = re.compile(_EMOJI)
TOKEN = re.compile(rf"{_LINK}|{_PLACEHOLDER}|{_EMOJI}|{_WORD}|{_NUMBER}|\n+|([^\w\s])\1*")
WORD = re.compile(rf"{_LINK}|{_WORD}|{_NUMBER}")
_SENTENCE_END = re.compile(r"(?<=[.!?…。！？])[\"'”’)]*\s+|\n+")


def tokens(text: str) -> list[str]:
    """Words, numbers, links, placeholders, emoji, line breaks and runs of one punctuation mark, in order."""
    return [match[0] for match in TOKEN.finditer(text)]


def words(text: str) -> list[str]:
    """The words, numbers and links of a text, as written."""
    return [match[0] for match in WORD.finditer(text)]


def sentences(text: str) -> list[str]:
    """The sentences of a text that hold at least one word."""
    return [part.strip() for part in _SENTENCE_END.split(text) if WORD.search(part)]


def emoji_in(text: str) -> list[str]:
    """The emoji of a text; a flag, a family or a skin tone is one. The variation selector is left off."""
    return [match[0].replace("\ufe0f", "") for match in EMOJI.finditer(text)]


def folded(text: str) -> str:
    """The text for comparing: one case, plain apostrophes and dashes, single spaces."""
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'").replace("–", "-").replace("—", "-")
    return " ".join(plain.casefold().split())


def plain(text: str) -> str:
    """The text for finding what is nearly the same: folded, and without punctuation."""
    if text.isascii():
        return " ".join(text.lower().translate(_MARKS).split())
    return " ".join(_MARK.sub(" ", folded(text)).split())


def phrase(text: str) -> re.Pattern[str]:
    """A pattern that finds a word or phrase as a whole in folded text."""
    parts = [re.escape(part) for part in folded(text).split()]
    return re.compile(rf"(?<!\w){' '.join(parts)}(?!\w)")
