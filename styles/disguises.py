"""Disguises: how words are hidden from whoever only looks for them, and how they read without."""

from __future__ import annotations

import base64
import binascii
import html
import re
import string
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from urllib.parse import unquote

_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe0f\ufeff]")
_MARKS = re.compile("[\u0300-\u036f\u20e0-\u20e3]")  # also strokes that cross letters out; kana keep theirs, elsewhere
_LETTERS = string.ascii_lowercase
_FANCY = {start + place: letter for start in (0x1F1E6, 0x1F170, 0x1F150) for place, letter in enumerate(_LETTERS)}
_FANCY |= {0x1F18E: "ab", 0x1F17F: "p"} | dict(
    zip(map(ord, "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ’`"), "abcdefghijklmnopqrstuvwyz''", strict=True)
)
_LEET = str.maketrans("0134578@$!|", "oieastbasil")
_LEET_L = str.maketrans("0134578@$!|", "oleastbasll")
_LEET_WORD = re.compile(r"(?<=[a-z])[0134578@$!|][a-z0-9@$]|\b[0134578@$][a-z]")
_SEPARATOR = r"[\s.\-_*/|+~·•,]"
_SPACED_OUT = re.compile(rf"{_SEPARATOR}[^\W_](?:{_SEPARATOR}{{1,3}}[^\W_]){{3}}\b")
_JOINTS = re.compile(rf"(?<=\b[^\W_]){_SEPARATOR}{{1,2}}(?=[^\W_]\b)")
_CHAINED = re.compile(r"\b[a-z]+(?:[_-]+[a-z]+){2,}")  # as in the names of files
_ESCAPED = re.compile(r"&(?:#\w{2,6}|[a-z]{2,6});|%[0-9a-f]{2}|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}")
_UNICODE_ESCAPE = re.compile(r"\\(?:u|x)([0-9a-f]{4}|[0-9a-f]{2})")
_CHOPPED = re.compile(r"(?:[.!?,;*~|/\\]{1,9}\s{0,9}[a-z]{1,30}){2}[.!?,;*~|/\\]")
_INNER_MARK = re.compile(r"(?<=[a-z])[*_~`\"+^]{1,4}(?=[a-z])")
_TURNED = str.maketrans("ɐqɔpǝɟƃɓɥıɾʞlʃɯuodbɹsʇnʌʍxʎz", "abcdefgghijkllmnopqrstuvwxyz")
_TURNED_SIGNS = re.compile("[ɐɔǝɟƃɥıɾʞɯɹʇʌʍʎ]{2}")
_LONG = 16  # letters of a word
_LONG_WORD = re.compile(r"\S{16}")
_DIGITS = re.compile(r"\d\d")
_ORDINARY = b"abcdefghijklmnopqrstuvwxyz ,.?!'\n"
_MARKS_INSIDE, _ESCAPES = frozenset(b'*_~`"+^'), frozenset(b"&%\\")
_LIKE_LETTERS = frozenset(b"0134578@$|")
_SPELLED = re.compile(rf"(?:\b[^\W_]{_SEPARATOR}{{1,3}}){{5,400}}\w?")
_RUN_TOGETHER = re.compile(
    r"(?:ignor|disregard|forget|bypass|override|overrid|overwrit|discard|drop|break|disobey|unlock|remov|disabl|reveal|print"
    r"|show|leak|obey|follow)\w{0,3}?(?:all|any|the|your|my|this|these|those|of|every|everything|previous|prior|earlier|"
    r"above|former|old|and|system|safety|hidden|secret|given|only|new){0,5}(?:instruction|rule|guideline|prompt|"
    r"restriction|polic|guardrail|directive|safety|system|limit|filter)|obeyme|obeymy|ignorerule|jailbreak|developermode"
)
_TELLING = (
    *("ignore", "instructions", "instruction", "previous", "prompt", "disregard", "system", "forget", "guidelines"),
    *("reveal", "everything", "customer", "please", "password", "refund", "message", "rules", "always", "assistant"),
    *("answer", "follow", "approve", "restrictions"),
)
_BASE64 = re.compile(r"(?<![\w+/=-])(?=[A-Za-z+/_-]{0,200}[A-Z0-9])[\w+/-]{16,4000}={0,2}", re.ASCII)
_BASE32 = re.compile(r"(?<![A-Z2-7])[A-Z2-7]{24,4000}={0,6}(?![A-Za-z0-9])")
_BASE85 = re.compile(r"(?<!\S)[!-u]{24,4000}(?!\S)")
_HEX = re.compile(r"(?i)(?<![0-9a-f])(?:[0-9a-f]{2}){12,2000}(?![0-9a-f])")
_BYTES = re.compile(r"(?i)(?<!\w)(?:(?:0x|\\x|%)?[0-9a-f]{2}[\s,:]{1,2}){10,2000}(?:0x)?[0-9a-f]{2}\b")
_BITS = re.compile(r"\b(?:[01]{7,8}[\s,]{0,2}){6,4000}")
_NUMBERS = re.compile(r"\b(?:\d{2,3}[\s,;-]{1,2}){9,4000}\d{2,3}\b")
_MORSE = re.compile(r"[.\-–·]{1,6}(?:[ /|]{1,3}[.\-–·]{1,6}){8,2000}")
_NUMBERED = re.compile(r"(?<![\da-fA-F])\d[\da-fA-F]{0,7}(?:[\s,;:-]{1,2}(?:0x|\\x)?[\da-fA-F]{2,8}){5}|[01]{40}")
_MORSE_SIGNS = {
    sign: _LETTERS[place]
    for place, sign in enumerate(
        (
            *(".-", "-...", "-.-.", "-..", ".", "..-.", "--.", "....", "..", ".---", "-.-", ".-..", "--"),
            *("-.", "---", ".--.", "--.-", ".-.", "...", "-", "..-", "...-", ".--", "-..-", "-.--", "--.."),
        )
    )
}
_SENTENCE = re.compile(r"(?:[^\W\d_]{2,}[,:;.!?]?\s+){2}[^\W\d_]{2,}")


