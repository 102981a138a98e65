"""The review: a full screen that is worked with single keys, or line by line where there is no terminal."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from brandvoice.output import say
from conversations.errors import BrandvoiceError

if TYPE_CHECKING:
    from prompt_toolkit import Application
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    from styles.review import ReviewDesk, ReviewItem, Waiting

Line = tuple[str, str]  # a style of the screen, and the text

KEYS = "a approve   e edit   r reject   s skip   u undo   j/k scroll   q quit"
_EDITING = "Ctrl-S approve with this reply   Esc back"
_REASON = "Enter reject with this reason   Esc back"
_COLOURS = {
    "head": "reverse",
    "title": "bold",
    "user": "ansicyan",
    "assistant": "ansigreen",
    "faint": "ansibrightblack",
    "warn": "ansiyellow",
    "fault": "ansired",
    "keys": "reverse",
}


class Review:
    """Where one reviewer is in the queue; knows nothing of screens. What it cannot do is said in `said`."""

    def __init__(self, desk: ReviewDesk) -> None:
        self.desk = desk
        self.waiting: list[Waiting] = desk.queue()
        self.place = 0
        self.said = ""
        self.head = ""
        self.item: ReviewItem | None = None
        self._find()

    def approve(self) -> None:
        self._decide(self.desk.approve, "approved")

    def reject(self, reason: str) -> None:
        self._decide(lambda item: self.desk.reject(item, reason), "rejected")

    def edit(self, reply: str) -> None:
        self._decide(lambda item: self.desk.edit(item, reply), "approved with your reply")

    def skip(self) -> None:
        self.said = "skipped; it waits for the next review"
        self.place += 1
        self._find()

    def undo(self) -> None:
        try:
            undone = self.desk.undo()
        except BrandvoiceError as error:
            self.said = str(error)
            return
        self.waiting = self.desk.queue()
        self.place = next((n for n, one in enumerate(self.waiting) if one.id == undone.item), self.place)
        self._find()
        self.said = f"undone: {undone.verdict} of {undone.item[:10]}"

    def _decide(self, decide: Callable[[ReviewItem], object], what: str) -> None:
        if self.item is None:
            return
        try:
            decide(self.item)
        except BrandvoiceError as error:
            self.said = str(error)
            return
        self.said = f"{self.item.id[:10]} is {what}"
        del self.waiting[self.place]
        self._find()

    def _find(self) -> None:
        """The item at the place; one that went away meanwhile is passed over."""
        self.item = None
        while self.place < len(self.waiting) and self.item is None:
            try:
                self.item = self.desk.look(self.waiting[self.place])
            except BrandvoiceError:
                del self.waiting[self.place]
        self._count()

    @property
    def left(self) -> int:
        return len(self.waiting) - self.place

    def _count(self) -> None:
        told = f"{self.desk.decided()} decided by {self.desk.reviewer}"
        self.head = f" {self.left} left   {told}   {self.desk.agreement().brief}".rstrip()


def lines_of(item: ReviewItem) -> Iterator[Line]:
    """Everything about an item, for a screen or a pipe."""
    yield "title", f"{item.kind} {item.id[:10]}"
    for sentence in item.why:
        yield "", sentence
    for sentence in item.evidence:
        yield "warn", f"evidence: {sentence}"
    yield "", ""
    for message in item.messages:
        yield message.role if message.role != "system" else "faint", f"{message.role}: {message.content}"
    yield "", ""
    if item.hidden:
        yield "faint", f"hidden in it: {', '.join(f'{count} {kind.lower()}' for kind, count in item.hidden.items())}"
    for name, (score, evidence) in item.scores.items():
        yield "warn" if score < 1 else "faint", f"{name}: {score:.2f} {evidence}".rstrip()
    for near in item.neighbours:
        yield "faint", f"near {near.likeness:.2f}: {_short(near.prompt)} → {_short(near.reply)}"


def review_style(desk: ReviewDesk) -> int:
    """Go through what waits; returns how many items this reviewer decided now."""
    before = desk.decided()
    review = Review(desk)
    if review.item is None:
        say("Nothing waits for review. " + desk.agreement().sentence)
    elif sys.stdin.isatty() and sys.stdout.isatty():
        _screen(review).run()
    else:
        _by_lines(review)
    decided = desk.decided() - before
    say(f"{decided} decided, {len(review.waiting)} still waiting.")
    return decided


def _by_lines(review: Review) -> None:
    """One line for each decision: the key, and after it the reason or the reply."""
    while review.item is not None:
        for _, text in lines_of(review.item):
            say(text)
        say(KEYS)
        line = sys.stdin.readline()
        if not line or line.strip() == "q":
            return
        key, _, rest = line.strip().partition(" ")
        actions: dict[str, Callable[[], None]] = {
            "a": review.approve,
            "s": review.skip,
            "u": review.undo,
            "r": lambda rest=rest: review.reject(rest),  # type: ignore[misc]
            "e": lambda rest=rest: review.edit(rest),  # type: ignore[misc]
        }
        actions.get(key, lambda: None)()
        say(review.said)


class _Screen:
    """What the screen holds besides the review: how far it is scrolled, and what is being written."""

    def __init__(self, review: Review) -> None:
        from prompt_toolkit.widgets import TextArea

        self.review = review
        self.scrolled = 0
        self.mode = "look"
        self.reply = TextArea(multiline=True, wrap_lines=True)
        self.reason = TextArea(height=1, multiline=False, prompt="reason: ")

    def text(self) -> StyleAndTextTuples:
        from prompt_toolkit.application import get_app

        width = max(20, get_app().output.get_size().columns - 2)
        if self.review.item is None:
            shown = [("title", "Nothing is left."), ("", "u undoes your last verdict, q quits.")]
        else:
            shown = list(lines_of(self.review.item))
        wrapped = [(f"class:{kind}" if kind else "", line) for kind, text in shown for line in _wrapped(text, width)]
        self.scrolled = max(0, min(self.scrolled, len(wrapped) - 3))
        return [(kind, f" {line}\n") for kind, line in wrapped[self.scrolled :]]

    def foot(self) -> StyleAndTextTuples:
        keys = {"look": KEYS, "edit": _EDITING, "reason": _REASON}[self.mode]
        return [("class:warn", f" {self.review.said}\n"), ("class:keys", f" {keys} ")]

    def write(self, mode: str, event: KeyPressEvent) -> None:
        if self.review.item is None:
            return
        self.mode = mode
        area = self.reply if mode == "edit" else self.reason
        area.text = self.review.item.reply if mode == "edit" else ""
        area.buffer.cursor_position = len(area.text)
        event.app.layout.focus(area)

    def back(self, event: KeyPressEvent) -> None:
        self.mode = "look"
        event.app.layout.focus_last()

    def done(self, event: KeyPressEvent) -> None:
        """Decide with what was written; a refusal leaves it there to be mended."""
        before = self.review.item
        if self.mode == "edit":
            self.review.edit(self.reply.text)
        else:
            self.review.reject(self.reason.text)
        if self.review.item is not before:
            self.back(event)
            self.scrolled = 0


def _screen(review: Review) -> Application[None]:
    from prompt_toolkit import Application
    from prompt_toolkit.filters import Condition
    from prompt_toolkit.layout import ConditionalContainer, HSplit, Layout, Window
    from prompt_toolkit.layout.controls import FormattedTextControl
    from prompt_toolkit.styles import Style
    from prompt_toolkit.widgets import Frame

    screen = _Screen(review)
    body = Window(FormattedTextControl(screen.text, focusable=True), wrap_lines=False)
    root = HSplit(
        [
            Window(FormattedTextControl(lambda: [("class:head", review.head)]), height=1, style="class:head"),
            body,
            ConditionalContainer(
                Frame(screen.reply, title="your reply", height=9), Condition(lambda: screen.mode == "edit")
            ),
            ConditionalContainer(screen.reason, Condition(lambda: screen.mode == "reason")),
            Window(FormattedTextControl(screen.foot), height=2),
        ]
    )
    return Application(
        Layout(root, focused_element=body),
        key_bindings=_bindings(screen),
        style=Style.from_dict(_COLOURS),
        full_screen=True,
    )


def _bindings(screen: _Screen) -> KeyBindings:
    from prompt_toolkit.filters import Condition
    from prompt_toolkit.key_binding import KeyBindings

    bindings = KeyBindings()
    looking, editing = Condition(lambda: screen.mode == "look"), Condition(lambda: screen.mode == "edit")
    reasoning = Condition(lambda: screen.mode == "reason")

    def on(key: str, when: Any, act: Callable[[KeyPressEvent], None]) -> None:
        bindings.add(key, filter=when, eager=key != "escape")(act)

    def decide(act: Callable[[], None]) -> Callable[[KeyPressEvent], None]:
        def pressed(_: KeyPressEvent) -> None:
            act()
            screen.scrolled = 0

        return pressed

    def scroll(lines: int) -> Callable[[KeyPressEvent], None]:
        def pressed(_: KeyPressEvent) -> None:
            screen.scrolled = max(0, screen.scrolled + lines)

        return pressed

    for key, act in (("a", screen.review.approve), ("s", screen.review.skip), ("u", screen.review.undo)):
        on(key, looking, decide(act))
    for key, lines in (("j", 1), ("down", 1), ("k", -1), ("up", -1), ("pagedown", 10), ("pageup", -10)):
        on(key, looking, scroll(lines))
    on("e", looking, lambda event: screen.write("edit", event))
    on("r", looking, lambda event: screen.write("reason", event))
    on("q", looking, lambda event: event.app.exit())
    on("c-s", editing, screen.done)
    on("enter", reasoning, screen.done)
    on("escape", editing | reasoning, screen.back)
    bindings.add("c-c")(lambda event: event.app.exit())
    return bindings


def _wrapped(text: str, width: int) -> list[str]:
    """Lines that fit, without what a terminal would obey."""
    plain = "\n".join(
        "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line) for line in text.split("\n")
    )
    return [part for line in plain.split("\n") for part in (textwrap.wrap(line, width) or [""])]


def _short(text: str) -> str:
    return textwrap.shorten(text, 70, placeholder="…")
