"""The batching engine against one request at a time: `python -m benchmarks.engine`.

Ratios of one run on one machine are what counts; absolute figures say more about the machine, and on a machine that
others use as well, ratios of processor time say more than those by the clock. The model is random (seeded), so that
nothing is downloaded; speed does not depend on what a model knows. Prefix reuse is off except in B6.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # waiting threads that spin starve each other on a busy machine

import torch
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

from benchmarks._other_engines import ContinuousBatch, MixedBatch
from bots.engine import Engine, Request, Sampling
from bots.engines.batching import BatchingEngine, Limits, Pace, prepack, refusal
from bots.engines.generate import GenerateEngine
from conversations.messages import Message
from styles.base_model import BaseModel, find_base_model, load_tokenizer, load_weights
from styles.rendering import Renderer
from styles.voices import Manifest, VoiceRegistry, VoiceVersion

SHAPES = {
    "10m": {"hidden_size": 256, "num_hidden_layers": 8, "intermediate_size": 688, "num_attention_heads": 8},
    "56m": {"hidden_size": 640, "num_hidden_layers": 10, "intermediate_size": 1728, "num_attention_heads": 10},
}
GOALS = {
    "float32": {"B1": "3.5x, /7.5", "B2": "3.5x", "B3": "3x", "B4": "/20 by the clock", "B5": "7x"},
    "bfloat16": {"B1": "6x, /17", "B2": "6.5x", "B3": "4x", "B4": "/20 by the clock", "B5": "12x"},
}
VOCABULARY = 8192
SPECIAL = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
TEMPLATE = (
    "{% for m in messages %}<|{{ m.role }}|> {{ m.content }} <|end|> {% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
LINEARS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@dataclass(frozen=True, slots=True)
class Heard:
    """When the pieces of one answer came, in seconds after it was asked for: by the clock and in processor time."""

    text: str
    times: tuple[float, ...]
    worked: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """All answers of one run, its wall time and the processor time it took."""

    heard: tuple[Heard, ...]
    wall: float
    processor: float

    @property
    def words(self) -> int:
        return sum(len(h.text.split()) for h in self.heard)

    @property
    def first(self) -> float:
        return statistics.mean(h.times[0] for h in self.heard)

    @property
    def first_processor(self) -> float:
        return statistics.mean(h.worked[0] for h in self.heard)


async def hear(engine: Engine, request: Request, *, after: float = 0.0) -> Heard:
    await asyncio.sleep(after)
    started, began, times, worked, text = time.perf_counter(), time.process_time(), [], [], ""
    async for piece in engine.stream(request):
        times.append(time.perf_counter() - started)
        worked.append(time.process_time() - began)
        text += piece
    return Heard(text, tuple(times), tuple(worked))


def longest_gap(times: Sequence[float]) -> float:
    return max(later - earlier for earlier, later in itertools.pairwise(times))


async def run(engine: Engine, chats: Sequence[Request], *, every: float = 0.0) -> Outcome:
    wall, processor = time.perf_counter(), time.process_time()
    heard = await asyncio.gather(*(hear(engine, chat, after=n * every) for n, chat in enumerate(chats)))
    return Outcome(tuple(heard), time.perf_counter() - wall, time.process_time() - processor)


def make_base(folder: Path, *, size: str) -> BaseModel:
    """A random Llama whose every token is a word, so that prompts have exactly the length they should."""
    words = {token: number for number, token in enumerate([*SPECIAL, *(f"w{n}" for n in range(VOCABULARY - 4))])}
    backend = Tokenizer(models.WordLevel(words, unk_token="w0"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token=SPECIAL[0], additional_special_tokens=SPECIAL[1:], chat_template=TEMPLATE
    )
    shape = SHAPES[size]
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        num_key_value_heads=shape["num_attention_heads"] // 2,
        max_position_embeddings=4096,
        initializer_range=0.05,
        tie_word_embeddings=False,
        eos_token_id=tokenizer.eos_token_id,
        **shape,
    )
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return find_base_model(str(folder))


def make_voice(base: BaseModel, registry: VoiceRegistry, *, seed: int) -> VoiceVersion:
    """A random voice of rank 16 on all linear layers."""
    staging = registry.stage(f"brand-{seed}")
    torch.manual_seed(seed)
    lora = LoraConfig(r=16, lora_alpha=16, target_modules=LINEARS, init_lora_weights=False)
    get_peft_model(load_weights(base, dtype="float32", device="cpu"), lora).save_pretrained(staging)
    facts: dict[str, Any] = {
        "style": f"brand-{seed}", "number": 0, "base": base.name, "base_revision": base.revision,
        "base_digest": base.digest, "dataset": "", "recipe": {}, "seed": seed, "libraries": {},
        "template_hash": Renderer(load_tokenizer(base)).hash, "created_at": "",
    }  # fmt: skip
    return registry.publish(staging, Manifest(**facts))


def words(count: int, source: random.Random) -> str:
    return " ".join(f"w{source.randrange(VOCABULARY - 4)}" for _ in range(count))


def burst(voices: Sequence[VoiceVersion | None]) -> list[Request]:
    """16 chats at once: 64 tokens of instructions, 16 to 200 of conversation, 24 to 64 new ones."""
    source = random.Random(1)
    guides = [words(64, source) for _ in range(4)]
    return [
        Request(
            (Message("system", guides[n % 4]), Message("user", words(source.randint(16, 200), source))),
            voices[n % len(voices)],
            Sampling(max_tokens=source.randint(24, 64)),
        )
        for n in range(16)
    ]


def short_questions() -> list[Request]:
    """16 chats at once: 24 to 39 tokens of prompt, 48 new ones."""
    source = random.Random(2)
    return [
        Request((Message("user", words(source.randint(24, 39), source)),), None, Sampling(max_tokens=48))
        for _ in range(16)
    ]


async def six_turns(engine: Engine) -> Heard:
    """The answer of the sixth turn: 256 tokens of instructions, then 40 asked and 32 said per turn."""
    source = random.Random(3)
    talk = [Message("system", words(256, source))]
    for _ in range(6):
        talk.append(Message("user", words(40, source)))
        heard = await hear(engine, Request(tuple(talk), None, Sampling(max_tokens=32), person="ann"))
        talk.append(Message("assistant", heard.text))
    return heard


async def interrupted(engine: BatchingEngine) -> list[Heard]:
    """What 8 people hear who are being answered when somebody comes with 1,200 tokens."""
    source = random.Random(4)
    chats = [Request((Message("user", words(24, source)),), None, Sampling(max_tokens=96)) for _ in range(8)]
    speaking = [asyncio.create_task(hear(engine, chat)) for chat in chats]
    spoken = engine.stats().counts.tokens
    while engine.stats().counts.tokens - spoken < 8 * 8:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    await hear(engine, Request((Message("user", words(1200, source)),), None, Sampling(max_tokens=4)))
    return list(await asyncio.gather(*speaking))


async def swapped(engine: BatchingEngine, versions: Sequence[VoiceVersion | None]) -> list[Heard]:
    """What 24 people hear, who come in groups of six; each group after the first finds a new version."""
    source = random.Random(5)
    prompts = [(Message("user", words(32, source)),) for _ in range(24)]
    speakers = [None, *versions]
    chats = [Request(prompt, speakers[n // 6], Sampling(max_tokens=48)) for n, prompt in enumerate(prompts)]
    return list(await asyncio.gather(*(hear(engine, chat, after=0.3 * (n // 6)) for n, chat in enumerate(chats))))


def _below(slower: Outcome, quicker: Outcome) -> float:
    """By which share an engine said less per second of processor time."""
    return 1 - (slower.words / slower.processor) / (quicker.words / quicker.processor)


@dataclass(frozen=True, slots=True)
class Bench:
    """The engines that are compared: one request at a time, batching, with reuse, and without chunks."""

    plain: Engine
    batching: BatchingEngine
    reusing: BatchingEngine
    unchunked: BatchingEngine
    voices: tuple[VoiceVersion, ...]
    repeat: int
    base: BaseModel
    dtype: str

    @property
    def goals(self) -> dict[str, str]:
        return GOALS[self.dtype]

    async def compare(
        self, name: str, goal: str, chats: Sequence[Request], *, every: float = 0.0
    ) -> tuple[Outcome, list[str]]:
        """A row of the table: the best of several runs of each engine, one after the other."""
        pairs = [
            (await run(self.plain, chats, every=every), await run(self.batching, chats, every=every))
            for _ in range(self.repeat)
        ]
        slow, quick = (min(outcomes, key=lambda o: o.wall) for outcomes in zip(*pairs, strict=True))
        equal = sum(a.text.strip() == b.text.strip() for a, b in zip(slow.heard, quick.heard, strict=True))
        speed = f"{slow.words / slow.wall:.0f} > {quick.words / quick.wall:.0f} words/s"
        first = f"first word {slow.first * 1e3:.0f} > {quick.first * 1e3:.0f} ms"
        figures = [
            f"{speed}: {slow.wall / quick.wall:.1f}x (processor {slow.processor / quick.processor:.1f}x)",
            f"{first}: /{slow.first / quick.first:.1f} (processor /{slow.first_processor / quick.first_processor:.1f})",
            f"equal {equal}/{len(chats)}",
        ]
        return quick, [name, ", ".join(figures), goal]

    async def rows(self) -> list[list[str]]:
        base, first = await self.compare("B1 burst of 16", self.goals["B1"], burst([None]))
        first[1] += self.beside(
            "continuous batching of transformers", ContinuousBatch(self.base, dtype=self.dtype), base
        )
        chats = burst(self.voices[:4])
        mixed, second = await self.compare("B2 same, 4 voices mixed", self.goals["B2"], chats)
        second[1] += f", {_below(mixed, base):.0%} below B1"
        second[1] += self.beside("PEFT mixed", MixedBatch(self.base, chats, dtype=self.dtype), mixed, chats)
        many, third = await self.compare("B3 16 voices mixed", self.goals["B3"], burst(self.voices))
        third[1] += f", {_below(many, base):.0%} below B1"
        _, fourth = await self.compare("B4 one every 0.2 s", self.goals["B4"], burst([None]), every=0.2)
        _, fifth = await self.compare("B5 short questions", self.goals["B5"], short_questions())
        return [first, second, third, fourth, fifth, await self.turns(), await self.swaps(), await self.chunks()]

    def beside(
        self, name: str, other: MixedBatch | ContinuousBatch, ours: Outcome, chats: Sequence[Request] | None = None
    ) -> str:
        """How much quicker the batching engine is than another way to answer the same chats."""
        theirs = min((other.run(chats or burst([None])) for _ in range(self.repeat)), key=lambda batch: batch.wall)
        if isinstance(other, ContinuousBatch):
            other.close()
        share = theirs.tokens / ours.words
        wall, processor = theirs.wall / ours.wall / share, theirs.processor / ours.processor / share
        return f", {wall:.1f}x {name} (processor {processor:.1f}x)"

    async def swaps(self) -> list[str]:
        """What people hear who are being answered while three new versions begin to speak."""
        gaps, medians = [], []
        for late in ((None,) * 3, self.voices[-3:]):
            first, *_ = heard = await swapped(self.batching, late)
            gaps.append(max(longest_gap(h.worked) for h in heard))
            medians.append(statistics.median(b - a for h in heard for a, b in itertools.pairwise(h.worked)))
            assert all(h.text for h in heard), first
        figures = f"longest gap {gaps[0] * 1e3:.0f} > {gaps[1] * 1e3:.0f} ms of processor time"
        told = f"{figures}, median {medians[0] * 1e3:.0f} > {medians[1] * 1e3:.0f} ms; 24 of 24 answered"
        return ["B7 swaps under 24 chats", told, "0 failed, 0 mixed"]

    async def turns(self) -> list[str]:
        """How long the sixth turn of a conversation waits for its first word, computed afresh and with reuse."""
        pairs = [(await six_turns(self.batching), await six_turns(self.reusing)) for _ in range(self.repeat)]
        again, known = (min(h.times[0] for h in heard) for heard in zip(*pairs, strict=True))
        worked = [min(h.worked[0] for h in heard) for heard in zip(*pairs, strict=True)]
        figures = f"first word {again * 1e3:.0f} > {known * 1e3:.0f} ms: /{again / known:.1f}"
        return ["B6 sixth turn", f"{figures} (processor /{worked[0] / worked[1]:.1f})", "/6"]

    async def chunks(self) -> list[str]:
        """How long eight people wait for their next word while a long prompt is read, whole and in chunks."""
        clock, processor = [], []
        for engine in (self.unchunked, self.batching):
            runs = [await interrupted(engine) for _ in range(self.repeat)]
            clock.append(min(max(longest_gap(h.times) for h in heard) for heard in runs))
            processor.append(min(max(longest_gap(h.worked) for h in heard) for heard in runs))
        figures = [
            f"longest gap {clock[0] * 1e3:.0f} > {clock[1] * 1e3:.0f} ms: /{clock[0] / clock[1]:.1f}",
            f"(processor {processor[0] * 1e3:.0f} > {processor[1] * 1e3:.0f} ms: /{processor[0] / processor[1]:.1f})",
        ]
        return ["B8 long prompt", " ".join(figures), "/4.5"]


async def measure(folder: Path, options: argparse.Namespace) -> list[list[str]]:
    base = make_base(folder / "base", size=options.size)
    registry = VoiceRegistry(folder / "voices")
    voices = tuple(make_voice(base, registry, seed=seed) for seed in range(16))
    model = load_weights(base, dtype=options.dtype, device="cpu").eval()
    reason = refusal(model, context=4096)
    if reason is not None:
        raise SystemExit(reason)
    prepack(model)
    tokenizer = load_tokenizer(base)

    def batching(**limits: Any) -> BatchingEngine:
        return BatchingEngine(base, model, tokenizer=tokenizer, limits=Limits(threads=options.threads, **limits))

    plain = GenerateEngine(base, dtype=options.dtype)
    mixing, reusing = batching(prefix_bytes=0), batching(per_person=1)
    unchunked = batching(prefix_bytes=0, pace=Pace(smallest=4096, largest=4096))
    await run(plain, short_questions()[:2])
    for engine in (mixing, reusing, unchunked):  # the first run of each sets up kernels and memory
        await run(engine, burst([None]))
    bench = Bench(plain, mixing, reusing, unchunked, voices, options.repeat, base, options.dtype)
    rows = await bench.rows()
    for engine in (plain, mixing, reusing, unchunked):
        await engine.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SHAPES, default="56m")
    parser.add_argument("--dtype", choices=GOALS, default="float32")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=1)
    options, _ = parser.parse_known_args()
    torch.set_num_threads(options.threads)
    transformers_logging.disable_progress_bar()
    started, load = time.perf_counter(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(measure(Path(folder), options))
    for name, figures, goal in rows:
        print(f"{name:24}{figures}  (goal {goal})")
    print(
        f"Llama {options.size}, {options.dtype}, {options.threads} thread(s), best of {options.repeat}; "
        f"torch {torch.__version__}; load before {load:.1f}, after {os.getloadavg()[0]:.1f} on {os.cpu_count()} "
        f"processors; {time.perf_counter() - started:.0f} s"
    )


if __name__ == "__main__":
    main()
