"""Typesetting: a model's Markdown, piece by piece, cut into parts that Slack takes and shows as meant."""

from __future__ import annotations

from typing import Final

from bots.slack.markup import decided, harmless, harmless_code, is_table_line, table

# Slack cuts a streamed message off at about 12,000 bytes; it says nowhere where exactly.
AT_PARAGRAPH: Final = 6_500  # bytes after which a part ends with its paragraph,
AT_LINE: Final = 8_000  # with its line,
AT_ONCE: Final = 9_000  # or where it is
_LONGEST_TABLE: Final = 6_000
_FENCE: Final = "```"


class Typesetter:
    """Takes pieces of any size; what it gives out never changes again, however the pieces were cut.

    `feed`, `cut` and `finish` return texts: the first continues the current part, each further one begins a new one.
    """

    def __init__(self) -> None:
        self._pending = ""
        self._fence = ""  # the line that opened the code block we are in
        self._at_line_start = True
        self._size = 0  # bytes of the current part
        self._is_full = False  # what comes next begins another part; nothing may come
        self._out = [""]

    def feed(self, piece: str) -> list[str]:
        self._pending += piece.replace("\r\n", "\n")
        while self._step(final=False):
            pass
        return self._given()

    def cut(self) -> list[str]:
        """End the current part here."""
        self._break()
        return self._given()

    def finish(self) -> list[str]:
        while self._pending and self._step(final=True):
            pass
        if self._fence:
            self._out[-1] += _FENCE if self._at_line_start else f"\n{_FENCE}"
        return self._given()

    def _given(self) -> list[str]:
        given, self._out = self._out, [""]
        return given

    def _step(self, *, final: bool) -> bool:
        """Set one line, or what there is of it; False when more text is needed."""
        line, newline, _ = self._pending.partition("\n")
        if not line and not newline:
            return False
        if self._at_line_start and not newline and not final and not self._fence and not line.strip():
            return False
        if self._at_line_start and not self._fence and is_table_line(line):
            return self._set_table(final=final)
        if self._at_line_start and line.lstrip().startswith("`"):
            return self._set_fence(line, complete=bool(newline) or final)
        return self._set_text(line, complete=bool(newline), final=final)

    def _set_table(self, *, final: bool) -> bool:
        lines = self._pending.split("\n")
        count = next((n for n, line in enumerate(lines) if not is_table_line(line)), len(lines))
        ended = count < len(lines) - 1 or (count == len(lines) - 1 and lines[-1].strip() != "")
        if not ended and not final and len(self._pending) < _LONGEST_TABLE:
            return False
        if not ended and not final:  # too long to wait for its end
            count = min(count, len(lines) - 1)
        if count == 0:
            return self._set_text(lines[0], complete=False, final=final)
        self._pending = "\n".join(lines[count:])
        for line in table(lines[:count]):
            self._set_line(line, ending="\n" if count < len(lines) or line != _FENCE else "")
        return True

    def _set_fence(self, line: str, *, complete: bool) -> bool:
        if not complete and _FENCE.startswith(line.strip()[:3]):
            return False
        if not line.strip().startswith(_FENCE):
            return self._set_text(line, complete=self._pending != line, final=complete)
        ending = self._pending[len(line) : len(line) + 1]
        self._pending = self._pending[len(line) + 1 :]
        self._set_line(line, ending=ending)
        return True

    def _set_text(self, line: str, *, complete: bool, final: bool) -> bool:
        end = len(line) if complete or final else decided(line)
        if end == 0 and not complete:
            return False
        shown = harmless_code(line[:end]) if self._fence else harmless(line[:end])
        ending = "\n" if complete else ""
        self._pending = self._pending[end + len(ending) :]
        self._put(shown, ending=ending)
        return complete or end == len(line)

    def _set_line(self, line: str, *, ending: str) -> None:
        """A whole line; it may open or close a code block."""
        if line.strip().startswith(_FENCE):
            closes = bool(self._fence)
            self._write(line + ending, breaking=not closes)
            self._fence = "" if closes else line.strip()
            self._at_line_start = ending != ""
            self._break_if_full(blank=False)
        else:
            self._put(line, ending=ending)

    def _put(self, text: str, *, ending: str) -> None:
        if self._is_full and text.strip():
            self._break()
        while self._size + len(text.encode()) > AT_ONCE:
            head, text = _split(text, AT_ONCE - self._size)
            self._write(head)
            self._break()
        blank = self._at_line_start and not text.strip()
        self._write(text + ending)
        self._at_line_start = ending != "" or (self._at_line_start and text == "")
        if ending:
            self._break_if_full(blank=blank)

    def _write(self, text: str, *, breaking: bool = True) -> None:
        if self._is_full and breaking and text.strip():
            self._break()
        if self._size == 0 and not self._fence:
            text = text.lstrip("\n")
        self._out[-1] += text
        self._size += len(text.encode())

    def _break_if_full(self, *, blank: bool) -> None:
        if self._size >= (AT_PARAGRAPH if blank and not self._fence else AT_LINE):
            self._is_full = True

    def _break(self) -> None:
        self._is_full = False
        if self._fence:
            self._out[-1] += _FENCE if self._at_line_start else f"\n{_FENCE}"
        opening = f"{self._fence}\n" if self._fence else ""
        self._out.append(opening)
        self._size = len(opening)


def parts(markdown: str) -> list[str]:
    """A whole text, cut into parts; never empty ones."""
    setter = Typesetter()
    first, *more = setter.feed(markdown)
    rest, *last = setter.finish()
    texts = [first, *more]
    texts[-1] += rest
    return [text.rstrip() for text in [*texts, *last] if text.strip()]


def _split(text: str, room: int) -> tuple[str, str]:
    """The most of a text that fits into so many bytes, at a space if there is one late enough."""
    head = text.encode()[: max(room, 0)].decode(errors="ignore")
    space = head.rfind(" ")
    if space > len(head) // 2:
        head = head[: space + 1]
    return head, text[len(head) :]
