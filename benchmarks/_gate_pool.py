"""What the benchmark of the gate makes its cases from: real answers of one voice, with real losses."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from brandvoice.engines import make_local_engine
from brandvoice.workspace import Workspace
from conversations.messages import Message
from styles.base_model import BaseModel, load_tokenizer
from styles.dataset import load_dataset
from styles.rendering import Renderer
from styles.style import Style
from styles.voices import VoiceVersion
from training.baselines import Baselines, Case, make_cases
from training.general import guard_talks
from training.grading import Grader, fit_grader
from training.likelihood import Likelihood, Loss, mean_loss
from training.machine import find_machine

DRAWS = 3  # answers of the voice to each prompt, at this temperature
TEMPERATURE = 0.6
STRENGTHS = (1.0, 1.5, 2.0, 3.0)  # of the LoRA adapter, for forgetting
LOOPS = ("", "the the the the the the the the", "we are we are we are we are we are we are", "aaaaaaaaaaaaaaaa")


@dataclass(frozen=True, slots=True)
class Said:
    """One real answer and its loss under the base model."""

    text: str
    loss: float


@dataclass(frozen=True, slots=True)
class Pool:
    """What every case is made from."""

    style: Style
    base: BaseModel
    voice: VoiceVersion
    train: tuple[tuple[Message, ...], ...]
    cases: tuple[Case, ...]
    plain: tuple[Said, ...]  # of the base model
    guided: tuple[Said, ...]
    tuned: tuple[tuple[Said, ...], ...]  # several for each prompt
    spoiled: dict[str, float]  # loss of planted replies
    brand_loss: dict[str, float]  # by column
    general: dict[float, tuple[tuple[Loss, ...], tuple[Loss, ...]]]  # by strength: before and after
    grader: Grader
    human: float
    tokens: dict[str, float]


def gather(workspace: Workspace) -> Pool:
    """Ask the voice and the base model, and read what they said."""
    style = next(name for name in workspace.voices.styles() if workspace.voices.versions(name))
    voice, spec, base = workspace.voices.versions(style)[-1], workspace.style(style), workspace.base_model()
    dataset = load_dataset(workspace.data, style, voice.manifest.dataset)
    train = tuple(tuple(e.messages) for e in dataset.examples("train"))
    cases = make_cases([e.messages for e in dataset.examples("holdout")])
    baselines = Baselines(spec, make_cases(train))
    prompts = {name: [baselines.prompt(name, case) for case in cases] for name in ("base", "prompted")}
    with asyncio.Runner() as runner:
        engine = make_local_engine(workspace, dtype="float32")
        ask = partial(_ask, engine, runner)
        plain, guided = ask(prompts["base"], None), ask(prompts["prompted"], None)
        tuned = [ask(prompts["base"], voice, seed) for seed in range(1, DRAWS + 1)]
        runner.run(engine.close())
    renderer, likelihood = (
        Renderer(load_tokenizer(base)),
        Likelihood(base, find_machine(workspace.settings.model.device)),
    )
    read = partial(_read, renderer, likelihood, cases)
    references = [case.reference for case in cases]
    talks = [renderer.render(talk) for talk in guard_talks()]
    before = tuple(likelihood.losses(talks))
    with tempfile.TemporaryDirectory() as folder:
        stronger = {s: _stronger(voice.path, s, Path(folder) / f"{s}") for s in STRENGTHS}
        general = {s: (before, tuple(likelihood.losses(talks, adapter=path))) for s, path in stronger.items()}
    brand = [renderer.render([*case.prompt, Message("assistant", case.reference)]) for case in cases]
    told = [
        renderer.render([*p, Message("assistant", c.reference)])
        for p, c in zip(prompts["prompted"], cases, strict=True)
    ]
    losses = {"base": mean_loss(likelihood.losses(brand)), "prompted": mean_loss(likelihood.losses(told))}
    losses["tuned"] = losses["current"] = mean_loss(likelihood.losses(brand, adapter=voice.path))
    planted = [*LOOPS, *(case.reference for case in make_cases(train))]
    spoiled = dict(zip(planted, (s.loss for s in _read_any(renderer, likelihood, cases[0], planted)), strict=True))
    human = sorted(said.loss for said in read(references))
    return Pool(
        style=spec,
        base=base,
        voice=voice,
        train=train,
        cases=tuple(cases),
        plain=tuple(read(plain)),
        guided=tuple(read(guided)),
        tuned=tuple(zip(*(read(drawn) for drawn in tuned), strict=True)),
        spoiled=spoiled,
        brand_loss={name: loss for name, loss in losses.items() if loss is not None},
        general=general,
        grader=fit_grader(cases, plain, language=spec.language),
        human=human[int(0.95 * len(human))],
        tokens={name: sum(len(renderer.prompt(p)) for p in prompts[name]) / len(cases) for name in prompts},
    )


def _ask(engine: Any, runner: asyncio.Runner, prompts: Any, voice: VoiceVersion | None, seed: int = 0) -> list[str]:
    from bots.engine import Request, Sampling, reply_text

    sampling = Sampling(max_tokens=120, temperature=TEMPERATURE if seed else 0.0, seed=seed or None)

    async def all_of_them() -> list[str]:
        places = asyncio.Semaphore(16)

        async def one(prompt: Sequence[Message]) -> str:
            async with places:
                return await reply_text(engine, Request(tuple(prompt), voice, sampling))

        return list(await asyncio.gather(*map(one, prompts)))

    return runner.run(all_of_them())


def _read(renderer: Renderer, likelihood: Likelihood, cases: Sequence[Case], texts: Sequence[str]) -> list[Said]:
    rendered = [renderer.render([*c.prompt, Message("assistant", t or " ")]) for c, t in zip(cases, texts, strict=True)]
    return [Said(text, loss.per_token) for text, loss in zip(texts, likelihood.losses(rendered), strict=True)]


def _read_any(renderer: Renderer, likelihood: Likelihood, case: Case, texts: Sequence[str]) -> list[Said]:
    return _read(renderer, likelihood, [case] * len(texts), texts)


def _stronger(adapter: Path, strength: float, target: Path) -> Path:
    """The same LoRA adapter, its output multiplied."""
    import shutil

    from safetensors.torch import load_file, save_file

    shutil.copytree(adapter, target)
    weights = load_file(target / "adapter_model.safetensors")
    save_file(
        {n: w * strength if "lora_B" in n else w for n, w in weights.items()}, target / "adapter_model.safetensors"
    )
    return target
