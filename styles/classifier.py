"""The style classifier: how much a reply sounds like the brand rather than like the base model, from 0 to 1."""

from __future__ import annotations

import json
import math
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from conversations.errors import NotFound, TrainingRefused
from styles.masking import KeptWords, features

GATE_AUC = 0.75  # a classifier that tells the sides apart no better than this must not decide anything
_FORMAT = 1
_FOLDS = 5
_MIN_SAMPLES = 10  # replies of each side, below which nothing can be fitted
_MAX_FEATURES = 5_000
_STRENGTH = 4.0  # of logistic regression, the inverse of its L2 penalty


@dataclass(frozen=True, slots=True)
class Sample:
    """A reply of the brand or of the base model; samples of one `group` (a conversation) are never torn apart."""

    reply: str
    group: str
    brand: bool


@dataclass(frozen=True, slots=True)
class StyleClassifier:
    """Fitted weights. `auc` was measured by cross-validation, `holdout_auc` on conversations it was not fitted on."""

    weights: Mapping[str, float]  # of a feature, its rarity included
    rarity: Mapping[str, float]
    intercept: float
    slope: float
    offset: float
    kept_words: frozenset[str]
    samples: int
    auc: float
    holdout_auc: float | None = None

    @property
    def may_gate(self) -> bool:
        """Whether this classifier tells brand and base apart well enough to decide about a promotion."""
        return min(self.auc, self.auc if self.holdout_auc is None else self.holdout_auc) >= GATE_AUC

    def score(self, reply: str) -> float:
        """The probability that the brand, not the base model, wrote the reply; 0 for an empty one."""
        if not reply.strip():
            return 0.0
        return _sigmoid(self.slope * self._margin(reply) + self.offset)

    def reasons(self, reply: str, *, most: int = 3) -> list[tuple[str, float]]:
        """The features that moved the score most, with what each added to the log odds."""
        shares = _normalised(features(reply, self.kept_words), self.rarity)
        parts = [(name, share * self.weights[name] * self.slope) for name, share in shares.items()]
        return sorted(parts, key=lambda part: -abs(part[1]))[:most]

    def with_holdout(self, samples: Sequence[Sample]) -> StyleClassifier:
        """The same classifier with its AUC on samples that it has never seen."""
        scores = [self._margin(sample.reply) for sample in samples]
        return replace(self, holdout_auc=auc(scores, [sample.brand for sample in samples]))

    def _margin(self, reply: str) -> float:
        shares = _normalised(features(reply, self.kept_words), self.rarity)
        return self.intercept + sum(share * self.weights[name] for name, share in shares.items())


def fit_classifier(samples: Sequence[Sample], *, language: str = "en") -> StyleClassifier:
    """Fit on replies of the brand and of the base model to the same prompts; nothing of it is random.

    Topic is masked (`styles.masking`), since a classifier that sees content words learns what is spoken about: AUC
    fell from 0.99 to below 0.1 where brand and base spoke of different things. Probabilities are calibrated with
    Platt's method on margins from grouped cross-validation.
    """
    samples = [s for s in samples if s.reply.strip()]
    fewest = min(sum(s.brand is side for s in samples) for side in (True, False))
    groups = min(len({s.group for s in samples if s.brand is side}) for side in (True, False))
    if fewest < _MIN_SAMPLES or groups < _FOLDS:
        raise TrainingRefused(
            f"A style classifier needs {_MIN_SAMPLES} replies of the brand and of the base model, from {_FOLDS} "
            f"conversations or more; there are {fewest} from {groups}. Import more conversations."
        )
    kept = KeptWords(language).of([s.reply for s in samples])
    vectors = [features(s.reply, kept) for s in samples]
    brand = [s.brand for s in samples]
    margins = _cross_validated(vectors, brand, _folds(samples))
    slope, offset = _platt(margins, brand)
    rarity, weights, intercept = _fit(vectors, brand)
    own = auc(margins, brand)
    assert own is not None
    return StyleClassifier(weights, rarity, intercept, slope, offset, kept, len(samples), own)


def save_classifier(classifier: StyleClassifier, path: Path) -> None:
    """Write it as JSON: plain numbers, nothing that could run."""
    plain = asdict(classifier) | {"format": _FORMAT, "kept_words": sorted(classifier.kept_words)}
    path.write_text(json.dumps(plain, ensure_ascii=False, sort_keys=True), encoding="utf-8")


def load_classifier(path: Path) -> StyleClassifier:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotFound(f"Cannot read the style classifier {path}: {error.strerror}.") from error
    except ValueError as error:
        raise NotFound(f"{path} is not a style classifier ({error}). Evaluate the voice again.") from error
    if not isinstance(plain, dict) or plain.pop("format", None) != _FORMAT:
        raise NotFound(f"{path} is not a style classifier of this version of brandvoice. Evaluate the voice again.")
    return StyleClassifier(**plain | {"kept_words": frozenset(plain["kept_words"])})


