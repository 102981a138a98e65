"""The batching engine: many people answered at once, each with their own voice, by one model."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from bots.engine import Request, Workload
from bots.engines.batching.adapters import Adapter, AdapterFormat, AdapterShelf, load_adapter
from bots.engines.batching.cache import CacheShape
from bots.engines.batching.loop import Counts, ModelLoop
from bots.engines.batching.outbox import Outbox
from bots.engines.batching.pace import Pace
from bots.engines.batching.prefixes import PrefixStore
from bots.engines.batching.replies import Prompt, Reply
from bots.engines.batching.runtime import Runtime
from bots.engines.batching.sampling import Chooser
from bots.engines.batching.text import ReplyText
from bots.engines.deadline import Deadline
from bots.engines.fitting import check_fit, ends_of_reply, prompt_of
from conversations.errors import EngineBusy, EngineError
from conversations.messages import Message
from styles.base_model import BaseModel
from styles.rendering import Renderer
from styles.voices import VoiceVersion

_LONGEST_WAIT = 60.0  # seconds that anybody is told to come back after


@dataclass(frozen=True, slots=True)
class Limits:
    """What an engine may take. `per_person` answers of one named person run at once; more of theirs wait."""

    slots: int = 16
    queue: int = 64
    per_person: int = 1
    waiting_per_person: int = 4
    context: int = 4096
    cache_bytes: int = 4 * 2**30
    prefix_bytes: int = 512 * 2**20
    adapter_bytes: int = 512 * 2**20
    threads: int | None = None
    pace: Pace = field(default_factory=Pace)


@dataclass(frozen=True, slots=True)
class Stats:
    """What an engine is doing and did so far."""

    running: int
    waiting: int
    slots: int
    adapters: int
    adapter_loads: int
    prefixes: int
    prefix_bytes: int
    counts: Counts


class BatchingEngine:
    """Continuous batching with chunked prefill, LoRA adapters mixed in one batch, and reuse of what was computed.

    The model must have passed `selftest.refusal`. Greedy answers in fp32 are those of `transformers.generate`.
    """

    def __init__(self, base: BaseModel, model: Any, *, tokenizer: Any, limits: Limits | None = None) -> None:
        self.base = base
        self.limits = limits or Limits()
        self.renderer = Renderer(tokenizer)
        self.renderer.prompt([Message("user", "?")])  # sets up the tokenizer before two threads use it
        self.context = context_of(model, self.limits)
        self._slots = _affordable_slots(CacheShape.of(model), self.limits, context=self.context)
        runtime = Runtime(model, slots=self._slots, context=self.context)
        self._vocabulary = runtime.vocabulary
        wanted = AdapterFormat(runtime.router.layers, runtime.shape.dtype, runtime.shape.device)
        self._adapters = AdapterShelf(lambda voice: self._load(voice, wanted), limit=self.limits.adapter_bytes)
        self._loop = ModelLoop(
            runtime,
            PrefixStore(self.limits.prefix_bytes),
            base=base.digest,
            stop_tokens=ends_of_reply(model, self.renderer),
            text_of=self._text_of,
            pace=self.limits.pace,
            per_person=self.limits.per_person,
            threads=self.limits.threads,
        )
        self._desk = ThreadPoolExecutor(1, thread_name_prefix="brandvoice-prompts")
        self._opening = lru_cache(64)(self._render_opening)
        self._open = 0
        self._open_of: Counter[str] = Counter()
        self._seconds = 2.0  # of a reply, on average
        self._closed = False

    async def stream(self, request: Request) -> AsyncIterator[str]:
        """See `Engine`. Raises `EngineBusy` at once when too many wait; a closed iterator frees its slot at once."""
        with self._place(request.person):
            outbox = Outbox(Deadline(request.deadline), on_token=request.on_token)
            reply = await self._reply(request, outbox)
            self._loop.add(reply)
            try:
                while (text := await outbox.take()) is not None:
                    yield text
                if request.on_finish and outbox.finish:
                    request.on_finish(outbox.finish)
            finally:
                if not outbox.ended:
                    self._loop.cancel(reply)

    async def close(self) -> None:
        """Stop everything that runs and let go of the model."""
        if self._closed:
            return
        self._closed = True
        await asyncio.to_thread(self._loop.close)
        self._desk.shutdown(wait=False, cancel_futures=True)

    def stats(self) -> Stats:
        loop = self._loop
        return Stats(
            running=len(loop.running),
            waiting=len(loop.waiting),
            slots=self._slots,
            adapters=len(self._adapters),
            adapter_loads=self._adapters.loads,
            prefixes=len(loop.prefixes),
            prefix_bytes=loop.prefixes.size,
            counts=loop.counts,
        )

    def workload(self) -> Workload:
        """See `Measured`."""
        now = self.stats()
        return Workload(now.running, now.waiting, now.slots, voices=now.adapters, restarts=now.counts.crashes)

    def forget(self, person: str) -> None:
        """See `Remembering`."""
        self._loop.forget(person)

    def people(self) -> list[str]:
        """See `Remembering`."""
        return sorted({*self._loop.prefixes.people(), *self._open_of} - {""})

    @contextmanager
    def _place(self, person: str) -> Iterator[None]:
        """One of the places for open replies, running or waiting; the door where too many are turned away."""
        if self._closed or not self._loop.alive:
            raise EngineError("The engine is closed.")
        if self._open >= self._slots + self.limits.queue:
            raise EngineBusy("Too many people are waiting for an answer. Please try again in a moment.", **self._wait())
        if person and self._open_of[person] >= self.limits.per_person + self.limits.waiting_per_person:
            raise EngineBusy("Your earlier messages are still being answered. Please wait for them.", **self._wait())
        started = asyncio.get_running_loop().time()
        self._open += 1
        self._open_of[person] += 1
        try:
            yield
        finally:
            self._open -= 1
            self._open_of[person] -= 1
            if not self._open_of[person]:
                del self._open_of[person]
            self._seconds += 0.1 * (asyncio.get_running_loop().time() - started - self._seconds)

    def _wait(self) -> dict[str, float]:
        waiting = max(1, self._open - self._slots)
        return {"retry_after": round(min(max(1.0, waiting / self._slots * self._seconds), _LONGEST_WAIT), 1)}

    async def _reply(self, request: Request, outbox: Outbox) -> Reply:
        async with outbox.deadline.kept():
            prompt = await outbox.loop.run_in_executor(self._desk, self._prepare, request)
        text = ReplyText(self.renderer.decode, request.sampling.stop)
        likeliest = request.likeliest if request.on_token else None
        return Reply(prompt, request.sampling, request.person, outbox, text, Chooser(request.sampling), likeliest)

    def _prepare(self, request: Request) -> Prompt:
        """Render the prompt and fetch the voice; in its own thread, so that neither holds up a step."""
        adapter = self._adapters.get(request.voice) if request.voice is not None else None
        tokens = tuple(prompt_of(request, self.renderer, context=self.context))
        if not tokens or not 0 <= min(tokens) <= max(tokens) < self._vocabulary:
            raise EngineError(f"The prompt has tokens that {self.base.name} does not know; its tokenizer does not fit.")
        return Prompt(tokens, self._shared(request.messages, tokens), adapter)

    def _shared(self, messages: Sequence[Message], tokens: Sequence[int]) -> int:
        """How many of the first tokens come from the template and from system messages, and so are nobody's secret."""
        instructions = tuple(m.content for m in messages if m.role == "system")
        if not instructions or messages[0].role != "system":
            return 0
        pairs = enumerate(zip(tokens, self._opening(instructions), strict=False))
        return next((i for i, (said, opening) in pairs if said != opening), 0)

    def _text_of(self, token: int) -> str:
        return str(self.renderer.tokenizer.decode([token]))

    def _render_opening(self, instructions: tuple[str, ...]) -> tuple[int, ...]:
        opening = [*(Message("system", content) for content in instructions), Message("user", "?")]
        return tuple(self.renderer.prompt(opening))

    def _load(self, voice: VoiceVersion, wanted: AdapterFormat) -> Adapter:
        check_fit(voice, self.base, self.renderer)
        return load_adapter(voice, wanted)


def context_of(model: Any, limits: Limits) -> int:
    return min(int(model.config.get_text_config(decoder=True).max_position_embeddings), limits.context)


def _affordable_slots(shape: CacheShape, limits: Limits, *, context: int) -> int:
    return max(1, min(limits.slots, limits.cache_bytes // (context * shape.bytes_per_token)))
