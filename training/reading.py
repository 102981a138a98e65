"""Reading: what the models make of words, the brand's and each other's."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from conversations.errors import VoiceRefused
from conversations.messages import Message
from styles.rendering import Rendered, Renderer
from training.baselines import Case
from training.likelihood import Likelihood, mean_loss

_HUMAN = 0.95  # the share of the brand's replies that the base model finds at most this strange


@dataclass(frozen=True, slots=True)
class Asked:
    """What a column was asked for each case, the adapter it reads with, and what it answered."""

    prompts: Sequence[Sequence[Message]]
    adapter: Path | None
    texts: Sequence[str]
    ours: bool = True  # False: a model elsewhere, of which only the answers are known


@dataclass(frozen=True, slots=True)
class General:
    """The loss on conversations that have nothing to do with the brand, in nats per token, before and after tuning."""

    conversations: int
    base: float | None
    tuned: float | None


@dataclass(frozen=True, slots=True)
class Read:
    """Losses in nats per token: of the brand's replies by column, of each column's own replies under the base model,
    and the loss that hardly any reply of a person exceeds under the base model.
    """

    brand: Mapping[str, float | None]
    own: Mapping[str, Sequence[float]]
    human: float
    general: General | None
    failed: Mapping[str, str] = field(default_factory=dict)  # columns whose adapter could not be read, and why


class Reader:
    """Renders and measures; conversations longer than the base model's context lose their oldest turns."""

    def __init__(self, renderer: Renderer, likelihood: Likelihood) -> None:
        self._renderer = renderer
        self._likelihood = likelihood

    def read(self, asked: Mapping[str, Asked], cases: Sequence[Case], general: Sequence[Sequence[Message]]) -> Read:
        brand, failed = {}, {}
        for name, column in asked.items():
            try:
                brand[name] = self._brand(column, cases)
            except VoiceRefused as error:
                if name == "tuned":
                    raise
                failed[name] = str(error)
        own = {name: self._own(cases, column.texts) for name, column in asked.items()}
        human = self._own(cases, [case.reference for case in cases])
        return Read(brand, own, _quantile(human, _HUMAN), self._general(general, asked["tuned"].adapter), failed)

    def _brand(self, column: Asked, cases: Sequence[Case]) -> float | None:
        if not column.ours:
            return None
        rendered = [self._reply(p, case.reference) for p, case in zip(column.prompts, cases, strict=True)]
        return mean_loss(self._likelihood.losses(rendered, adapter=column.adapter))

    def _own(self, cases: Sequence[Case], texts: Sequence[str]) -> list[float]:
        rendered = [self._reply(case.prompt, text) for case, text in zip(cases, texts, strict=True)]
        return [loss.per_token for loss in self._likelihood.losses(rendered)]

    def _general(self, conversations: Sequence[Sequence[Message]], adapter: Path | None) -> General | None:
        if not conversations:
            return None
        rendered = [self._renderer.render(messages) for messages in conversations]
        before, after = self._likelihood.losses(rendered), self._likelihood.losses(rendered, adapter=adapter)
        return General(len(rendered), mean_loss(before), mean_loss(after))

    def _reply(self, prompt: Sequence[Message], text: str) -> Rendered:
        told = [replace(message, trainable=False) for message in prompt]
        while True:
            rendered = self._renderer.render([*told, Message("assistant", text)])
            oldest = next((i for i, m in enumerate(told[:-1]) if m.role != "system"), None)
            if oldest is None or len(rendered.token_ids) <= self._likelihood.context:
                return rendered
            del told[oldest]
            while told[oldest].role == "assistant":  # many templates insist that a user speaks first
                del told[oldest]


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(value for value in values if math.isfinite(value))
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
