"""Columns: what was measured of one way to answer the holdout prompts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from styles.checks import Check, Summary, summarise
from styles.wording import emoji_in, words
from training.baselines import TITLES, Case
from training.bootstrap import Interval, interval
from training.overlap import TrainingLines, chrf, degenerate, repetition

FindPersonalData = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Replies:
    """What a column answered, in the order of the cases, and what it cost."""

    texts: Sequence[str]
    prompt_tokens: float = 0.0  # per reply
    seconds: float = 0.0  # per reply
    loss: float | None = None  # nats per token of the brand's own reply
    perplexity: float | None = None


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
    chrf: float
    words: float
    emoji: float
    repetition: float
    degenerate: float
    verbatim: float
    personal_data: int | None
    prompt_tokens: float
    seconds: float
    checks: tuple[Summary, ...]
    troubles: tuple[Trouble, ...]
    styles: tuple[float, ...] = field(default=(), repr=False)  # per case, for paired comparisons


@dataclass(frozen=True, slots=True)
class Measures:
    """Everything that is the same for every column."""

    cases: Sequence[Case]
    checks: Sequence[Check]
    lines: TrainingLines
    style_score: Callable[[str], float] | None
    personal_data: FindPersonalData | None

    def column(self, name: str, replies: Replies) -> Column:
        """Measure the replies of one column."""
        texts = replies.texts
        styles = tuple(self.style_score(text) for text in texts) if self.style_score else ()
        troubles = [*self._degenerate(texts), *self._verbatim(texts), *self._personal(texts)]
        share = {kind: sum(t.kind == kind for t in troubles) for kind in ("degenerate", "verbatim", "personal data")}
        return Column(
            name=name,
            title=TITLES[name],
            loss=replies.loss,
            perplexity=replies.perplexity,
            style=interval(styles, clusters=[case.cluster for case in self.cases]) if styles else None,
            chrf=_mean([chrf(text, case.reference) for text, case in zip(texts, self.cases, strict=True)]),
            words=_mean([len(words(text)) for text in texts]),
            emoji=_mean([len(emoji_in(text)) for text in texts]),
            repetition=_mean([repetition(text) for text in texts]),
            degenerate=share["degenerate"] / len(texts),
            verbatim=share["verbatim"] / len(texts),
            personal_data=share["personal data"] if self.personal_data else None,
            prompt_tokens=replies.prompt_tokens,
            seconds=replies.seconds,
            checks=tuple(summarise(check, texts) for check in self.checks),
            troubles=tuple(troubles),
            styles=styles,
        )

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
