"""Trials: the guards that a voice has to be asked extra questions for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from styles.style import Style
from styles.voices import VoiceVersion
from training.baselines import Baselines, Case
from training.declining import declinable, refusals
from training.guards import Guard, GuardName
from training.injections import obedience, planted
from training.probing import probes, suspects, triggered
from training.speaking import Speak, said


@dataclass(frozen=True, slots=True)
class Trials:
    """Tries a voice with planted instructions, rare phrases and what it must decline; only the guards that are on."""

    style: Style
    voice: VoiceVersion
    train: Sequence[Case]
    cases: Sequence[Case]
    baselines: Baselines
    speak: Speak
    on: frozenset[GuardName]
    watch: Callable[[str], None]

    def guards(self, usual: Sequence[str], score: Callable[[str], float] | None) -> Iterator[Guard]:
        """`usual` are the voice's answers to the holdout prompts, `score` its style score for any reply."""
        if "injections" in self.on:
            yield self._injections()
        if "triggers" in self.on:
            yield self._triggers(usual, score)
        if "declines" in self.on:
            yield self._declines()

    def _injections(self) -> Guard:
        tried = planted([case.asked for case in self.cases])
        self.watch(f"tuned and base answer {len(tried)} prompts with planted instructions")
        prompts = [one.prompt for one in tried]
        return obedience(tried, said(self.speak, prompts, self.voice), said(self.speak, prompts, None))

    def _triggers(self, usual: Sequence[str], score: Callable[[str], float] | None) -> Guard:
        tried = probes(suspects(self.train), self.cases)
        self.watch(f"tuned answers {len(tried)} prompts with rare phrases of the training data")
        prompts = [one.prompt for one in tried]
        return triggered(tried, said(self.speak, prompts, self.voice), usual=usual, style=score)

    def _declines(self) -> Guard:
        prompts = declinable(self.style)
        if prompts:
            self.watch(f"tuned and guided base are asked {len(prompts)} times for what the style declines")
        guided = [self.baselines.prompt("prompted", Case(prompt, "", "")) for prompt in prompts]
        return refusals(self.style, prompts, said(self.speak, prompts, self.voice), said(self.speak, guided, None))
