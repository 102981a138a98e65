"""The remote engine: the same voices, spoken by a server that other machines may share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, aclosing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from bots.engine import Request, Workload
from bots.engines.deadline import Deadline
from bots.engines.fitting import prompt_of
from bots.engines.remote.loading import Served, VoiceLoader
from bots.engines.remote.pieces import Answer
from bots.engines.remote.server import Json, ModelMissing, Server
from conversations.errors import EngineBusy, EngineError, EngineUnreachable, VoiceRefused
from conversations.messages import Message
from styles.base_model import BaseModel, load_tokenizer
from styles.rendering import Renderer
from styles.voices import VoiceVersion

log = logging.getLogger(__name__)

_PROBE = (Message("system", "You help."), Message("user", "Grüße 👋 — where’s my order #42?\n\tThanks,  A."))

_SMALLEST_CONTEXT = 2048  # of a server that does not tell its own


@dataclass(frozen=True, slots=True)
class RemoteOptions:
    """`model`: the base model's name at the server ("": the only one). `voices`: where it sees our voices."""

    model: str = ""
    voices: str = ""
    voices_loaded: int = 8
    open_requests: int = 256
    context: int = 2**20  # tokens at most, where the server would take more


@dataclass(frozen=True, slots=True)
class _Connection:
    """What is known of a server since it was last reached. Without a `loader` it is not vLLM."""

    model: str
    models: tuple[str, ...]
    context: int
    loader: VoiceLoader | None
    renderer: Renderer | None
    ends: tuple[int, ...] = ()


