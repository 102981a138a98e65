"""Columns: what was measured of one way to answer the holdout prompts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from styles.checks import Check, Summary, summarise
from styles.wording import emoji_in, words
from training.baselines import TITLES, Case
from training.bootstrap import Interval, interval
from training.joint import Content, fluency
from training.movement import Habits
from training.overlap import TrainingLines, chrf, degenerate, repetition

FindPersonalData = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Replies:
    """What a column answered, in the order of the cases, and what it cost."""

    texts: Sequence[str]
    prompt_tokens: float = 0.0  # per reply
    seconds: float = 0.0  # per reply
    loss: float | None = None  # nats per token of the brand's own reply
    own_losses: Sequence[float] = ()  # nats per token of each answer under the base model
    first_piece: float | None = None  # seconds that a person alone waits for the first piece of a reply
    alone: float | None = None  # and for all of it


@dataclass(frozen=True, slots=True)
class Trouble:
    """A reply that nobody should get: what is wrong with it and where that shows."""

    kind: str
    prompt: str
    reply: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the report; shares are 0 to 1, `words` and `emoji` are per reply."""

    name: str
    title: str
    loss: float | None
    perplexity: float | None
    style: Interval | None
    joint: Interval | None
    content: float
    fluency: float | None
    distance: float  # of its habits from the brand's, in standard deviations
    chrf: float
    words: float
    emoji: float
    repetition: float
    degenerate: float
    verbatim: float
    personal_data: int | None
    prompt_tokens: float
    seconds: float
    first_piece: float | None
    alone: float | None
    prompt_cost: float | None  # of the prompts of a thousand replies, in the currency of the settings
    checks: tuple[Summary, ...]
    troubles: tuple[Trouble, ...]
    per_case: Mapping[str, tuple[float, ...]] = field(default_factory=dict, repr=False)  # for paired comparisons


@dataclass(frozen=True, slots=True)
class Measures:
    """Everything that is the same for every column."""

    cases: Sequence[Case]
    checks: Sequence[Check]
    lines: TrainingLines
    habits: Habits
    content: Content
    human: float  # loss under the base model that hardly any reply of a person exceeds
    style_score: Callable[[str, Case], float] | None
    personal_data: FindPersonalData | None
    token_price: float = 0.0  # of a million prompt tokens

    def column(self, name: str, replies: Replies) -> Column:
        """Measure the replies of one column."""
        texts = replies.texts
        troubles = (*self._degenerate(texts), *self._verbatim(texts), *self._personal(texts))
        share = Counter(trouble.kind for trouble in troubles)
        per_case = self._per_case(replies)
        return Column(
            name=name,
            title=TITLES[name],
            loss=replies.loss,
            perplexity=math.exp(min(replies.loss, 700)) if replies.loss is not None else None,
            style=self._interval(per_case.get("style")),
            joint=self._interval(per_case.get("joint")),
            content=_mean(per_case["content"]),
            fluency=_mean(per_case["fluency"]) if "fluency" in per_case else None,
            distance=self.habits.distance(texts),
            chrf=_mean(per_case["chrf"]),
            words=_mean([len(words(text)) for text in texts]),
            emoji=_mean([len(emoji_in(text)) for text in texts]),
            repetition=_mean([repetition(text) for text in texts]),
            degenerate=share["degenerate"] / len(texts),
            verbatim=share["verbatim"] / len(texts),
            personal_data=share["personal data"] if self.personal_data else None,
            prompt_tokens=replies.prompt_tokens,
            seconds=replies.seconds,
            first_piece=replies.first_piece,
            alone=replies.alone,
            prompt_cost=self.token_price * replies.prompt_tokens / 1_000 if self.token_price else None,
            checks=tuple(summarise(check, texts) for check in self.checks),
            troubles=troubles,
            per_case=per_case,
        )

    def _per_case(self, replies: Replies) -> dict[str, tuple[float, ...]]:
        """Every measure that is taken of each answer; style and joint only where they can be."""
        pairs = list(zip(replies.texts, self.cases, strict=True))
        measured = {
            "chrf": tuple(chrf(text, case.reference) for text, case in pairs),
            "content": tuple(self.content.score(text, case) for text, case in pairs),
        }
        if replies.own_losses:
            own = zip(replies.texts, replies.own_losses, strict=True)
            measured["fluency"] = tuple(fluency(text, loss=loss, human=self.human) for text, loss in own)
        if self.style_score:
            measured["style"] = tuple(self.style_score(text, case) for text, case in pairs)
        parts = [measured.get(name) for name in ("style", "content", "fluency")]
        if all(parts):
            measured["joint"] = tuple(math.prod(case) for case in zip(*filter(None, parts), strict=True))
        return measured

    def _interval(self, values: Sequence[float] | None) -> Interval | None:
        return interval(values or (), clusters=[case.cluster for case in self.cases][: len(values or ())])

    def _degenerate(self, texts: Sequence[str]) -> list[Trouble]:
        found = [(case, text, degenerate(text)) for case, text in zip(self.cases, texts, strict=True)]
        return [Trouble("degenerate", case.asked, text, wrong) for case, text, wrong in found if wrong]

    def _verbatim(self, texts: Sequence[str]) -> list[Trouble]:
        troubles = []
        for case, text in zip(self.cases, texts, strict=True):
            run = self.lines.longest(text, prompt="\n".join(m.content for m in case.prompt))
            if run:
                troubles.append(Trouble("verbatim", case.asked, text, run.run))
        return troubles

    def _personal(self, texts: Sequence[str]) -> list[Trouble]:
        """Replies with personal data that their own prompt did not bring along."""
        if not self.personal_data:
            return []
        troubles = []
        for case, text in zip(self.cases, texts, strict=True):
            brought = {found for m in case.prompt for found in self.personal_data(m.content)}
            new = [found for found in self.personal_data(text) if found not in brought]
            if new:
                troubles.append(Trouble("personal data", case.asked, text, ", ".join(new)))
        return troubles


def banned_share(column: Column) -> float:
    """The share of replies with a banned word; 0 where the style bans none."""
    counts: Mapping[str, Summary] = {summary.name: summary for summary in column.checks}
    banned = counts.get("banned words")
    return banned.failed / banned.total if banned else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
