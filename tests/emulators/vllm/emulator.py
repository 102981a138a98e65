"""The server: models, completions, tokenize and run-time LoRA loading as vLLM documents them.

Shapes and sentences follow vLLM 0.32 (`vllm/entrypoints/openai` and `vllm/entrypoints/serve/lora`).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tests.emulators.vllm.speaker import Said, Speaker

Json = dict[str, Any]


class _Body(BaseModel):
    """What a request may hold; vLLM only warns of fields that it does not know, the stand-in refuses them."""

    model_config = ConfigDict(extra="forbid", strict=True)

    model: str
    max_tokens: int = Field(16, ge=1)
    temperature: float = Field(1.0, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    top_k: int = Field(0, ge=-1)
    min_p: float = Field(0.0, ge=0, le=1)
    repetition_penalty: float = Field(1.0, gt=0)
    seed: int | None = None
    stop: list[str] = []
    stop_token_ids: list[int] = []
    stream: bool = False
    stream_options: dict[str, bool] | None = None


class Completion(_Body):
    prompt: list[int] | str
    logprobs: int | None = Field(None, ge=0, le=20)


class Chat(_Body):
    messages: list[dict[str, str]] = Field(min_length=1)
    logprobs: bool = False
    top_logprobs: int = Field(0, ge=0, le=20)


class Load(BaseModel):
    model_config = ConfigDict(extra="forbid")

    lora_name: str
    lora_path: str
    load_inplace: bool = False


@dataclass(frozen=True, slots=True)
class Refuses:
    """The next request gets this status."""

    status: int
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class BreaksOff:
    """The next answer ends after so many pieces: in the middle, or with an error event."""

    pieces: int
    error: str | None = None


@dataclass(slots=True)
class VllmSettings:
    """How the server was started."""

    name: str = "tiny"
    owner: str = "vllm"
    api_key: str | None = None
    runtime_loading: bool = True
    max_lora_rank: int = 16
    context: int = 512
    ignores_adapters: bool = False
    pause: float = 0.0  # seconds between two tokens
    more_models: tuple[str, ...] = ()


@dataclass(slots=True)
class VllmEmulator:
    """Listens on loopback. `asked` keeps every request's path and body, `hung_up` counts who left before the end."""

    speaker: Speaker
    settings: VllmSettings = field(default_factory=VllmSettings)
    asked: list[tuple[str, Json]] = field(default_factory=list)
    faults: list[Refuses | BreaksOff] = field(default_factory=list)
    adapters: dict[str, str] = field(default_factory=dict)
    hung_up: int = 0
    address: str = ""
    script: Sequence[str] | None = None  # pieces to say in place of the model's

    def bodies(self, path: str) -> list[Json]:
        return [body for asked, body in self.asked if asked == path]

    @asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncIterator[VllmEmulator]:
        """Serve until left; the same port again is a server that was started again."""
        app = web.Application(middlewares=[self._door])
        app.add_routes(
            [
                web.get("/v1/models", self._models),
                web.post("/tokenize", self._tokenize),
                web.post("/v1/completions", self._completions),
                web.post("/v1/chat/completions", self._chat),
            ]
        )
        if self.settings.runtime_loading:
            app.add_routes(
                [
                    web.post("/v1/load_lora_adapter", self._load),
                    web.post("/v1/unload_lora_adapter", self._unload),
                ]
            )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
        self.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    @web.middleware
    async def _door(self, request: web.Request, handler: Callable[..., Any]) -> web.StreamResponse:
        key = self.settings.api_key
        if key and request.path.startswith("/v1") and request.headers.get("Authorization") != f"Bearer {key}":
            return web.json_response({"error": "Unauthorized"}, status=401)
        body = await request.json() if request.can_read_body else {}
        self.asked.append((request.path, body))
        fault = self.faults[0] if self.faults and body.get("stream") else None
        if isinstance(fault, Refuses):
            self.faults.pop(0)
            headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
            return web.json_response(_error("It is so.", "Error", fault.status), status=fault.status, headers=headers)
        try:
            return await handler(request)
        except web.HTTPNotFound:
            return web.json_response({"detail": "Not Found"}, status=404)
        except ValidationError as error:
            return _refusal(str(error), "Bad Request", 400)

    async def _models(self, _request: web.Request) -> web.Response:
        now, settings = int(time.time()), self.settings
        shared = {"object": "model", "created": now, "owned_by": settings.owner, "permission": []}
        first = {"id": settings.name, "root": str(self.speaker.path), "parent": None, "max_model_len": settings.context}
        rows = [first | shared, *({"id": name, "parent": None} | shared for name in settings.more_models)]
        rows += [
            {"id": name, "root": path, "parent": settings.name, "max_model_len": None} | shared
            for name, path in self.adapters.items()
        ]
        return web.json_response({"object": "list", "data": rows})

    async def _tokenize(self, request: web.Request) -> web.Response:
        body = await request.json()
        ids = self.speaker.tokenizer(body["prompt"], add_special_tokens=body.get("add_special_tokens", True))[
            "input_ids"
        ]
        return web.json_response({"count": len(ids), "max_model_len": self.settings.context, "tokens": ids})

    async def _load(self, request: web.Request) -> web.Response:
        body = Load.model_validate(await request.json())
        if body.lora_name in self.adapters and not body.load_inplace:
            said = (
                f"The lora adapter '{body.lora_name}' has already been loaded. If you want to load the adapter in place"
            )
            return _refusal(f"{said}, set 'load_inplace' to True.", "InvalidUserInput", 400)
        rank = _rank(body.lora_path)
        if rank is None:
            said = f"Loading lora {body.lora_name} failed: No adapter found for {body.lora_path}"
            return _refusal(said, "NotFoundError", 404)
        if rank > self.settings.max_lora_rank:
            said = f"LoRA rank {rank} is greater than max_lora_rank {self.settings.max_lora_rank}."
            return _refusal(said, "InternalServerError", 500)
        self.adapters[body.lora_name] = body.lora_path
        return web.Response(text=f"Success: LoRA adapter '{body.lora_name}' added successfully.")

    async def _unload(self, request: web.Request) -> web.Response:
        name = (await request.json())["lora_name"]
        if name not in self.adapters:
            return _refusal(f"The lora adapter '{name}' cannot be found.", "NotFoundError", 404)
        del self.adapters[name]
        return web.Response(text=f"Success: LoRA adapter '{name}' removed successfully.")

    async def _completions(self, request: web.Request) -> web.StreamResponse:
        body = Completion.model_validate(await request.json())
        if refusal := self._unknown(body.model):
            return refusal
        prompt = self.speaker.tokenizer(body.prompt)["input_ids"] if isinstance(body.prompt, str) else body.prompt
        if any(not 0 <= token < self.speaker.vocabulary for token in prompt):
            return _refusal(f"Token id {max(prompt)} is out of vocabulary", "BadRequestError", 400)
        if len(prompt) + body.max_tokens > self.settings.context:
            said = f"This model's maximum context length is {self.settings.context} tokens."
            return _refusal(
                f"{said} However, you requested {body.max_tokens} output tokens and your prompt contains {len(prompt)} "
                "input tokens.",
                "BadRequestError",
                400,
            )
        if not body.stream:
            said = next(
                self.speaker.speak(prompt, self._path(body.model), top=body.logprobs or 0, options={"temperature": 0})
            )
            return web.json_response({"choices": [{"text": "", "logprobs": {"top_logprobs": [said.likeliest]}}]})
        return await self._stream(request, body, prompt, chat=False, top=body.logprobs)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = Chat.model_validate(await request.json())
        if refusal := self._unknown(body.model):
            return refusal
        text = self.speaker.tokenizer.apply_chat_template(body.messages, tokenize=False, add_generation_prompt=True)
        prompt = self.speaker.tokenizer(text, add_special_tokens=False)["input_ids"]
        return await self._stream(request, body, prompt, chat=True, top=body.top_logprobs if body.logprobs else None)

    async def _stream(
        self, request: web.Request, body: _Body, prompt: list[int], *, chat: bool, top: int | None
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        fault = self.faults.pop(0) if self.faults and isinstance(self.faults[0], BreaksOff) else None
        count = pieces = 0
        try:
            async for text, said, reason in self._pieces(body, prompt, top=top):
                if isinstance(fault, BreaksOff) and pieces >= fault.pieces:
                    if fault.error:
                        await _send(response, _error(fault.error, "InternalServerError", 500))
                    else:
                        request.transport.abort()  # type: ignore[union-attr]
                    return response
                count, pieces = count + 1, pieces + 1
                choice = {"index": 0, "finish_reason": reason, "logprobs": _logprobs(said, chat=chat, top=top)}
                choice |= {"delta": {"content": text}} if chat else {"text": text}
                await _send(response, {"id": "cmpl-1", "choices": [choice]})
            if (body.stream_options or {}).get("include_usage"):
                usage = {"prompt_tokens": len(prompt), "completion_tokens": count, "total_tokens": len(prompt) + count}
                await _send(response, {"id": "cmpl-1", "choices": [], "usage": usage})
            await response.write(b"data: [DONE]\n\n")
        except (asyncio.CancelledError, ConnectionError):
            self.hung_up += 1
            raise
        return response

    async def _pieces(
        self, body: _Body, prompt: list[int], *, top: int | None
    ) -> AsyncIterator[tuple[str, Said, str | None]]:
        """Text, token and, with the last one, why it is the last."""
        if self.script is not None:
            for n, piece in enumerate(self.script, start=1):
                yield piece, Said(0, 0.0, {}), "stop" if n == len(self.script) else None
            return
        tokenizer, sent, ids = self.speaker.tokenizer, 0, list[int]()
        options = {"temperature": body.temperature, "seed": body.seed}
        source = self.speaker.speak(prompt, self._path(body.model), top=top or 0, options=options)
        ends = {*body.stop_token_ids, tokenizer.eos_token_id}
        while True:
            said = await asyncio.to_thread(next, source)
            await asyncio.sleep(self.settings.pause)
            ids.append(said.token)
            text = tokenizer.decode(ids, skip_special_tokens=True)
            cut = min((text.find(s) for s in body.stop if s in text), default=-1)
            stopped = said.token in ends or cut >= 0
            reason = "stop" if stopped else "length" if len(ids) >= body.max_tokens else None
            text = text[:cut] if cut >= 0 else text
            held = max((len(s) - 1 for s in body.stop), default=0) if reason is None else 0
            whole = max(sent, len(text) - held) if reason or not text.endswith("\ufffd") else sent
            yield text[sent:whole], said, reason
            sent = whole
            if reason:
                return

    def _path(self, model: str) -> str | None:
        return None if self.settings.ignores_adapters else self.adapters.get(model)

    def _unknown(self, model: str) -> web.Response | None:
        if model in (self.settings.name, *self.adapters, *self.settings.more_models):
            return None
        return _refusal(f"The model `{model}` does not exist.", "NotFoundError", 404, param="model")


def _rank(folder: str) -> int | None:
    config = Path(folder, "adapter_config.json")
    return int(json.loads(config.read_text())["r"]) if config.is_file() else None


def _logprobs(said: Said, *, chat: bool, top: int | None) -> Json | None:
    if top is None:
        return None
    text = next((t for t, chance in said.likeliest.items() if chance == said.logprob), "?")
    if chat:
        others = [{"token": t, "logprob": c} for t, c in said.likeliest.items()]
        return {"content": [{"token": text, "logprob": said.logprob, "top_logprobs": others}]}
    return {"tokens": [text], "token_logprobs": [said.logprob], "top_logprobs": [said.likeliest], "text_offset": [0]}


async def _send(response: web.StreamResponse, event: Json) -> None:
    await response.write(f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode())


def _error(message: str, kind: str, code: int, *, param: str | None = None) -> Json:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _refusal(message: str, kind: str, code: int, *, param: str | None = None) -> web.Response:
    return web.json_response(_error(message, kind, code, param=param), status=code)