class RemoteEngine:
    """Speaks through vLLM with our own tokens and voices loaded on demand, or through any OpenAI-compatible server.

    What is not vLLM gets messages and renders them with its own template; it serves a voice only under the voice's
    own name (`harbor@3`), for instance as a merged export.
    """

    def __init__(self, server: Server, base: Callable[[], BaseModel], *, options: RemoteOptions | None = None) -> None:
        self._server = server
        self._base = base
        self._options = options or RemoteOptions()
        self._connection: _Connection | None = None
        self._connecting = asyncio.Lock()
        self._known: tuple[BaseModel, Renderer] | None = None
        self._loader: VoiceLoader | None = None
        self._desk = ThreadPoolExecutor(1, thread_name_prefix="brandvoice-prompts")
        self._open = 0

    async def stream(self, request: Request) -> AsyncIterator[str]:
        """See `Engine`. Tried again only before the first word; a closed iterator hangs up."""
        deadline = Deadline(request.deadline)
        with self._place():
            async with aclosing(self._answer(request)) as pieces:
                while True:
                    async with deadline.kept():
                        piece = await anext(pieces, None)
                    if piece is None:
                        break
                    yield piece

    async def check(self) -> str:
        """Reach the server and say in words what it is. Raises `EngineError`."""
        connection = await self._connected()
        kind = "vLLM, which loads our voices" if connection.loader is not None else "an OpenAI-compatible server"
        return f"{connection.model} on {kind}"

    def workload(self) -> Workload:
        """See `Measured`. What waits at the server counts as running here."""
        return Workload(self._open, 0, self._options.open_requests)

    async def close(self) -> None:
        await self._server.close()
        self._desk.shutdown(wait=False, cancel_futures=True)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self._open >= self._options.open_requests:
            raise EngineBusy("Too many people are waiting for an answer. Please try again in a moment.", retry_after=2)
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1

    async def _answer(self, request: Request) -> AsyncGenerator[str, None]:
        answer = Answer(request)
        try:
            async with aclosing(self._events(request, answer)) as events:
                async for event in events:
                    if text := answer.take(event):
                        yield text
        except EngineUnreachable:
            self._connection = None  # it may come back as another server
            raise
        finish = answer.finish()
        if request.on_finish:
            request.on_finish(finish)

    async def _events(self, request: Request, answer: Answer) -> AsyncGenerator[Json, None]:
        """The server's events. Where it lost a voice, as after a restart, it is told to load it once more."""
        for last in (False, True):
            connection = await self._connected()
            async with AsyncExitStack() as stack:
                model = await self._model(connection, request.voice, stack)
                path, body = await self._body(connection, request, answer)
                try:
                    async with aclosing(self._server.events(path, {"model": model, **body})) as events:
                        async for event in events:
                            yield event
                except ModelMissing:
                    self._connection = None
                    if last:
                        raise
                else:
                    return

    async def _model(self, connection: _Connection, voice: VoiceVersion | None, stack: AsyncExitStack) -> str:
        """The name to ask for; a voice stays loaded until the stack is left."""
        if voice is None:
            return connection.model
        if connection.loader is not None:
            return await stack.enter_async_context(connection.loader.using(voice))
        if voice.reference in connection.models:
            return voice.reference
        raise VoiceRefused(
            f"The model server has no model named {voice.reference}, and it is not vLLM, which could load it. "
            f"Serve its merged export under that name (brandvoice voices export {voice.reference} FOLDER), or use vLLM."
        )

    async def _body(self, connection: _Connection, request: Request, answer: Answer) -> tuple[str, Json]:
        sampling = request.sampling
        body: Json = {
            "max_tokens": sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if sampling.seed is not None:
            body["seed"] = sampling.seed
        if sampling.stop:
            body["stop"] = list(sampling.stop)
        if connection.renderer is None:
            return "/v1/chat/completions", body | _chat(request)
        prompt = await self._prompt(connection, request)
        answer.prompt_tokens = len(prompt)
        return "/v1/completions", body | _tokens(request, prompt, ends=connection.ends)

    async def _prompt(self, connection: _Connection, request: Request) -> list[int]:
        assert connection.renderer is not None, "only vLLM gets tokens"
        context = min(connection.context, self._options.context)
        render = partial(prompt_of, request, connection.renderer, context=context)
        return await asyncio.get_running_loop().run_in_executor(self._desk, render)

    async def _connected(self) -> _Connection:
        """What is known of the server; asked for once, and again after it was away."""
        async with self._connecting:
            if self._connection is None:
                self._connection = await self._connect()
            return self._connection

    async def _connect(self) -> _Connection:
        listed = (await self._server.get("/v1/models")).get("data")
        rows = [row for row in listed if isinstance(row, Mapping) and "id" in row] if isinstance(listed, list) else []
        model = self._served_model(rows)
        names = tuple(str(row["id"]) for row in rows)
        row = next((row for row in rows if row["id"] == model), {})
        if row.get("owned_by") != "vllm":
            log.warning("%s is not vLLM: it renders prompts with its own template, not with ours", self._server.root)
            return _Connection(model, names, 0, None, None)
        return await self._connect_vllm(model, row, rows)

    async def _connect_vllm(self, model: str, row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> _Connection:
        if self._known is None:
            loop = asyncio.get_running_loop()
            self._known = await loop.run_in_executor(self._desk, _load_renderer, self._base)
        base, renderer = self._known
        await self._compare_tokens(model, base, renderer)
        if self._loader is None or self._loader.served.name != model:
            served = Served(model, base, renderer, tuple(renderer.prompt(_PROBE)))
            options = self._options
            self._loader = VoiceLoader(self._server, served, root=options.voices, limit=options.voices_loaded)
        await self._loader.reconcile(rows)
        names, context = tuple(str(row["id"]) for row in rows), int(row.get("max_model_len") or _SMALLEST_CONTEXT)
        return _Connection(model, names, context, self._loader, renderer, (renderer.end_of_turn(),))

    def _served_model(self, rows: Sequence[Mapping[str, Any]]) -> str:
        """The base model's name at the server. Raises where that is not clear."""
        wanted = self._options.model
        bases = [str(row["id"]) for row in rows if not row.get("parent")]
        if wanted and (wanted in bases or not rows):
            return wanted
        if not wanted and len(bases) == 1:
            return bases[0]
        known = ", ".join(bases[:10]) or "none"
        fault = f'has no model "{wanted}"' if wanted else "does not serve exactly one model"
        raise EngineError(f"The model server {fault}. Set [model] endpoint_model to one of its models: {known}.")

    async def _compare_tokens(self, model: str, base: BaseModel, renderer: Renderer) -> None:
        """Refuse a server whose tokenizer is not that of our base model: our tokens would mean something else there."""
        asked = {"model": model, "prompt": renderer.prompt_text(_PROBE), "add_special_tokens": False}
        try:
            theirs = (await self._server.post("/tokenize", asked)).get("tokens")
        except ModelMissing:
            log.warning("%s does not offer /tokenize: whether it runs %s is not checked", self._server.root, base.name)
            return
        if theirs != renderer.prompt(_PROBE):
            raise EngineError(
                f"The model server's {model} makes other tokens than {base.name}. Let both be the same base model: "
                "[model] base here, --model there."
            )


def _load_renderer(find: Callable[[], BaseModel]) -> tuple[BaseModel, Renderer]:
    base = find()
    return base, Renderer(load_tokenizer(base))


def _tokens(request: Request, prompt: list[int], *, ends: Sequence[int]) -> Json:
    """What only vLLM takes. Its defaults may come from the model's own settings, so none is left to it."""
    body: Json = {"prompt": prompt, "top_k": request.sampling.top_k or -1, "min_p": 0.0, "repetition_penalty": 1.0}
    if request.on_token is not None:
        body["logprobs"] = request.likeliest
    return body | {"stop_token_ids": list(ends)}


def _chat(request: Request) -> Json:
    body: Json = {"messages": [{"role": m.role, "content": m.content} for m in request.messages]}
    if request.sampling.top_k:
        body["top_k"] = request.sampling.top_k
    if request.on_token is not None:
        body |= {"logprobs": True, "top_logprobs": request.likeliest}
    return body
