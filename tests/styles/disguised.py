"""Disguises: sentences as an attacker would hide them from a filter, for planted material."""

from __future__ import annotations

import base64
import codecs
import re
from collections.abc import Callable
from urllib.parse import quote

_MORSE = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        (
            *(".-", "-...", "-.-.", "-..", ".", "..-.", "--.", "....", "..", ".---", "-.-", ".-..", "--"),
            *("-.", "---", ".--.", "--.-", ".-.", "...", "-", "..-", "...-", ".--", "-..-", "-.--", "--.."),
        ),
        strict=True,
    )
)
_LEET = str.maketrans("aeiost", "431057")
_HOMOGLYPHS = str.maketrans("aeopcxi", "аеорсхі")
_SMALL = str.maketrans("abcdefghijklmnopqrstuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ")
_TURNED = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ɐqɔpǝɟƃɥıɾʞlɯuodbɹsʇnʌʍxʎz")
_FILLERS = {letter: f"{letter.upper()} nice day to you" for letter in "abcdefghijklmnopqrstuvwxyz"}


def _letters(start: int) -> Callable[[str], str]:
    return lambda text: "".join(chr(start + ord(c) - 97) if c.isalpha() else c for c in text.lower())


def _shifted(text: str, by: int) -> str:
    return "".join(chr((ord(c) - 97 + by) % 26 + 97) if c.isalpha() else c for c in text.lower())


def _pig(word: str) -> str:
    head = re.match(r"[^aeiou]*", word)
    start = head.end() if head else 0
    return word[start:] + (word[:start] + "ay" if start else "way")


DISGUISES: dict[str, Callable[[str], str]] = {
    "b64": lambda t: base64.b64encode(t.encode()).decode(),
    "b32": lambda t: base64.b32encode(t.encode()).decode(),
    "b85": lambda t: base64.b85encode(t.encode()).decode(),
    "hex": lambda t: t.encode().hex(),
    "hexspaced": lambda t: t.encode().hex(" "),
    "rot13": lambda t: codecs.encode(t, "rot13"),
    "caesar3": lambda t: _shifted(t, 3),
    "reversed": lambda t: t[::-1],
    "spaced": lambda t: "   ".join(" ".join(word) for word in t.split()),
    "dots": lambda t: " ".join(".".join(word) for word in t.split()),
    "slashed": lambda t: " ".join("/".join(word) for word in t.split()),
    "leet": lambda t: t.translate(_LEET),
    "morse": lambda t: " / ".join(" ".join(_MORSE[c] for c in word) for word in t.split()),
    "binary": lambda t: " ".join(f"{ord(c):08b}" for c in t),
    "decimal": lambda t: " ".join(str(ord(c)) for c in t),
    "url": lambda t: quote("".join(t)).replace("i", "%69").replace("o", "%6f"),
    "htmlnum": lambda t: "".join(f"&#{ord(c)};" for c in t),
    "uescape": lambda t: "".join(f"\\u{ord(c):04x}" for c in t),
    "fullwidth": lambda t: "".join(chr(ord(c) + 0xFEE0) if c != " " else c for c in t),
    "mathbold": _letters(0x1D41A),
    "regional": _letters(0x1F1E6),
    "circled": _letters(0x24D0),
    "emojiletters": lambda t: " ".join(chr(0x1F170 + ord(c) - 97) if c.isalpha() else "  " for c in t),
    "zalgo": lambda t: "".join(c + "\u0335\u0323" for c in t),
    "homoglyph": lambda t: t.translate(_HOMOGLYPHS),
    "smallcaps": lambda t: t.translate(_SMALL),
    "upside": lambda t: t.translate(_TURNED)[::-1],
    "acrostic": lambda t: "\n".join(_FILLERS[c] for c in t if c.isalpha()),
    "reversedwords": lambda t: t,
    "piglatin": lambda t: " ".join(_pig(word) for word in t.split()),
    "underscored": lambda t: "_".join(t.split()),
    "camel": lambda t: "".join(word.capitalize() for word in t.split()),
}
_MARKED = re.compile(r"<<(\w+)\|([^>]*)>>")


def disguised(text: str) -> str:
    """A line with each `<<disguise|words>>` in it put into that disguise."""
    return _MARKED.sub(lambda found: DISGUISES[found[1]](found[2]), text)
