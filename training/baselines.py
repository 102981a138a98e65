"""Baselines: what a voice has to beat: the base model as it is, with a guide, and with examples in its prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from conversations.messages import Message
from styles.checks import style_checks
from styles.style import Style, guide
from styles.wording import words

ColumnName = Literal["base", "tuned", "current", "prompted", "few-shot", "retrieval", "endpoint"]
COLUMNS: tuple[ColumnName, ...] = get_args(ColumnName)
PROMPTS: tuple[ColumnName, ...] = ("prompted", "few-shot", "retrieval")  # what a user would do instead
TITLES: dict[str, str] = {
    "base": "Base model",
    "tuned": "Tuned voice",
    "current": "Current voice",
    "prompted": "Base + style guide",
    "few-shot": "Base + guide + fixed examples",
    "retrieval": "Base + guide + nearest examples",
    "endpoint": "Another model + style guide",
    "brand": "The brand itself",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One holdout prompt (everything before the last brand turn), what the brand answered, and its conversation."""

    prompt: tuple[Message, ...]
    reference: str
    cluster: str

    @property
    def asked(self) -> str:
        """What the user said last."""
        return next((m.content for m in reversed(self.prompt) if m.role == "user"), "")


def make_cases(conversations: Sequence[Sequence[Message]], *, clusters: Sequence[str] | None = None) -> list[Case]:
    """A case for every conversation in which the brand answers somebody."""
    names = clusters or [str(i) for i in range(len(conversations))]
    cases = []
    for messages, cluster in zip(conversations, names, strict=True):
        last = max((i for i, m in enumerate(messages) if m.role == "assistant" and m.trainable), default=0)
        prompt = tuple(replace(m, trainable=False) for m in messages[:last])
        if any(m.role == "user" for m in prompt) and messages[last].content.strip():
            cases.append(Case(prompt, messages[last].content, cluster))
    return cases


class Baselines:
    """Turns a case into what each column is asked: fixed and nearest examples come from the training side only."""

    def __init__(self, style: Style, train: Sequence[Case], *, shots: int = 4) -> None:
        self._guide = guide(style)
        self._train = [case for case in train if case.asked.strip()]
        self._shots = shots
        self._fixed = _exemplary(style, self._train, shots)
        self._nearest: _Nearest | None = None

    def prompt(self, column: ColumnName, case: Case) -> tuple[Message, ...]:
        """The messages that this column answers for the case."""
        if column in {"base", "tuned", "current"}:
            return case.prompt
        shots = {"prompted": [], "endpoint": [], "few-shot": self._fixed}.get(column)
        if shots is None:
            self._nearest = self._nearest or _Nearest(self._train)
            shots = self._nearest.to(case, self._shots)
        own = [m for m in case.prompt if m.role == "system"]
        told = "\n\n".join([self._guide, *(m.content for m in own)])
        turns = [turn for shot in shots for turn in _turn(shot)]
        return (Message("system", told, trainable=False), *turns, *(m for m in case.prompt if m.role != "system"))


def _turn(case: Case) -> tuple[Message, Message]:
    return Message("user", case.asked), Message("assistant", case.reference, trainable=False)


def _exemplary(style: Style, cases: Sequence[Case], count: int) -> list[Case]:
    """The examples that keep most of the style's rules, of middling length, each asking something else."""
    checks = style_checks(style)
    lengths = sorted(len(words(case.reference)) for case in cases)
    middle = lengths[len(lengths) // 2] if lengths else 0

    def rank(case: Case) -> tuple[float, int, str]:
        kept = sum(check(case.reference).score for check in checks)
        return -kept, abs(len(words(case.reference)) - middle), case.asked

    chosen: list[Case] = []
    for case in sorted(cases, key=rank):
        asked = set(words(case.asked.casefold()))
        if all(_likeness(asked, set(words(other.asked.casefold()))) < 0.4 for other in chosen):
            chosen.append(case)
        if len(chosen) == count:
            break
    return chosen


def _likeness(ours: set[str], theirs: set[str]) -> float:
    return len(ours & theirs) / len(ours | theirs) if ours | theirs else 1.0


class _Nearest:
    """Finds the training cases that ask the likest thing, by tf-idf of words and their pieces."""

    def __init__(self, cases: Sequence[Case]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._cases = cases
        self._weights = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
        self._table = self._weights.fit_transform([case.asked for case in cases] or ["?"])

    def to(self, case: Case, count: int) -> list[Case]:
        """The `count` nearest, the very nearest last, where models heed it most."""
        if not self._cases:
            return []
        near = (self._table @ self._weights.transform([case.asked]).T).toarray().ravel()
        order = sorted(range(len(self._cases)), key=lambda i: (-near[i], i))[:count]
        return [self._cases[i] for i in reversed(order)]