def folded(text: str) -> str:
    """A text without case, accents, fonts and what cannot be seen."""
    if text.isascii():
        return text.lower()
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", _INVISIBLE.sub("", text).translate(_FANCY)))
    return unicodedata.normalize("NFC", plain).casefold()


def readings(plain: str, words: Sequence[bytes]) -> Iterator[str]:
    """How a folded text reads without each disguise that it seems to wear; `words` are its words."""
    if _SPACED_OUT.search(plain):
        yield _JOINTS.sub("", plain)
    if "\n" in plain:
        yield " ".join(plain.split())
    if plain.count(".") + plain.count(",") + plain.count("!") + plain.count("?") >= 3 and _CHOPPED.search(plain):
        yield re.sub(r"[.!?,;*~|/\\\s]+", " ", plain)
    if not _telltale_words().isdisjoint(words):
        yield from {undo(plain) for word in words if (undo := _telltales().get(word))}
    if odd := plain.encode().translate(None, _ORDINARY):
        yield from _oddly_written(plain, odd)


def _oddly_written(plain: str, odd: bytes) -> Iterator[str]:
    if not _LIKE_LETTERS.isdisjoint(odd) and _LEET_WORD.search(plain):
        yield from (plain.translate(_LEET), plain.translate(_LEET_L))
    if (b"_" in odd or b"-" in odd) and _CHAINED.search(plain):
        yield _CHAINED.sub(lambda chain: re.sub(r"[_-]+", " ", chain[0]), plain)
    if odd.count(b"-") >= 3:
        yield plain.replace("-", "")
    if not _MARKS_INSIDE.isdisjoint(odd) and _INNER_MARK.search(plain):
        yield _INNER_MARK.sub("", plain)
    if not _ESCAPES.isdisjoint(odd) and _ESCAPED.search(plain):
        yield _UNICODE_ESCAPE.sub(lambda code: chr(int(code[1], 16)), html.unescape(unquote(plain))).casefold()
    if not plain.isascii() and _TURNED_SIGNS.search(plain):
        yield from (plain.translate(_TURNED), plain.translate(_TURNED)[::-1])


def run_together(plain: str) -> str:
    """An order that is written without spaces, one letter a line, or as the first letters of lines."""
    words = [re.sub(r"[^a-z]+", "", word) for word in plain.split() if len(word) >= _LONG]
    firsts = "".join(line.strip(" -*\t\"'")[:1] for line in plain.splitlines())
    spaced = (
        [re.sub(r"[^a-z]+", "", found[0]) for found in _SPELLED.finditer(plain)] if _SPACED_OUT.search(plain) else []
    )
    return next((found[0] for part in (*words, firsts, *spaced) if (found := _RUN_TOGETHER.search(part))), "")


