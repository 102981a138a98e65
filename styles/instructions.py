"""Instructions: words that are aimed at a model rather than at a person, in several languages and disguises."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from conversations.privacy import KINDS
from styles.disguises import decoded, folded, is_coded, is_sentence, readings, run_together
from styles.frames import Frames
from styles.roles import find_role
from styles.wordclasses import words_of

_PLACEHOLDER = re.compile(rf"<(?:{'|'.join(KINDS)})_\d{{1,9}}>")  # ours, and no words of anybody
_BORDER = 80  # characters on each side of where one person goes on in the next message
_AIMED = Frames("aimed")
_ENOUGH = 0.75


def find_instruction(texts: Iterable[tuple[str, str]]) -> tuple[int, str]:
    """The number of the message, from 1, and its words that are aimed at a model; 0 where there are none.

    `texts` are the roles and contents of one conversation. What somebody goes on with in their next message is read
    together with what they said before.
    """
    before: dict[str, str] = {}
    for number, (role, text) in enumerate(texts, start=1):
        if found := find_aimed(text, role=role) or _joined(before.get(role, ""), text, role):
            return number, found
        before[role] = text
    return 0, ""


def find_aimed(text: str, *, role: str = "user") -> str:
    """The words of one text that are aimed at a model, as they read undisguised; nothing where there are none.

    What the assistant says counts too: that it gave in to somebody who told it to.
    """
    text = _PLACEHOLDER.sub("…", text) if "<" in text else text
    plain = folded(text)
    words = words_of(plain)
    if found := _aimed(plain, words, role):
        return found
    for reading in readings(plain, words):
        if found := _aimed(reading, words_of(reading), role) or run_together(reading):
            return found
    return run_together(plain) or _encoded(text, role) if is_coded(text) else ""


def _joined(before: str, text: str, role: str) -> str:
    if not before:
        return ""
    border = f"{folded(before[-_BORDER:])} {folded(text[:_BORDER])}"
    return _aimed(border, words_of(border), role)


def _aimed(reading: str, words: Sequence[bytes], role: str) -> str:
    if found := find_role(reading):
        return found
    if reading.isascii() and not _AIMED.are_hinted(words):
        return ""
    told = _AIMED.read(reading, "brand" if role == "assistant" else "user")
    return told.words if told.weight >= _ENOUGH else ""


def _encoded(text: str, role: str) -> str:
    """Whole sentences that stand in a chat as base64 or as digits, whatever they say: no person reads them."""
    for code, said in decoded(text):
        if is_sentence(said) or find_aimed(said, role=role):
            return f"{code[:24]}… says: {said.strip()[:120]}"
    return ""