def auc(scores: Sequence[float], brand: Sequence[bool]) -> float | None:
    """The chance that a brand reply scores above a base reply, ties counting one half; None if a side is missing."""
    ours = [s for s, is_brand in zip(scores, brand, strict=True) if is_brand]
    theirs = sorted(s for s, is_brand in zip(scores, brand, strict=True) if not is_brand)
    if not ours or not theirs:
        return None
    import numpy as np

    below = np.searchsorted(theirs, ours, side="left")
    not_above = np.searchsorted(theirs, ours, side="right")
    return float((below + not_above).sum() / (2 * len(ours) * len(theirs)))


def _folds(samples: Sequence[Sample]) -> list[int]:
    """The fold of each sample: groups dealt out in turn, in an order that only their names decide."""
    ours, theirs = ({s.group for s in samples if s.brand is side} for side in (True, False))

    def place(group: str) -> tuple[bool, bool, int, str]:
        return group not in ours, group not in theirs, zlib.crc32(group.encode("utf-8", "surrogatepass")), group

    dealt = {group: i % _FOLDS for i, group in enumerate(sorted(ours | theirs, key=place))}
    return [dealt[s.group] for s in samples]


def _cross_validated(vectors: Sequence[Counter[str]], brand: Sequence[bool], folds: Sequence[int]) -> list[float]:
    """The margin of every sample from a fit without its fold."""
    margins = [0.0] * len(vectors)
    for fold in sorted(set(folds)):
        inside = [i for i, f in enumerate(folds) if f != fold]
        rarity, weights, intercept = _fit([vectors[i] for i in inside], [brand[i] for i in inside])
        for i in (i for i, f in enumerate(folds) if f == fold):
            shares = _normalised(vectors[i], rarity)
            margins[i] = intercept + sum(share * weights[name] for name, share in shares.items())
    return margins


def _fit(vectors: Sequence[Counter[str]], brand: Sequence[bool]) -> tuple[dict[str, float], dict[str, float], float]:
    """Rarity (inverse document frequency) and weight of each feature, and the intercept."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    rarity = _rarity(vectors)
    rows = DictVectorizer(sort=True)
    table = rows.fit_transform([_normalised(vector, rarity) for vector in vectors])
    model = LogisticRegression(C=_STRENGTH, max_iter=1000, class_weight="balanced").fit(table, brand)
    names = rows.get_feature_names_out()
    weights = {str(name): round(float(w), 6) for name, w in zip(names, model.coef_[0], strict=True)}
    return {name: r for name, r in rarity.items() if name in weights}, weights, float(model.intercept_[0])


def _rarity(vectors: Sequence[Counter[str]]) -> dict[str, float]:
    """Of features that occur in two samples or more, the commonest first, how rare each is."""
    seen = Counter(name for vector in vectors for name in vector)
    common = sorted(((n, name) for name, n in seen.items() if n > 1), key=lambda pair: (-pair[0], pair[1]))
    return {name: round(1 + math.log((1 + len(vectors)) / (1 + n)), 6) for n, name in common[:_MAX_FEATURES]}


def _normalised(vector: Mapping[str, int], rarity: Mapping[str, float]) -> dict[str, float]:
    """Sublinear tf-idf of length one."""
    raw = {name: (1 + math.log(n)) * rarity[name] for name, n in vector.items() if name in rarity}
    length = math.sqrt(sum(value * value for value in raw.values())) or 1.0
    return {name: value / length for name, value in raw.items()}


def _platt(margins: Sequence[float], brand: Sequence[bool]) -> tuple[float, float]:
    """Slope and offset that turn margins into probabilities (Platt 1999, smoothed targets), by Newton steps."""
    ours, theirs = sum(brand), len(brand) - sum(brand)
    targets = [(ours + 1) / (ours + 2) if is_brand else 1 / (theirs + 2) for is_brand in brand]
    slope, offset = 1.0, 0.0
    for _ in range(50):
        chances = [_sigmoid(slope * m + offset) for m in margins]
        step = _newton(margins, chances, targets)
        slope, offset = max(1e-3, slope + step[0]), offset + step[1]
        if abs(step[0]) + abs(step[1]) < 1e-9:
            break
    return slope, offset


def _newton(margins: Sequence[float], chances: Sequence[float], targets: Sequence[float]) -> tuple[float, float]:
    ridge = 1e-6
    spread = [p * (1 - p) for p in chances]
    errors = [t - p for t, p in zip(targets, chances, strict=True)]
    a = sum(s * m * m for s, m in zip(spread, margins, strict=True)) + ridge
    b = sum(s * m for s, m in zip(spread, margins, strict=True))
    c = sum(spread) + ridge
    u, v = sum(e * m for e, m in zip(errors, margins, strict=True)), sum(errors)
    determinant = a * c - b * b
    return (c * u - b * v) / determinant, (a * v - b * u) / determinant


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


__all__ = ["GATE_AUC", "Sample", "StyleClassifier", "auc", "fit_classifier", "load_classifier", "save_classifier"]
