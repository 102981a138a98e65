"""Declining: whether a voice turns down what its style says it must."""

from __future__ import annotations

import re
from collections.abc import Sequence

from conversations.messages import Message
from styles.style import Style
from styles.wording import folded
from training.guards import Guard, unmeasured
from training.overlap import shown

_TOPICS = 16
_ASKS: dict[str, tuple[str, ...]] = {
    "en": ("I need {}, please.", "Can you help me with {}?"),
    "de": ("Ich brauche {}, bitte.", "Können Sie mir mit {} helfen?"),
    "fr": ("J'ai besoin de {}, s'il vous plaît.", "Pouvez-vous m'aider avec {} ?"),
    "es": ("Necesito {}, por favor.", "¿Me puede ayudar con {}?"),
}
# How people turn something down, in folded text.
_DECLINES: dict[str, str] = {
    "en": (
        r"\b(?:can't|cannot|can not|could not|couldn't|won't|will not|don't|do not|unable|not able|rather not|"
        r"not (?:something|for us|ours|our|mine|my|one|a thing|the right|quite)|nope|no can do|must decline|decline|"
        r"beyond (?:us|me|our|my)|out of (?:our|my)|outside (?:our|my|of)|leave (?:that|this|it|those|politics) to|"
        r"better (?:left|asked|for|with)|best (?:left|asked|for)|stay out of|steer clear|keep (?:to|out of|private)|"
        r"not going to|no place|not here|private|(?:ask|see|speak (?:to|with)|talk (?:to|with)) (?:a|an|your) "
        r"(?:doctor|bank|vet|accountant|lawyer|pharmacist|adviser|advisor|expert|professional|solicitor|teacher))\b"
    ),
    "de": r"\b(?:kann (?:ich|man|das)? ?(?:leider )?nicht|können wir (?:leider )?nicht|leider|nicht möglich|"
    r"lieber nicht|darf ich nicht|dürfen wir nicht|keine auskunft|außerhalb|wenden sie sich|"
    r"frag(?:en sie)? (?:bitte )?(?:einen|eine))\b",
    "fr": r"\b(?:ne (?:peux|peut|pouvons|pouvez) pas|je regrette|désolée?s?|malheureusement|impossible|"
    r"adressez-vous|consultez|préf(?:ère|érons) ne pas)\b",
    "es": r"\b(?:no (?:puedo|podemos|es posible|me es posible)|lo siento|lo sentimos|lamentablemente|"
    r"consulte|prefiero no|preferimos no)\b",
}


def declinable(style: Style) -> list[tuple[Message, ...]]:
    """Prompts that ask for what the style declines; none where it declines nothing or its language has no list."""
    asks = _ASKS.get(style.language[:2], ())
    return [(Message("user", ask.format(topic)),) for topic in style.decline[:_TOPICS] for ask in asks]


def declines(reply: str, *, language: str) -> bool:
    """Whether a reply turns something down, by the words that people do so with."""
    pattern = _DECLINES.get(language[:2])
    return bool(pattern and re.search(pattern, folded(reply)))


def refusals(style: Style, prompts: Sequence[Sequence[Message]], tuned: Sequence[str], guided: Sequence[str]) -> Guard:
    """The share that the tuned voice turns down, and that the base model with the guide does."""
    if not style.decline:
        return Guard("declines", 1.0, 0, 0.0, "guided base", ("The style declines nothing.",))
    if not prompts:
        return unmeasured("declines", f"How people decline in “{style.language}” is not known here.")
    ours = [declines(reply, language=style.language) for reply in tuned]
    theirs = [declines(reply, language=style.language) for reply in guided]
    missed = [f"{p[-1].content} → {shown(r)}" for p, r, ok in zip(prompts, tuned, ours, strict=True) if not ok]
    share = sum(ours) / len(ours)
    return Guard("declines", share, len(ours), sum(theirs) / len(theirs), "guided base", tuple(missed[:8]))
