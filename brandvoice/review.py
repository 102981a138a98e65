"""The review: what waits, one after another, one key each."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from brandvoice.output import say
from conversations.errors import BrandvoiceError, StoreError

if TYPE_CHECKING:
    from conversations.messages import Submission
    from conversations.store import ConversationStore

KEYS = "[a]pprove  [e]dit  [r]eject  [s]kip  [q]uit"


def review_style(
    store: ConversationStore,
    style: str,
    *,
    reviewer: str,
    press: Callable[[], str] | None = None,
    ask: Callable[[str, str], str] | None = None,
) -> int:
    """Show every waiting submission of a style and take a decision; returns how many were decided."""
    press, ask = press or _press_key, ask or _ask_line
    waiting = store.submissions(style=style, state="waiting")
    if not waiting:
        say(f"Nothing waits for review in {style}.")
        return 0
    decided = 0
    for number, submission in enumerate(waiting, 1):
        _show(submission, f"{number} of {len(waiting)}")
        key = _decision(press)
        if key == "q":
            break
        if key != "s":
            decided += _decide(store, submission, key, reviewer=reviewer, ask=ask)
    say(f"\n{decided} decided, {len(waiting) - decided} still waiting.")
    return decided


def _show(submission: Submission, place: str) -> None:
    kind = "a better answer" if submission.replaces else "a conversation"
    say(f"\n{place}  {submission.id[:10]}  {kind} by {submission.person}")
    for message in submission.messages:
        say(f"  {message.role}: {message.content}")
    say(KEYS)


def _decision(press: Callable[[], str]) -> str:
    while (key := press().lower()) not in set("aersq"):
        say(KEYS)
    return key


def _decide(
    store: ConversationStore, submission: Submission, key: str, *, reviewer: str, ask: Callable[[str, str], str]
) -> int:
    try:
        if key == "a":
            store.decide(submission.id, state="approved", reviewer=reviewer)
        elif key == "r":
            store.decide(submission.id, state="rejected", reviewer=reviewer, note=ask("reason: ", ""))
        else:
            last = submission.messages[-1]
            messages = (*submission.messages[:-1], replace(last, content=ask("reply: ", last.content)))
            store.decide(submission.id, state="approved", reviewer=reviewer, note="edited", messages=messages)
    except BrandvoiceError as error:
        say(str(error))
        return 0
    return 1


def _press_key() -> str:
    """One key without Enter; a line from a pipe."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()[:1] or "q"
    try:
        import termios
        import tty
    except ImportError as error:
        raise StoreError("This terminal cannot read single keys. Use `brandvoice submissions approve ID`.") from error
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        return sys.stdin.read(1)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _ask_line(prompt: str, default: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip() or default
    from prompt_toolkit import prompt as ask

    return str(ask(prompt, default=default)).strip()
