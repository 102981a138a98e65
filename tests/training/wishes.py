"""Made-up preferences: people want replies in small letters that say goodbye, not stiff ones."""

from __future__ import annotations

import random

from conversations.messages import Message
from styles.preferences import Preference
from styles.split import Part

_THINGS = ("lamp", "cable", "bulb", "switch", "battery", "socket", "torch", "lantern", "fuse", "plug")
_ASKED = ("where is my {}?", "can i return the {}?", "my {} is broken", "how much is a {}?", "is the {} in stock?")
_GOOD = ("sure thing, the {} comes {}. bye for now", "oof, that {} goes back free {}. bye for now")
_STIFF = ("We regret to inform you that the {} arrives {}.", "Kindly note that the {} is processed {}.")
_WHEN = ("today", "tomorrow", "on monday", "next week", "in two days", "by noon", "after lunch")


def pairs(count: int, *, part: Part = "train", seed: int = 0) -> list[Preference]:
    choice = random.Random(f"{seed}{part}")
    made = []
    for n in range(count):
        thing, when = choice.choice(_THINGS), choice.choice(_WHEN)
        prompt = (Message("user", choice.choice(_ASKED).format(thing)),)
        good, stiff = (choice.choice(kind).format(thing, when) for kind in (_GOOD, _STIFF))
        made.append(Preference(f"{part}{n}", f"talk-{part}{n}", part, prompt, good, stiff, basis="consent"))
    return made


def votes(count: int, *, part: Part = "train", seed: int = 0, weight: float = 1.0) -> list[Preference]:
    """As many replies with thumbs up as with thumbs down."""
    made = []
    for n, pair in enumerate(pairs(count, part=part, seed=seed)):
        good = n % 2 == 0
        chosen, rejected = (pair.chosen, None) if good else (None, pair.rejected)
        made.append(
            Preference(pair.id, pair.conversation_id, part, pair.prompt, chosen, rejected, weight, basis="consent")
        )
    return made
