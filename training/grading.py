"""Grading: style scores by classifiers that never saw the prompt whose answer they grade."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conversations.errors import TrainingRefused
from styles.classifier import GATE_AUC, Sample, StyleClassifier, auc, fit_classifier
from training.baselines import Case

_FOLDS = 5
_BINS = 5


@dataclass(frozen=True, slots=True)
class ClassifierFacts:
    """How far the style score can be trusted; `calibration` is by how much its probabilities miss on average."""

    auc: float  # in cross-validation
    holdout_auc: float | None  # on prompts that the classifiers were not fitted on
    may_gate: bool
    samples: int
    calibration: float | None = None


@dataclass(frozen=True, slots=True)
class Grader:
    """One classifier for each fold of the holdout, fitted on the other folds, and one on all of it for later replies.

    The holdout is what the voice did not learn from, so a line that it knows by heart earns no better a grade.
    """

    whole: StyleClassifier
    folds: tuple[StyleClassifier, ...]
    fold_of: Mapping[str, int]  # by cluster
    facts: ClassifierFacts

    def score(self, reply: str, case: Case) -> float:
        return self.folds[self.fold_of[case.cluster]].score(reply)


def fit_grader(cases: Sequence[Case], base: Sequence[str], *, language: str) -> Grader:
    """Fit on the brand's replies and the base model's to the holdout prompts. Raises TrainingRefused for too few."""
    fold_of = _deal({case.cluster for case in cases})
    pairs = list(zip(cases, base, strict=True))
    whole = fit_classifier([s for case, text in pairs for s in _samples(case, text)], language=language)
    folds = tuple(
        fit_classifier(
            [s for case, text in pairs if fold_of[case.cluster] != fold for s in _samples(case, text)],
            language=language,
        )
        for fold in range(_FOLDS)
    )
    told = [(folds[fold_of[c.cluster]], s) for c, text in pairs for s in _samples(c, text) if s.reply.strip()]
    scores, brand = [judge.score(s.reply) for judge, s in told], [s.brand for _, s in told]
    unseen = auc(scores, brand)
    fit = min(whole.auc, whole.auc if unseen is None else unseen) >= GATE_AUC
    return Grader(whole, folds, fold_of, ClassifierFacts(whole.auc, unseen, fit, len(told), calibration(scores, brand)))


def calibration(scores: Sequence[float], brand: Sequence[bool]) -> float | None:
    """The expected calibration error (Naeini 2015): how far shares are from scores in equal bins, on average."""
    if not scores:
        return None
    bins: dict[int, list[tuple[float, bool]]] = {}
    for score, is_brand in zip(scores, brand, strict=True):
        bins.setdefault(min(_BINS - 1, int(score * _BINS)), []).append((score, is_brand))
    misses = [abs(sum(s for s, _ in rows) - sum(b for _, b in rows)) for rows in bins.values()]
    return sum(misses) / len(scores)


def _deal(clusters: set[str]) -> dict[str, int]:
    """Clusters dealt out to the folds, in an order that only their names decide."""
    ordered = sorted(clusters, key=lambda name: (zlib.crc32(name.encode("utf-8", "surrogatepass")), name))
    if len(ordered) < _FOLDS:
        raise TrainingRefused(
            f"A style score needs a holdout of {_FOLDS} conversations at the very least; there are {len(ordered)}. "
            "Import more conversations."
        )
    return {name: i % _FOLDS for i, name in enumerate(ordered)}


def _samples(case: Case, base: str) -> tuple[Sample, Sample]:
    return Sample(case.reference, case.cluster, brand=True), Sample(base, case.cluster, brand=False)
