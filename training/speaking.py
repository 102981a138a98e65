"""Speaking: every column answers the holdout prompts, and one that cannot says why."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from conversations.errors import BrandvoiceError, TrainingRefused
from conversations.messages import Message
from styles.rendering import Renderer
from styles.voices import VoiceVersion
from training.baselines import Baselines, Case, ColumnName
from training.columns import Replies
from training.reading import Asked, Read, Reader

Speak = Callable[[Sequence[Sequence[Message]], VoiceVersion | None], list[str]]
Pace = Callable[[Sequence[Message], VoiceVersion | None], tuple[float, float]]

NEEDED: tuple[ColumnName, ...] = ("base", "tuned")
_PACED = 3  # prompts answered one by one, to see how long a person waits


@dataclass(frozen=True, slots=True)
class Speakers:
    """Who answers: our engine, as a voice or as the base model (None), and perhaps a model at an endpoint.

    `pace` answers one prompt alone and tells the seconds to its first piece of text and to its end.
    """

    speak: Speak
    endpoint: Speak | None = None
    pace: Pace | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was said in each column, what the models make of it, and why columns are missing."""

    replies: Mapping[str, Replies]
    asked: Mapping[str, Asked]
    read: Read
    failed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Speaking:
    """Asks every column the holdout prompts, then reads what was said."""

    cases: Sequence[Case]
    baselines: Baselines
    voices: Mapping[str, VoiceVersion]  # by the column that they speak in
    speakers: Speakers
    renderer: Renderer
    watch: Callable[[str], None]

    def columns(
        self, wanted: Sequence[ColumnName], *, reader: Callable[[], Reader], general: Sequence[Sequence[Message]]
    ) -> Spoken:
        """Base and tuned voice have to answer; another column that fails is left out, with the reason."""
        if not set(NEEDED) <= set(wanted):
            raise TrainingRefused('An evaluation compares at least the columns "base" and "tuned".')
        answered: dict[str, tuple[Asked, float]] = {}
        failed: dict[str, str] = {}
        for name in wanted:
            try:
                answered[name] = self._ask(name)
            except BrandvoiceError as error:
                if name in NEEDED:
                    raise
                failed[name] = str(error)
                self.watch(f"{name} is left out: {error}")
        self.watch("reading the answers and the brand's replies")
        asked = {name: one for name, (one, _) in answered.items()}
        read = reader().read(asked, self.cases, general)
        failed |= read.failed
        replies = {n: self._replies(n, *answered[n], read) for n in answered if n not in failed}
        return Spoken(replies, asked, read, failed)

    def _ask(self, name: ColumnName) -> tuple[Asked, float]:
        """What a column answers, and the seconds it took for each reply."""
        self.watch(f"{name} answers {len(self.cases)} holdout prompts")
        prompts = [self.baselines.prompt(name, case) for case in self.cases]
        voice = self.voices.get(name)
        speak = self.speakers.endpoint if name == "endpoint" else self.speakers.speak
        if speak is None:
            raise TrainingRefused("No endpoint is set: [model] compare_endpoint names one.")
        began = time.monotonic()
        texts = said(speak, prompts, voice)
        seconds = (time.monotonic() - began) / len(prompts)
        return Asked(prompts, voice.path if voice else None, texts, ours=name != "endpoint"), seconds

    def _replies(self, name: str, asked: Asked, seconds: float, read: Read) -> Replies:
        tokens = sum(len(self.renderer.prompt(prompt)) for prompt in asked.prompts) / len(asked.prompts)
        first, alone = self._pace(name, asked)
        return Replies(asked.texts, tokens, seconds, read.brand[name], read.own[name], first, alone)

    def _pace(self, name: str, asked: Asked) -> tuple[float | None, float | None]:
        """Median seconds to the first piece and to the end of a reply that is given alone."""
        if self.speakers.pace is None or not asked.ours:
            return None, None
        spread = asked.prompts[:: max(1, len(asked.prompts) // _PACED)][:_PACED]
        timed = [self.speakers.pace(prompt, self.voices.get(name)) for prompt in spread]
        firsts, wholes = zip(*timed, strict=True)
        return statistics.median(firsts), statistics.median(wholes)


def said(speak: Speak, prompts: Sequence[Sequence[Message]], voice: VoiceVersion | None) -> list[str]:
    """The answers to the prompts; too few or too many of them end the evaluation."""
    replies = speak(prompts, voice) if prompts else []
    if len(replies) != len(prompts):
        who = voice.reference if voice else "the base model"
        raise TrainingRefused(
            f"{who} gave {len(replies)} answers to {len(prompts)} prompts; the evaluation cannot go on."
        )
    return [reply.strip() for reply in replies]
