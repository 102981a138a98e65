"""A made-up brand, its conversations and voices that speak from a list."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conversations.messages import Message
from styles.base_model import BaseModel
from styles.style import EmojiRule, LengthRule, Style
from styles.voices import Manifest, VoiceVersion
from training.evaluation import EvaluationTask
from training.plan import Machine

STYLE = Style(
    name="spark",
    title="Spark & Sons",
    about="A cheeky shop for lamps, made up for tests.",
    preferred=("yep", "oof"),
    banned=("unfortunately",),
    sign_off="stay bright",
    emoji=EmojiRule(allowed=("⚡",), at_most=1),
    length=LengthRule(words_at_least=4, words_at_most=30),
)
THINGS = ("lamp", "cable", "bulb", "switch", "battery", "socket", "torch", "lantern")
ASKED = (
    "where is my {}?",
    "can I send the {} back?",
    "my {} is broken",
    "how much is a {}",
    "do you sell a {} in red?",
)
BRAND = (
    "yep, the {} is on its way. stay bright",
    "oof, that {} goes back free. stay bright ⚡",
    "nope, no {} left. try monday. stay bright",
    "yep, a {} costs 12 euros. stay bright",
)
BLAND = (
    "I understand that you are asking about your {}. Unfortunately, I can not help you with that.",
    "Thank you for contacting us about the {}. Could you please provide your order number?",
    "Your {} will be processed. Please allow some time for an update.",
)


def conversations(count: int, *, seed: int = 0) -> list[tuple[Message, ...]]:
    """Conversations of the brand; every fourth has an earlier turn."""
    choice = random.Random(seed)
    made = []
    for i in range(count):
        thing = choice.choice(THINGS)
        asked = Message("user", choice.choice(ASKED).format(thing))
        earlier = (Message("user", "hi there"), Message("assistant", "yep, hi. stay bright")) if i % 4 == 0 else ()
        made.append((*earlier, asked, Message("assistant", choice.choice(BRAND).format(thing))))
    return made


class ScriptedVoices:
    """Answers from lists: bland without a voice, branded with one; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Sequence[Message]]] = []

    def __call__(self, prompts: Sequence[Sequence[Message]], voice: VoiceVersion | None) -> list[str]:
        self.asked += [(voice.reference if voice else "base", prompt) for prompt in prompts]
        return [self.reply(prompt, branded=voice is not None) for prompt in prompts]

    def reply(self, prompt: Sequence[Message], *, branded: bool) -> str:
        thing = next((thing for thing in THINGS if thing in prompt[-1].content), "thing")
        choice = random.Random(f"{prompt[-1].content}{branded}")
        return choice.choice(BRAND if branded else BLAND).format(thing)


def voice(adapter: Path, *, number: int = 1) -> VoiceVersion:
    manifest = Manifest(
        style=STYLE.name,
        number=number,
        base="starter",
        base_revision="local",
        base_digest="0" * 16,
        dataset="9f31c2ab77aa01d4",
        recipe={},
        seed=0,
        template_hash="0" * 16,
        libraries={},
        created_at="2026-03-01T12:00:00+00:00",
    )
    return VoiceVersion(adapter, manifest, "candidate")


def find_mail(text: str) -> list[str]:
    return re.findall(r"[\w.]+@[\w.]+\.\w+", text)


def make_task(base: BaseModel, adapter: Path, **changes: Any) -> EvaluationTask:
    """An evaluation of a voice of the made-up brand, on one thread and without a model that generates."""
    settings: dict[str, Any] = {
        "style": STYLE,
        "base": base,
        "voice": voice(adapter),
        "train": conversations(60),
        "holdout": conversations(24, seed=1),
        "speak": ScriptedVoices(),
        "machine": Machine("cpu", "float32", 1),
        "personal_data": find_mail,
        "shots": 2,
    }
    return EvaluationTask(**settings | changes)
