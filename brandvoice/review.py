"""A review as one person goes through it: where they are in the queue, and what each key does to it."""

from __future__ import annotations

import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from brandvoice.output import print_json, print_rows, say
from conversations.errors import BrandvoiceError

if TYPE_CHECKING:
    from styles.review import ReviewDesk, ReviewItem, Waiting

Line = tuple[str, str]  # a style of the screen, and the text

KEYS = "a approve  e edit  r reject  s skip  u undo  ? more keys  q quit"
MEASURED_FROM = 3  # decisions after which a pace means something


class Review:
    """Where one reviewer is in the queue; knows nothing of screens. What it did, or cannot do, is said in `said`."""

    def __init__(self, desk: ReviewDesk, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.desk = desk
        self.said = ""
        self.item: ReviewItem | None = None
        self.place = 0
        self.words = ""  # what is searched for
        self.reason = ""  # the newest one
        self._clock = clock
        self._began = clock()
        self._steps: list[int] = []  # how many verdicts each decision of this sitting was
        self._riskiest_first = False
        self._all = desk.queue()
        self.waiting: list[Waiting] = list(self._all)
        self._agreement = desk.agreement().brief
        self._earlier = sum(one.decided for one in desk.reviewers() if one.reviewer == desk.reviewer)
        self._find()

    def approve(self) -> None:
        self._decide(self.desk.approve, "approved")

    def reject(self, reason: str) -> None:
        self.reason = reason.strip() or self.reason
        self._decide(lambda item: self.desk.reject(item, reason), "rejected")

    def reject_again(self) -> None:
        """Reject for the same reason as the one before."""
        if self.reason:
            self.reject(self.reason)
        else:
            self.said = "You have given no reason yet that could be given again: r"

    def edit(self, reply: str) -> None:
        hidden = sum(self.desk.hide(self.item, reply).counts.values()) if self.item else 0
        told = f"; {hidden} private value{'s were' if hidden > 1 else ' was'} replaced in it" if hidden else ""
        self._decide(lambda item: self.desk.edit(item, reply), f"approved with your reply{told}")

    def skip(self) -> None:
        if self.item is None:
            return
        self.said = "skipped; b goes back to it"
        self.place += 1
        self._find()

    def back(self) -> None:
        """To the one before, which was skipped."""
        self.said = "" if self.place else "This is the first one."
        self.place = max(0, self.place - 1)
        self._find()

    def undo(self) -> None:
        """Take the newest decision back, in this sitting also one about several items."""
        undone = []
        for _ in range(self._steps.pop() if self._steps else 1):
            try:
                undone.append(self.desk.undo())
            except BrandvoiceError as error:
                self.said = str(error)
                break
        if not undone:
            return
        self._all = self.desk.queue()
        if not any(one.id == undone[-1].item for one in self._seen()):
            self.words = ""
        self._show(undone[-1].item)
        which = undone[-1].item[:10] if len(undone) == 1 else f"{len(undone)} items"
        self.said = f"undone: {undone[-1].verdict} of {which}"

    def search(self, words: str) -> None:
        """Go through those only that say all of the words, in their text or in why they wait; empty for all."""
        before, self.words = self.words, words.strip()
        found = self._seen()
        if not found:
            self.said, self.words = f'Nothing that waits says "{self.words}".', before
            return
        self._show(None)
        self.said = f'{len(found)} of {len(self._all)} say "{self.words}"; an empty search shows all' if words else ""

    def sort(self) -> None:
        """The riskiest first, or the oldest first again."""
        self._riskiest_first = not self._riskiest_first
        self._show(None)
        self.said = "the riskiest first" if self._riskiest_first else "the oldest first"

    def alike(self) -> list[Waiting]:
        """This item and those that say the same: the same reply, or held back for the same words."""
        if self.item is None:
            return []
        here = self.waiting[self.place]
        return [here, *(one for one in self._all if here.repeats(one))]

    def approve_alike(self, shown: list[Waiting]) -> None:
        """Approve several as they were shown, but none that is held back or that curation would not learn."""
        self._decide_all(shown, self.desk.approve, "approved", careful=True)

    def reject_alike(self, shown: list[Waiting], reason: str) -> None:
        self.reason = reason.strip() or self.reason
        self._decide_all(shown, lambda item: self.desk.reject(item, reason), "rejected", careful=False)

    @property
    def left(self) -> int:
        return len(self.waiting) - self.place

    @property
    def done(self) -> int:
        """How many were decided in this sitting."""
        return sum(self._steps)

    @property
    def head(self) -> str:
        """How far this is, how fast it goes, and how far reviewers agree."""
        shown = f'{self.left} left with "{self.words}"' if self.words else f"{self.left} left"
        decided = f"{self.desk.reviewer}: {self.done} done" + (f", {self._earlier} before" if self._earlier else "")
        parts = [decided, shown, self._pace(), self._agreement]
        return "   ".join(filter(None, parts))

    def _pace(self) -> str:
        minutes = (self._clock() - self._began) / 60
        if self.done < MEASURED_FROM or minutes <= 0 or not self.left:
            return ""
        rate = self.done / minutes
        return f"{rate:.1f} a minute, about {max(1, round(self.left / rate))} min to go"

    def _decide(self, decide: Callable[[ReviewItem], object], what: str) -> None:
        if self.item is None:
            return
        try:
            decide(self.item)
        except BrandvoiceError as error:
            self.said = str(error)
            return
        self.said = f"{self.item.id[:10]} is {what}"
        self._steps.append(1)
        self._drop({self.item.id})

    def _decide_all(
        self, shown: list[Waiting], decide: Callable[[ReviewItem], object], what: str, *, careful: bool
    ) -> None:
        done = set[str]()
        for waiting in shown:
            try:
                item = self.desk.look(waiting)
                if not careful or _may_go(item, waiting):
                    decide(item)
                    done.add(item.id)
            except BrandvoiceError as error:
                self.said = str(error)
        if done:
            left = f", {len(shown) - len(done)} left for you to look at" if len(done) < len(shown) else ""
            self.said = f"{len(done)} are {what}{left}"
            self._steps.append(len(done))
            self._drop(done)
        elif careful:
            self.said = "None is approved: each of them has to be looked at."

    def _drop(self, decided: set[str]) -> None:
        before = self.waiting[: self.place]
        self.place -= sum(one.id in decided for one in before)
        self._all = [one for one in self._all if one.id not in decided]
        self.waiting = [one for one in self.waiting if one.id not in decided]
        if self.item is not None and any("second opinion" in why for why in self.item.why):
            self._agreement = self.desk.agreement().brief
        self._find()

    def _seen(self) -> list[Waiting]:
        found = [one for one in self._all if self.desk.mentions(one, self.words)]
        return sorted(found, key=self.desk.risk, reverse=True) if self._riskiest_first else found

    def _show(self, item: str | None) -> None:
        """The queue as it is searched and ordered now, at an item or at its beginning."""
        self.waiting = self._seen()
        self.place = next((n for n, one in enumerate(self.waiting) if one.id == item), 0)
        self._find()

    def _find(self) -> None:
        """The item at the place; one that went away meanwhile is passed over."""
        self.item = None
        while self.place < len(self.waiting) and self.item is None:
            try:
                self.item = self.desk.look(self.waiting[self.place])
            except BrandvoiceError:
                del self.waiting[self.place]


def _may_go(item: ReviewItem, seen: Waiting) -> bool:
    """Whether an item may be approved with others: it is what was seen, and curation has nothing against it."""
    return item.held is None and not item.foreseen and item.shown == seen.shown


def lines_of(item: ReviewItem) -> Iterator[Line]:
    """Everything about an item, for a screen or a pipe: first why it is here, last what it is like."""
    yield "title", f"{item.kind} {item.id[:10]}"
    for sentence in item.why:
        yield "", sentence
    yield from _against(item)
    if kept := [name for name, (score, _) in item.scores.items() if score >= 1]:
        yield "faint", f"kept: {', '.join(kept)}"
    yield "", ""
    for message in item.messages:
        yield message.role if message.role != "system" else "faint", f"{message.role}: {message.content}"
    yield "", ""
    if item.neighbours:
        yield "faint", "what the style learns already and is nearest to it:"
    for near in item.neighbours:
        yield "faint", f"  {near.likeness:.0%} alike: {_short(near.prompt)} → {_short(near.reply)}"


def _against(item: ReviewItem) -> Iterator[Line]:
    """What speaks against it; the sign tells it apart where there are no colours."""
    if item.foreseen:
        yield "warn", f"! {item.foreseen}"
    for sentence in item.evidence:
        yield "warn", f"! evidence: {sentence}"
    if item.hidden:
        kinds = ", ".join(f"{count} {kind.lower()}" for kind, count in item.hidden.items())
        yield "warn", f"! replaced in it: {kinds}"
    for name, (score, evidence) in item.scores.items():
        if score < 1:
            yield "warn", f"! {name} {score:.2f}: {evidence}".rstrip(": ")


def review_style(desk: ReviewDesk) -> int:
    """Go through what waits; returns how many items this reviewer decided now."""
    review = Review(desk)
    if review.item is None:
        say("Nothing waits for review. " + desk.agreement().sentence)
    elif sys.stdin.isatty() and sys.stdout.isatty():
        from brandvoice.review_screen import open_screen

        open_screen(review).run()
    else:
        _by_lines(review)
    say(f"{review.done} decided, {len(desk.queue())} still waiting.")
    return review.done


def tell_summary(desk: ReviewDesk, *, as_json: bool) -> None:
    """Who decided how much and how fast, how far two agree, and what waits."""
    rows, waiting, agreed = desk.reviewers(), desk.queue(), desk.agreement()
    if as_json:
        print_json({"reviewers": rows, "waiting": len(waiting), "agreement": agreed})
        return
    shown = [
        {
            "reviewer": row.reviewer,
            "decided": row.decided,
            "approved": row.approved,
            "edited": row.edited,
            "rejected": row.rejected,
            "seconds each": row.seconds_each,
            "last": row.last.isoformat()[:16],
        }
        for row in rows
    ]
    print_rows(shown, as_json=False, empty="Nobody has decided anything yet.")
    say(f"\n{agreed.sentence}\n{len(waiting)} wait for {desk.reviewer}.")


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
            "b": review.back,
            "u": review.undo,
            "o": review.sort,
            "R": review.reject_again,
            "r": lambda rest=rest: review.reject(rest),  # type: ignore[misc]
            "e": lambda rest=rest: review.edit(rest),  # type: ignore[misc]
            "/": lambda rest=rest: review.search(rest),  # type: ignore[misc]
        }
        actions.get(key, lambda: None)()
        say(review.said)


def _short(text: str) -> str:
    return textwrap.shorten(text, 70, placeholder="…")
