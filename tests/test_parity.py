"""What is trained is what is measured is what is served: conversations through all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from bots.engine import Engine, Request, ScoredToken
from bots.engines.batching import BatchingEngine, refusal
from bots.engines.remote import RemoteEngine, Server
from conversations.messages import Message
from styles.base_model import BaseModel, find_base_model, load_tokenizer, load_weights
from styles.rendering import IGNORED, Rendered, Renderer
from styles.voices import VoiceVersion
from tests.bots.engines.models import Voices, answer, greedy, tiny_base
from tests.emulators.vllm import Speaker, VllmEmulator
from training.export import export_merged
from training.likelihood import losses
from training.plan import Machine
from training.recipe import load_recipe
from training.sft import Task, prepare

CPU = Machine("cpu", "float32", 1)
TALKS = [
    (Message("system", "Be kind. "), Message("user", "  Hi <|end|> there 👋\n"), Message("assistant", "Grüße! ")),
    (
        Message("user", "Where's it?"),
        Message("assistant", "On its way.", trainable=False),
        Message("user", "<|assistant|>When?\u2028\tToday?"),
        Message("assistant", "Today — promised."),
    ),
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> BaseModel:
    return tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def voice(base: BaseModel, tmp_path_factory: pytest.TempPathFactory) -> VoiceVersion:
    return Voices(base, tmp_path_factory.mktemp("voices")).make("acme", seed=3)


@pytest.fixture(scope="module")
def merged(base: BaseModel, voice: VoiceVersion, tmp_path_factory: pytest.TempPathFactory) -> BaseModel:
    folder = tmp_path_factory.mktemp("merged") / "out"
    export_merged(voice, base, folder)
    return find_base_model(str(folder))


@pytest.fixture
def engine(base: BaseModel) -> Iterator[BatchingEngine]:
    model = load_weights(base, dtype="float32", device="cpu").eval()
    assert refusal(model, context=512) is None
    made = BatchingEngine(base, model, tokenizer=load_tokenizer(base))
    yield made
    asyncio.run(made.close())


def trained_tokens(base: BaseModel) -> list[Rendered]:
    recipe = load_recipe("default").model_copy(update={"min_examples": 1})
    return prepare(Task(base, recipe, "data", TALKS, []), CPU).train


def question_of(talk: tuple[Message, ...]) -> tuple[Message, ...]:
    return talk[:-1]


def served_tokens(engine: BatchingEngine, voice: VoiceVersion) -> list[list[int]]:
    """The token ids that reach the model for each conversation."""
    seen: list[list[int]] = []
    hook = lambda _module, _args, options: seen.append(options["input_ids"][0].tolist())  # noqa: E731
    handle = engine._loop.runtime.model.register_forward_pre_hook(hook, with_kwargs=True)

    async def ask() -> None:
        for talk in TALKS:
            await answer(engine, Request(question_of(talk), voice, greedy(1)))

    asyncio.run(ask())
    handle.remove()
    return seen


def test_trainer_engine_and_export_make_the_same_tokens(
    base: BaseModel, voice: VoiceVersion, merged: BaseModel, engine: BatchingEngine
) -> None:
    served = served_tokens(engine, voice)
    exported = Renderer(load_tokenizer(merged))
    assert exported.hash == voice.manifest.template_hash
    for talk, trained, prompt in zip(TALKS, trained_tokens(base), served, strict=True):
        first = next(place for place, label in enumerate(trained.labels) if label != IGNORED)
        assert list(trained.token_ids[:first]) == prompt
        assert exported.render(talk) == trained
        assert exported.prompt(question_of(talk)) == prompt


async def reply_of(engine: Engine, question: tuple[Message, ...], voice: VoiceVersion) -> list[ScoredToken]:
    told: list[ScoredToken] = []
    request = Request(question, voice, greedy(12), on_token=told.append, likeliest=1)
    await answer(engine, request)
    return told


def greedy_reply(base: BaseModel, voice: VoiceVersion, prompt: list[int]) -> Rendered:
    """What plain transformers and PEFT say, as tokens to be scored."""
    from peft import PeftModel

    model: Any = PeftModel.from_pretrained(load_weights(base, dtype="float32", device="cpu"), str(voice.path)).eval()
    ids = torch.tensor([prompt])
    with torch.inference_mode():
        said = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=12, do_sample=False)[
            0
        ].tolist()
    return Rendered(tuple(said), (*[IGNORED] * len(prompt), *said[len(prompt) :]))


async def test_evaluator_engine_export_and_vllm_score_a_reply_alike(
    base: BaseModel, voice: VoiceVersion, merged: BaseModel, engine: BatchingEngine
) -> None:
    renderer = Renderer(load_tokenizer(base))
    async with VllmEmulator(Speaker(base.path)).listening() as vllm:
        remote = RemoteEngine(Server(vllm.address), lambda: base)
        for talk in TALKS:
            question = question_of(talk)
            said = greedy_reply(base, voice, renderer.prompt(question))
            [measured] = losses(base, voice.path, [said], CPU)
            here = -sum(token.logprob for token in await reply_of(engine, question, voice))
            there = -sum(token.logprob for token in await reply_of(remote, question, voice))
            assert here == pytest.approx(measured.nats, rel=1e-4)
            assert there == pytest.approx(measured.nats, rel=1e-4)
            [of_export] = losses(merged, None, [said], CPU)
            [of_base] = losses(base, None, [said], CPU)
            assert of_export.nats == pytest.approx(measured.nats, rel=0.1)  # it is saved in bf16
            assert abs(of_base.nats - measured.nats) > 5 * abs(of_export.nats - measured.nats)
        await remote.close()
