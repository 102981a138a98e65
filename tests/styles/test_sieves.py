"""Steps that look only at what their sieve lets through decide as if they looked at everything."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.messages import Message
from conversations.sieve import WORTHWHILE
from styles import quality, steps
from styles.curation import Limits
from styles.drafts import Draft, Step
from styles.steps import builtin_steps
from tests.conversations.look_alikes import look_alikes
from tests.conversations.planted import planted
from tests.styles.poison import Maker
from tests.styles.poison import planted as poison

LIMITS = Limits(special_tokens=("<|im_start|>", "@@end@@"))
SIFTED = {
    step.name: step.run
    for step in builtin_steps(LIMITS)
    if isinstance(step, Step) and getattr(step.run, "sieve", None) is not None
}
TEXTS = [
    *(one.text for one in planted()),
    *look_alikes(),
    *(m.content for one in poison(Maker(3), 8) for m in one.conversation.messages),
    *(m.content for talk in Maker(4).clean(50) for m in talk.messages),
    *(word.upper() for word in sorted(quality._rude_words())),
    *(f"oh {word}!" for word in sorted(quality._rude_words())),
    "a" * 16,
    "no" + "\n" * 16,
    "so \u00e9" + "\u00e9" * 16,
    "...",
    "\u2764",
    "@@end@@",
    "caf\u00c3\u00a9",
]


def draft(text: str) -> Draft:
    return Draft("d", "d", (Message("user", text), Message("assistant", text), Message("user", "?")))


ORDINARY = [replace(draft("hello"), id=f"o{number}") for number in range(WORTHWHILE)]


def decided(run: Any, text: str) -> tuple[object, object]:
    """What comes of a draft with its sieve, and without."""
    return run([draft(text), *ORDINARY])[0], run.decide(draft(text))


def test_there_are_such_steps() -> None:
    assert set(SIFTED) >= {"encoding", "secrets", "hidden text", "boilerplate", "context", "toxicity"}


@pytest.mark.parametrize("name", sorted(SIFTED))
def test_a_sieve_changes_nothing_for_known_texts(name: str) -> None:
    run = SIFTED[name]
    drafts = [replace(draft(text), id=f"d{number}") for number, text in enumerate(TEXTS)]
    for one, sifted in zip(drafts, run(drafts), strict=True):
        assert sifted == run.decide(one), one


PATTERNS = (quality._AUTOMATIC, quality._NOISE, quality._ELSEWHERE, quality._RUN, steps._TEMPLATE_TOKEN, steps._HIDDEN)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(PATTERNS).flatmap(st.from_regex), st.text(max_size=5))
def test_a_sieve_changes_nothing_for_whatever_a_rule_matches(matching: str, more: str) -> None:
    for run in SIFTED.values():
        sifted, looked_at = decided(run, more + matching)
        assert sifted == looked_at


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([word for text in TEXTS for word in re.split(r"(\W)", text)]), max_size=12))
def test_a_sieve_changes_nothing_for_words_thrown_together(words: list[str]) -> None:
    for run in SIFTED.values():
        sifted, looked_at = decided(run, "".join(words))
        assert sifted == looked_at
