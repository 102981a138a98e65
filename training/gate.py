"""The gate: whether a voice may be promoted, decided from numbers alone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard


@dataclass(frozen=True, slots=True)
class Scores:
    """What an evaluation measured of a candidate against the base model; None = not measured. Shares are 0 to 1."""

    holdout_prompts: int
    perplexity_base: float | None
    perplexity_tuned: float | None
    style_base: float | None
    style_tuned: float | None
    style_gain_low: float | None  # lower end of the 95 % interval of the gain
    style_auc: float | None  # of the style classifier itself
    banned_base: float | None  # share of replies with a banned word; 0 where the style bans none
    banned_tuned: float | None
    degenerate: float | None
    verbatim: float | None
    verbatim_brand: float | None  # the brand's own replies have canned lines too
    personal_data: int | None
    general_rise: float | None = None  # of the loss on other conversations, in nats per token
    detectable_gain: float | None = None  # of the joint score, nine times in ten, with a holdout of this size


@dataclass(frozen=True, slots=True)
class Limits:
    """What a candidate has to keep. The defaults are careful; a demo with a small holdout lowers `min_prompts`."""

    min_prompts: int = 200  # 200 paired prompts find a gain of 0.08 nine times in ten; 50 find it four times in ten
    allow_underpowered: bool = False
    min_style_gain: float = 0.0  # what the lower end of the interval has to exceed
    min_style_auc: float = 0.75
    max_verbatim: float = 0.02  # over the share of the brand's own replies
    max_verbatim_brand: float = 0.18  # beyond it the holdout nearly equals the training lines, and says nothing
    max_personal_data: int = 0
    max_degenerate: float = 0.02
    max_banned_rise: float = 0.0
    max_general_rise: float = 0.5
    need_general: bool = False  # whether a candidate may pass without other conversations to measure it on


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that was looked at, how it came out, and the sentence that says so."""

    name: str
    passed: bool
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the candidate may speak, and every reason for and against."""

    passed: bool
    underpowered: bool
    reasons: tuple[Reason, ...]

    @property
    def faults(self) -> tuple[Reason, ...]:
        return tuple(reason for reason in self.reasons if not reason.passed)

    @property
    def words(self) -> str:
        """The verdict in one sentence."""
        if self.passed and self.underpowered:
            return "It passes, on a holdout that is too small to be sure."
        if self.passed:
            return "It passes every measure."
        return "It does not pass: " + "; ".join(reason.text for reason in self.faults) + "."


def decide(scores: Scores, limits: Limits) -> Verdict:
    """Judge a candidate. A measurement that is missing or not a number means no."""
    reasons = tuple(_reasons(scores, limits))
    underpowered = scores.holdout_prompts < limits.min_prompts
    return Verdict(all(reason.passed for reason in reasons), underpowered, reasons)


def _reasons(scores: Scores, limits: Limits) -> Iterator[Reason]:
    yield _power(scores, limits)
    yield _perplexity(scores)
    yield _classifier(scores, limits)
    yield _style(scores, limits)
    yield _banned(scores, limits)
    yield _degenerate(scores, limits)
    yield _verbatim(scores, limits)
    yield _personal_data(scores, limits)
    if limits.need_general or scores.general_rise is not None:
        yield _general(scores, limits)


def _power(scores: Scores, limits: Limits) -> Reason:
    n, needed = scores.holdout_prompts, limits.min_prompts
    if n >= needed:
        return Reason("holdout", True, f"{n} holdout prompts, {needed} are needed")
    found = f" (they find a gain of {scores.detectable_gain:.2f} or more)" if _known(scores.detectable_gain) else ""
    text = f"underpowered: {n} holdout prompts{found}, {needed} are needed to be sure"
    return Reason("holdout", limits.allow_underpowered and n > 0, text)


def _perplexity(scores: Scores) -> Reason:
    base, tuned = scores.perplexity_base, scores.perplexity_tuned
    if not (_known(base) and _known(tuned)):
        return _missing("perplexity")
    verb = "falls" if tuned < base else "does not fall"
    return Reason("perplexity", tuned < base, f"perplexity on the brand's replies {verb}: {base:,.1f} → {tuned:,.1f}")


def _classifier(scores: Scores, limits: Limits) -> Reason:
    auc = scores.style_auc
    if not _known(auc):
        return _missing("style classifier")
    fit = auc >= limits.min_style_auc
    verb = "tells" if fit else "cannot tell"
    text = f"the style classifier {verb} brand from base (AUC {auc:.2f}, {limits.min_style_auc:.2f} is needed)"
    return Reason("style classifier", fit, text)


def _style(scores: Scores, limits: Limits) -> Reason:
    base, tuned, low = scores.style_base, scores.style_tuned, scores.style_gain_low
    if not (_known(base) and _known(tuned) and _known(low)):
        return _missing("style score")
    rises = low > limits.min_style_gain
    verb = "rises" if rises else "does not rise for sure"
    text = f"style score {verb}: {base:.2f} → {tuned:.2f} (gain at least {low:+.2f} with 95 % confidence)"
    return Reason("style score", rises, text)


def _banned(scores: Scores, limits: Limits) -> Reason:
    base, tuned = scores.banned_base, scores.banned_tuned
    if not (_known(base) and _known(tuned)):
        return _missing("banned words")
    kept = tuned <= base + limits.max_banned_rise
    verb = "not in more replies than before" if kept else "in more replies than before"
    return Reason("banned words", kept, f"banned words {verb}: {base:.0%} → {tuned:.0%}")


def _degenerate(scores: Scores, limits: Limits) -> Reason:
    share = scores.degenerate
    if not _known(share):
        return _missing("degenerate replies")
    text = f"{share:.1%} of the replies are degenerate, at most {limits.max_degenerate:.0%} allowed"
    return Reason("degenerate replies", share <= limits.max_degenerate, text)


def _verbatim(scores: Scores, limits: Limits) -> Reason:
    share, brand = scores.verbatim, scores.verbatim_brand
    if not (_known(share) and _known(brand)):
        return _missing("verbatim training lines")
    most = min(brand, limits.max_verbatim_brand) + limits.max_verbatim
    text = (
        f"{share:.1%} of the replies repeat training lines, at most {most:.1%} allowed (the brand itself: {brand:.1%})"
    )
    return Reason("verbatim training lines", share <= most, text)


def _personal_data(scores: Scores, limits: Limits) -> Reason:
    found = scores.personal_data
    if found is None:
        return _missing("personal data")
    text = f"replies with personal data: {found}, at most {limits.max_personal_data} allowed"
    return Reason("personal data", found <= limits.max_personal_data, text)


def _general(scores: Scores, limits: Limits) -> Reason:
    rise = scores.general_rise
    if not _known(rise):
        return _missing("general ability")
    text = f"loss on other conversations {rise:+.2f} nats a token, at most {limits.max_general_rise:+.2f} allowed"
    return Reason("general ability", rise <= limits.max_general_rise, text)


def _known(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def _missing(name: str) -> Reason:
    return Reason(name, False, f"{name}: not measured")
