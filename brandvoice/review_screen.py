"""The full screen of a review, which is worked with single keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from prompt_toolkit import Application
from prompt_toolkit.application import get_app
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.layout import ConditionalContainer, HSplit, Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.styles import Style
from prompt_toolkit.utils import get_cwidth
from prompt_toolkit.widgets import Frame, TextArea

from brandvoice.review import KEYS, Line, Review, lines_of

if TYPE_CHECKING:
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyPressEvent

    from styles.review import Waiting

_FEET = {
    "look": KEYS,
    "help": "any key goes back",
    "edit": "Ctrl-S approve with this reply   Esc back",
    "reason": "Enter reject with this reason   Up earlier reasons   Esc back",
    "search": "Enter search   Esc back",
    "alike": "y approve all of them   r reject all with one reason   Esc back",
    "alike reason": "Enter reject all of them with this reason   Up earlier reasons   Esc back",
}
_HELP = """Keys
a  approve: the next dataset learns it as it is; what was held back is let go
e  edit the last reply, and approve it so; private values are replaced
r  reject, with a reason that whoever handed it in reads
R  reject with the same reason as before
s  skip for now       b  go back to what was skipped
u  undo your newest decision, as often as you like, also of earlier days
l  look at all that say the same, to decide about them at once
o  order: the riskiest first, or the oldest first
/  search: only those that say these words, also in who, where and why
j k, arrows, Space, Page Up and Down, Home, End  scroll
q  quit; everything is kept, and the next review goes on here

