"""Forms: what people fill in, and how it finds what it is about, also when a restart came between."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import discord
from discord import ui

from bots.contributions import CONSENT
from bots.discord.listening import Press
from bots.discord.markup import quoted, shortened

MOST_TYPED: Final = 4_000  # characters that Discord's inputs hold
OPEN_FOR: Final = 3_600.0  # seconds that discord.py remembers a form; we need none of that
REASONS: Final = (
    ("wrong", "The facts are wrong"),
    ("tone", "It does not sound like us"),
    ("incomplete", "It does not answer the question"),
    ("length", "It is too long or too short"),
    ("other", "Something else"),
)
_ID: Final = re.compile(r"bv1:(?P<kind>reason|better|example|refusal):(?P<about>[0-9a-f]{1,64})")
OnForm = Callable[[Press, str, dict[str, str]], Awaitable[None]]


def reason_form(reply: str) -> ui.Modal:
    """Why an answer was not good."""
    form = _form("What was wrong?", "reason", reply)
    reasons: ui.RadioGroup[ui.Modal] = ui.RadioGroup(custom_id="reason", required=False)
    for value, label in REASONS:
        reasons.add_option(label=label, value=value)
    form.add_item(ui.Label(text="What was wrong?", component=reasons))
    form.add_item(_input("comment", "Anything else?", required=False))
    form.add_item(_input("better", "What should it have said?", required=False))
    form.add_item(ui.TextDisplay(f"-# Your vote is kept. A better answer is handed in as an example. {CONSENT}"))
    return form


def better_form(reply: str, *, question: str, answer: str) -> ui.Modal:
    """What an answer should have said; the answer is there to be changed if it fits."""
    form = _form("A better answer", "better", reply)
    fits = len(answer) <= MOST_TYPED
    shown = [f"**Question**\n{quoted(shortened(question, 600))}"] if question else []
    if not fits:
        shown.append(f"**My answer** (too long to be changed here)\n{quoted(shortened(answer, 1_000))}")
    if shown:
        form.add_item(ui.TextDisplay("\n".join(shown)))
    form.add_item(_input("better", "What should it have said?", initial=answer if fits else ""))
    form.add_item(ui.TextDisplay(f"-# {CONSENT}"))
    return form


def example_form(message: int, *, question: str, reply: str, sentence: str) -> ui.Modal:
    """A question and its reply, with what was private in them already replaced."""
    form = _form("Submit as training example", "example", str(message))
    form.add_item(ui.TextDisplay(f"This would be kept; change what you like. {sentence}"))
    form.add_item(_input("question", "What was asked", initial=shortened(question, MOST_TYPED)))
    form.add_item(_input("reply", "What a good reply says", initial=shortened(reply, MOST_TYPED)))
    form.add_item(ui.TextDisplay(f"-# {CONSENT}"))
    return form


def refusal_form(card: str, *, voice: str) -> ui.Modal:
    """Why a round is rejected; it is kept in the history of the voice."""
    form = _form(shortened(f"Reject {voice}", 45), "refusal", card)
    form.add_item(_input("why", "Why not?"))
    form.add_item(ui.TextDisplay("-# It will not speak. What you write here is kept as the reason."))
    return form


def filled_in(press: Press) -> tuple[str, str, dict[str, str]] | None:
    """The kind of a form, what it is about, and what was put in; None for a form that is not ours."""
    data: Any = press.data or {}
    found = _ID.fullmatch(str(data.get("custom_id")))
    if found is None:
        return None
    fields = [row.get("component") or {} for row in data.get("components") or ()]
    values = {str(field.get("custom_id")): str(field.get("value") or "").strip() for field in fields}
    return found["kind"], found["about"], values


def _form(title: str, kind: str, about: str) -> ui.Modal:
    return ui.Modal(title=title, custom_id=f"bv1:{kind}:{about}", timeout=OPEN_FOR)


def _input(name: str, label: str, *, initial: str = "", required: bool = True) -> ui.Label[ui.Modal]:
    typed: ui.TextInput[ui.Modal] = ui.TextInput(
        custom_id=name,
        style=discord.TextStyle.paragraph,
        default=initial or None,
        required=required,
        max_length=MOST_TYPED,
    )
    return ui.Label(text=label, component=typed)
