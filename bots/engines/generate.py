"""The plain engine: one reply at a time with transformers' own `generate`, right for every architecture."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

from bots.engine import Finish, Request, Sampling, Workload
from bots.engines.deadline import Deadline
from bots.engines.fitting import check_fit, ends_of_reply, prompt_of
from conversations.errors import EngineBusy
from styles.base_model import BaseModel, load_tokenizer, load_weights
from styles.rendering import Renderer
from styles.voices import VoiceVersion


class GenerateEngine:
    """Serves every voice of one base model under a lock; LoRA adapters are loaded when first asked for."""

    def __init__(
        self, base: BaseModel, *, dtype: str, device: str = "cpu", context: int = 4096, queue: int = 64
    ) -> None:
        self.base = base
        self.tokenizer = load_tokenizer(base)
        self.renderer = Renderer(self.tokenizer)
        self._model = load_weights(base, dtype=dtype, device=device).eval()
        self._context = min(int(self._model.config.max_position_embeddings), context)
        self._queue = queue
        self._waiting = 0
        self._ends = sorted(ends_of_reply(self._model, self.renderer))
        self._loaded: dict[str, Any] = {}
        self._lock = asyncio.Lock()

    async def stream(self, request: Request) -> AsyncIterator[str]:
        """See `Engine`. Waits for its turn; a closed iterator stops generation at the next token."""
        stopped = threading.Event()
        loop, deadline = asyncio.get_running_loop(), Deadline(request.deadline)
        pieces: asyncio.Queue[str | None] = asyncio.Queue()

        def emit(piece: str | None) -> None:
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

        await self._turn(deadline)
        work = asyncio.create_task(asyncio.to_thread(self._generate, request, emit, stopped))
        try:
            while True:
                async with deadline.kept():
                    piece = await pieces.get()
                if piece is None:
                    break
                yield piece
            finish = await work
            if request.on_finish:
                request.on_finish(finish)
        finally:
            stopped.set()
            await asyncio.gather(work, return_exceptions=True)
            self._lock.release()

    async def _turn(self, deadline: Deadline) -> None:
        """Wait for the lock; whoever finds too many waiting is turned away."""
        if self._waiting >= self._queue and self._lock.locked():
            wait = min(5.0 * (self._waiting + 1), 60.0)
            raise EngineBusy(
                "Too many people are waiting for an answer. Please try again in a moment.", retry_after=wait
            )
        self._waiting += 1
        try:
            async with deadline.kept():
                await self._lock.acquire()
        finally:
            self._waiting -= 1

    def workload(self) -> Workload:
        """See `Measured`."""
        return Workload(int(self._lock.locked()), self._waiting, 1, voices=len(self._loaded))

    async def close(self) -> None:
        async with self._lock:
            self._loaded.clear()
            del self._model

    def _generate(self, request: Request, emit: Any, stopped: threading.Event) -> Finish:
        import torch

        try:
            model = self._speaking_with(request.voice)
            ids = prompt_of(request, self.renderer, context=self._context)
            prompt = torch.tensor([ids], device=self._model.device)
            if request.sampling.seed is not None:
                torch.manual_seed(request.sampling.seed)
            watcher = _Streamer(self.tokenizer, emit, stopped, request.sampling.stop)
            with torch.inference_mode():
                said = model.generate(
                    input_ids=prompt,
                    attention_mask=torch.ones_like(prompt),
                    streamer=watcher,
                    stopping_criteria=[watcher.finished],
                    **_options(request.sampling, ends=self._ends),
                )[0, len(ids) :].tolist()
            ended = watcher.complete or bool(said and said[-1] in self._ends)
            return Finish("stop" if ended else "length", len(ids), len(said))
        finally:
            emit(None)

    def _speaking_with(self, voice: VoiceVersion | None) -> Any:
        """The model with the adapter of a voice switched on, or the bare one."""
        from peft import PeftModel

        if voice is None:
            if isinstance(self._model, PeftModel):
                self._model.base_model.disable_adapter_layers()
            return self._model
        name = voice.reference.replace("@", "-")
        if name not in self._loaded:
            check_fit(voice, self.base, self.renderer)
            if isinstance(self._model, PeftModel):
                self._model.load_adapter(str(voice.path), adapter_name=name)
            else:
                self._model = PeftModel.from_pretrained(self._model, str(voice.path), adapter_name=name).eval()
            self._loaded[name] = voice
        self._model.base_model.enable_adapter_layers()
        self._model.set_adapter(name)
        return self._model


def _options(sampling: Sampling, *, ends: list[int]) -> dict[str, Any]:
    options: dict[str, Any] = {
        "max_new_tokens": sampling.max_tokens,
        "eos_token_id": ends,
        "pad_token_id": ends[0],  # one prompt at a time is never padded
        "do_sample": sampling.temperature > 0,
    }
    if sampling.temperature > 0:
        options |= {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": sampling.top_k}
    return options


class _Streamer:
    """Turns tokens into text pieces as they come; half characters and possible stop strings are held back."""

    def __init__(self, tokenizer: Any, emit: Any, stopped: threading.Event, stop: tuple[str, ...]) -> None:
        self._tokenizer = tokenizer
        self._emit = emit
        self._stopped = stopped
        self._stop = stop
        self._ids: list[int] = []
        self._sent = 0
        self._prompt_seen = False
        self.complete = False

    def put(self, value: Any) -> None:
        if not self._prompt_seen:
            self._prompt_seen = True
            return
        self._ids += value.reshape(-1).tolist()
        text = self._tokenizer.decode(self._ids, skip_special_tokens=True)
        cut = min((text.find(s) for s in self._stop if s in text), default=-1)
        if cut >= 0:
            self.complete, text = True, text[:cut]
        elif text.endswith("\ufffd"):
            return
        held = 0 if self.complete else max((_overlap(text, s) for s in self._stop), default=0)
        self._send(text[: len(text) - held])

    def end(self) -> None:
        if not self.complete:
            self._send(self._tokenizer.decode(self._ids, skip_special_tokens=True))

    def finished(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        import torch

        done = self.complete or self._stopped.is_set()
        return torch.full((input_ids.shape[0],), done, dtype=torch.bool, device=input_ids.device)

    def _send(self, text: str) -> None:
        if len(text) > self._sent:
            self._emit(text[self._sent :])
            self._sent = len(text)


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of the text could be the beginning of a stop string."""
    return next((n for n in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:n])), 0)