def is_coded(text: str) -> bool:
    """Whether a text has words so long, or so many numbers, signs or lines, that they may be a code: few texts do."""
    return (
        text.count("\n") >= 4
        or bool(_LONG_WORD.search(text))
        or bool(_DIGITS.search(text) and _NUMBERED.search(text))
        or (text.count("-") + text.count(".") + text.count("·") >= 12 and bool(_MORSE.search(text)))
    )


def decoded(text: str) -> Iterator[tuple[str, str]]:
    """Whatever stands in a text as base64, hex digits, bits, codes or Morse signs and makes a text: code and text."""
    for pattern, decode in _CODES:
        for found in pattern.finditer(text):
            if said := _text(decode(found[0])):
                yield found[0], said


def is_sentence(text: str) -> bool:
    """Whether a text has three words in a row."""
    return bool(_SENTENCE.search(text))


@cache
def _telltales() -> dict[bytes, Callable[[str], str]]:
    """Words that nobody writes unless in cipher, and what makes the text legible."""
    found: dict[str, Callable[[str], str]] = {}
    for shift in range(1, 26):
        back = str.maketrans(_LETTERS[shift:] + _LETTERS[:shift], _LETTERS)
        forth = str.maketrans(_LETTERS, _LETTERS[shift:] + _LETTERS[:shift])
        undo = _translation(back)
        found |= {word.translate(forth): undo for word in _TELLING}
    mirror = str.maketrans(_LETTERS, _LETTERS[::-1])
    found |= {word.translate(mirror): _translation(mirror) for word in _TELLING}
    found |= {_pig(word): _unpig for word in _TELLING}
    found |= {word[::-1]: _backwards for word in _TELLING}
    return {word.encode(): undo for word, undo in found.items()}


@cache
def _telltale_words() -> frozenset[bytes]:
    return frozenset(_telltales())


def _translation(table: dict[int, int]) -> Callable[[str], str]:
    return lambda text: text.translate(table)


def _backwards(text: str) -> str:
    return text[::-1]


def _pig(word: str) -> str:
    start = next(place for place, letter in enumerate(word) if letter in "aeiou")
    return word[start:] + (word[:start] + "ay" if start else "way")


def _unpig(text: str) -> str:
    """Both ways to read it: which letters were moved to the end is not told."""
    plain = re.sub(r"\b([aeiou][a-z]*)way\b", r"\1", text)
    one, two = (re.sub(rf"\b([aeiou][a-z]*)([bcdfghjklmnpqrstvwxyz]{{{most}}})ay\b", r"\2\1", plain) for most in (1, 2))
    return f"{one}. {two}"


def _from_base64(text: str) -> bytes:
    plain = text.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(plain[: len(plain) - (len(plain) % 4 == 1)] + "=" * (-len(plain) % 4))
    except binascii.Error:
        return b""


def _from_base32(text: str) -> bytes:
    plain = text.rstrip("=")
    try:
        return base64.b32decode(plain + "=" * (-len(plain) % 8))
    except binascii.Error:
        return b""


def _from_base85(text: str) -> bytes:
    try:
        return base64.b85decode(text)
    except ValueError:
        return b""


def _from_ascii85(text: str) -> bytes:
    try:
        return base64.a85decode(text.removeprefix("<~").removesuffix("~>"))
    except ValueError:
        return b""


def _numbers(base: int) -> Callable[[str], bytes]:
    pattern = re.compile(
        "[01]{7,8}" if base == 2 else "[0-9a-f]{2}(?![0-9a-f])" if base == 16 else r"\d{2,3}", re.IGNORECASE
    )
    return lambda text: bytes(code for code in (int(found, base) for found in pattern.findall(text)) if code < 256)


def _from_morse(text: str) -> bytes:
    words = re.split(r"\s*[/|]\s*|\s{2,}", text.replace("–", "-").replace("·", "."))
    return " ".join("".join(_MORSE_SIGNS.get(sign, "?") for sign in word.split()) for word in words).encode()


_CODES = (
    (_HEX, bytes.fromhex),
    (_BASE64, _from_base64),
    (_BASE32, _from_base32),
    (_BASE85, _from_base85),
    (_BASE85, _from_ascii85),
    (_BYTES, _numbers(16)),
    (_BITS, _numbers(2)),
    (_NUMBERS, _numbers(10)),
    (_MORSE, _from_morse),
)


def _text(raw: bytes) -> str:
    try:
        said = raw.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return said if all(character.isprintable() or character.isspace() for character in said) else ""