A line that begins with ! speaks against the item. Numbers are from 0 (broken) to 1 (kept)."""
_COLOURS = {
    "head": "reverse",
    "title": "bold",
    "user": "ansicyan",
    "assistant": "ansigreen bold",
    "faint": "ansibrightblack",
    "warn": "ansiyellow",
    "keys": "reverse",
}
_ESCAPE_SECONDS = 0.05  # after which an Esc is no longer the beginning of another key
_PLAIN = 4  # lines that are no text: head, how far it is scrolled, what was said, keys
_JOINED = re.compile("(?<=[^\x00-\x7f])\u200d(?=[^\x00-\x7f])")  # emoji that are one with others


class Screen:
    """What the screen holds besides the review: how far it is scrolled, and what is being written."""

    def __init__(self, review: Review) -> None:
        self.review = review
        self.scrolled = 0
        self.mode = "look"
        self.several: list[Waiting] = []  # that are decided about at once
        self.reply = TextArea(multiline=True, wrap_lines=True)
        reasons = InMemoryHistory(review.desk.reasons())
        self.line = TextArea(height=1, multiline=False, history=reasons, prompt=self._prompt)
        self._wrapped: tuple[object, list[tuple[str, str]]] = (None, [])

    def body(self) -> StyleAndTextTuples:
        lines, room = self._lines(), self._room()
        self.scrolled = max(0, min(self.scrolled, len(lines) - room))
        return [(kind, f" {line}\n") for kind, line in lines[self.scrolled : self.scrolled + room]]

    def place(self) -> StyleAndTextTuples:
        """How much of a long text is seen."""
        lines, room = len(self._lines()), self._room()
        if lines <= room:
            return []
        end = min(lines, self.scrolled + room)
        return [("class:faint", f" lines {self.scrolled + 1} to {end} of {lines:,}; Space shows more")]

    def foot(self) -> StyleAndTextTuples:
        width = max(20, get_app().output.get_size().columns - 2)
        said = (_wrapped(self.review.said, width) or [""])[0]
        return [("class:warn", f" {said}\n"), ("class:keys", f" {_FEET[self.mode]} ")]

    def scroll(self, lines: int) -> None:
        self.scrolled = max(0, self.scrolled + lines)

    def page(self, pages: int) -> None:
        self.scroll(pages * max(1, self._room() - 2))

    def write(self, mode: str, event: KeyPressEvent) -> None:
        if self.review.item is None and mode != "search":
            return
        self.mode = mode
        area = self.reply if mode == "edit" else self.line
        area.text = self.review.item.reply if mode == "edit" and self.review.item else ""
        area.buffer.cursor_position = len(area.text)
        event.app.layout.focus(area)

    def alike(self) -> None:
        self.several = self.review.alike()
        if len(self.several) < 2:
            self.review.said = "Nothing else that waits says the same."
            return
        self.mode, self.scrolled, self.review.said = "alike", 0, ""

    def back(self, event: KeyPressEvent) -> None:
        if self.mode in ("edit", "reason", "search", "alike reason"):
            event.app.layout.focus_last()
        self.mode, self.scrolled = "look", 0

    def done(self, event: KeyPressEvent) -> None:
        """Do what was written for; a refusal leaves it there to be mended."""
        before, review = self.review.item, self.review
        if self.mode == "edit":
            review.edit(self.reply.text)
        elif self.mode == "reason":
            review.reject(self.line.text)
        elif self.mode == "alike reason":
            review.reject_alike(self.several, self.line.text)
        else:
            review.search(self.line.text)
        if review.item is not before or self.mode == "search":
            self.line.buffer.reset(append_to_history=self.mode != "search")
            self.back(event)

    def approve_alike(self, event: KeyPressEvent) -> None:
        self.review.approve_alike(self.several)
        self.back(event)

    def _prompt(self) -> str:
        return "search: " if self.mode == "search" else "reason: "

    def _room(self) -> int:
        taken = {"edit": 9, "reason": 1, "search": 1, "alike reason": 1}.get(self.mode, 0)
        return max(3, get_app().output.get_size().rows - _PLAIN - taken)

    def _lines(self) -> list[tuple[str, str]]:
        """The text in lines that fit, kept until it is another one or the screen is."""
        width = max(20, get_app().output.get_size().columns - 2)
        mode = self.mode if self.mode in ("help", "alike", "alike reason") else "look"
        key = (mode, width, self.review.item, len(self.several))
        if self._wrapped[0] != key:
            shown = [(f"class:{k}" if k else "", line) for k, text in self._shown() for line in _wrapped(text, width)]
            self._wrapped = key, shown
        return self._wrapped[1]

    def _shown(self) -> Sequence[Line]:
        if self.mode == "help":
            return [("", _HELP)]
        if self.mode in ("alike", "alike reason"):
            return list(_several(self.several))
        if self.review.item is None:
            words = self.review.words
            left = f'Nothing that says "{words}" is left; / and Enter show the others.' if words else "Nothing is left."
            return [("title", left), ("", "u undoes your last decision, b goes back to what was skipped, q quits.")]
        return list(lines_of(self.review.item))


def _several(waiting: Sequence[Waiting]) -> list[Line]:
    lines = [("title", f"{len(waiting)} say the same")]
    if shown := waiting[0].shown:
        lines.append(("assistant", f"assistant: {shown.messages[-1].content}"))
    if held := waiting[0].held:
        lines += [("warn", f"! {held.sentence}"), *(("warn", f"! evidence: {line}") for line in held.evidence)]
    lines.append(("", ""))
    for one in waiting:
        asked = [m.content for m in one.shown.messages[:-1]] if one.shown else [one.held.place if one.held else ""]
        lines.append(("user", f"{one.id[:10]}  {' / '.join(asked)}"))
    return lines


def open_screen(review: Review) -> Application[None]:
    """The screen, to be run."""
    screen = Screen(review)
    body = Window(FormattedTextControl(screen.body, focusable=True), wrap_lines=False)

    def shows(*modes: str) -> Condition:
        return Condition(lambda: screen.mode in modes)

    root = HSplit(
        [
            Window(FormattedTextControl(lambda: [("class:head", f" {review.head}")]), height=1, style="class:head"),
            body,
            Window(FormattedTextControl(screen.place), height=1),
            ConditionalContainer(Frame(screen.reply, title="your reply", height=9), shows("edit")),
            ConditionalContainer(screen.line, shows("reason", "search", "alike reason")),
            Window(FormattedTextControl(screen.foot), height=2),
        ]
    )
    application: Application[None] = Application(
        Layout(root, focused_element=body),
        key_bindings=_bindings(screen),
        style=Style.from_dict(_COLOURS),
        full_screen=True,
    )
    application.timeoutlen = application.ttimeoutlen = _ESCAPE_SECONDS
    return application


def _bindings(screen: Screen) -> KeyBindings:
    bindings = KeyBindings()

    def on(mode: str, keys: str, act: Callable[[KeyPressEvent], Any]) -> None:
        def pressed(event: KeyPressEvent) -> None:
            act(event)

        for key in keys.split():
            bindings.add(key, filter=Condition(lambda: screen.mode == mode), eager=key != "escape")(pressed)

    _bind_looking(screen, on)
    bindings.add("<any>", filter=Condition(lambda: screen.mode == "help"), eager=True)(screen.back)
    on("alike", "y", screen.approve_alike)
    on("alike", "r", lambda event: screen.write("alike reason", event))
    for mode in ("edit", "reason", "search", "alike", "alike reason"):
        on(mode, "escape", screen.back)
    on("edit", "c-s", screen.done)
    for mode in ("reason", "search", "alike reason"):
        on(mode, "enter", screen.done)
    for mode in ("look", "alike"):
        on(mode, "j down", lambda _: screen.scroll(1))
        on(mode, "k up", lambda _: screen.scroll(-1))
        on(mode, "space pagedown", lambda _: screen.page(1))
        on(mode, "pageup", lambda _: screen.page(-1))
    bindings.add("c-c")(lambda event: event.app.exit())
    return bindings


def _bind_looking(screen: Screen, on: Callable[[str, str, Callable[[KeyPressEvent], Any]], None]) -> None:
    review = screen.review

    def decide(act: Callable[[], None]) -> Callable[[KeyPressEvent], None]:
        def pressed(_: KeyPressEvent) -> None:
            act()
            screen.scrolled = 0

        return pressed

    acts = {"a": review.approve, "R": review.reject_again, "s": review.skip, "b": review.back, "u": review.undo}
    for key, act in {**acts, "o": review.sort, "l": screen.alike}.items():
        on("look", key, decide(act))
    for key, mode in (("e", "edit"), ("r", "reason"), ("/", "search")):
        on("look", key, lambda event, mode=mode: screen.write(mode, event))  # type: ignore[misc]
    on("look", "?", lambda _: setattr(screen, "mode", "help"))
    on("look", "home", lambda _: screen.scroll(-screen.scrolled))
    on("look", "end", lambda _: screen.scroll(10**9))
    on("look", "q", lambda event: event.app.exit())


def _wrapped(text: str, width: int) -> list[str]:
    """Lines that fit into so many columns, without what a terminal would obey."""
    lines: list[str] = []
    for line in _JOINED.sub("", text).split("\n"):
        plain = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
        lines += _fitted(plain, width)
    return lines


def _fitted(line: str, width: int) -> list[str]:
    lines, used = [""], 0
    for word in re.findall(r"\S+|\s+", line):
        columns = get_cwidth(word)
        if word.isspace() and used + columns > width:
            lines.append("")
            used = 0
            continue
        if used + columns > width and used:
            lines.append("")
            used = 0
        for part, taken in [(word, columns)] if used + columns <= width else map(_measured, word):
            if used + taken > width:
                lines.append("")
                used = 0
            lines[-1] += part
            used += taken
    return [line.rstrip() for line in lines]


def _measured(character: str) -> tuple[str, int]:
    return character, get_cwidth(character)
