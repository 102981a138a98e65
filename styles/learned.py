"""Learned checks: how a reply compares with what the brand wrote, by its classifier and by its profile."""

from __future__ import annotations

from styles.checks import PASSED, Finding
from styles.classifier import StyleClassifier
from styles.profile import Profile, habits

_LIKE_THE_BRAND = 0.5  # from here the brand is the likelier author
_USUAL = 2.0  # standard deviations from the brand's mean that single replies of its own stray, too
_SHOWN = 2


class LearnedStyle:
    """The style classifier as a check: 1 where the brand is the likelier author, else how likely it is."""

    name = "style score"

    def __init__(self, classifier: StyleClassifier) -> None:
        self._classifier = classifier

    def __call__(self, reply: str) -> Finding:
        score = self._classifier.score(reply)
        if score >= _LIKE_THE_BRAND:
            return Finding(PASSED)
        telling = [name for name, weight in self._classifier.reasons(reply, most=6) if weight < 0][:_SHOWN]
        shown = ", ".join(f"“{name.partition(':')[2]}”" for name in telling)
        return Finding(score / _LIKE_THE_BRAND, f"reads like the base model ({shown})" if shown else "says nothing")


class ProfileDistance:
    """The habits of a reply against the brand's: less than 1 where some stray farther than the brand's own replies."""

    name = "profile"

    def __init__(self, profile: Profile) -> None:
        self._habits = [habit for habit in profile.habits if habit.spread > 0]

    def __call__(self, reply: str) -> Finding:
        if not self._habits:
            return Finding(PASSED)
        measured = habits(reply)
        far = [(abs(measured[h.name] - h.mean) / h.spread, h.label.lower()) for h in self._habits]
        strays = sorted((pair for pair in far if pair[0] > _USUAL), reverse=True)
        if not strays:
            return Finding(PASSED)
        return Finding(1 - len(strays) / len(far), f"unusual: {', '.join(label for _, label in strays[:_SHOWN])}")
