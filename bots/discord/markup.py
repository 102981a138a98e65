"""Markup: a model's Markdown made harmless, and cut into parts that fit into Discord's messages."""

from __future__ import annotations

import re
from typing import Final

MOST_TEXT: Final = 2_000  # characters of a message in Discord
MOST: Final = 1_900  # characters of a part of an answer
_FENCE: Final = "```"
_LINK: Final = re.compile(r"!?\[([^\[\]\n]{0,300})\]\(\s*<?(https?://[^()\s<>]{1,600})>?(?:[ \t][^()\n]{0,200})?\)")


def harmless(markdown: str) -> str:
    """The same text, with links that show where they lead. Whom it would ring is decided when it is sent: nobody."""
    return _LINK.sub(_shown_link, markdown)


def parts(markdown: str, most: int = MOST) -> list[str]:
    """A text in parts of at most so many characters; a code block that is cut is closed and opened again."""
    cut: list[str] = []
    rest, opening = markdown.strip("\n").rstrip(), ""
    while rest:
        room = most - len(opening) - len(f"\n{_FENCE}")
        if len(rest) <= room:
            head, rest = rest, ""
        else:
            head, rest = _split(rest, room)
        part, opening = _closed(opening + head)
        if not rest:
            opening = ""
        if part.strip():
            cut.append(part)
    return cut


def shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


def escaped(text: str) -> str:
    """Plain text of somebody, in a line of ours: all of it is shown, nothing of it is read."""
    return unformatted(text).replace("@", "@\u200b")


def unformatted(text: str) -> str:
    """Plain text for where nobody can be rung: names such as harbor@3 stay whole, to be copied."""
    return re.sub(r"([\\*_~`|>#\[\]])", r"\\\1", text)


def _shown_link(found: re.Match[str]) -> str:
    label, address = found[1].strip(), found[2]
    return address if not label or label == address else f"{label} ({address})"


def _split(text: str, room: int) -> tuple[str, str]:
    """As much as fits, at the end of a paragraph, a line or a word if there is one late enough."""
    for end, earliest in (("\n\n", room // 2), ("\n", room // 3), (" ", room // 2)):
        at = text.rfind(end, earliest, room)
        if at > 0:
            return text[:at], text[at:].lstrip("\n") if end != " " else text[at + 1 :]
    return text[:room], text[room:]


def _closed(part: str) -> tuple[str, str]:
    """A part with its code block closed, and the line that opens it again in the next part."""
    fence = ""
    for line in part.split("\n"):
        if line.lstrip().startswith(_FENCE):
            fence = "" if fence else line.strip()
    if not fence:
        return part, ""
    opening = fence if len(fence) <= 30 else _FENCE
    return f"{part.rstrip()}\n{_FENCE}", f"{opening}\n"
