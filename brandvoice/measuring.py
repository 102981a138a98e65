"""Measuring: replies for an evaluation, from the engine that serves and from a model at an endpoint beside it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from brandvoice.engines import make_measuring_engine
from brandvoice.settings import secret
from conversations.errors import EngineError
from conversations.messages import Message

if TYPE_CHECKING:
    from bots.engine import Request
    from bots.engines.remote.server import Server
    from brandvoice.plugins import Offers
    from brandvoice.workspace import Workspace
    from styles.voices import VoiceVersion
    from training.speaking import Speak

AT_ONCE = 16  # replies that are asked for at the same time
REPLY_TOKENS = 120


class MeasuringDesk:
    """Asks many prompts at once and hands the replies back in order; a context manager that closes its engines."""

    def __init__(self, workspace: Workspace, offers: Offers) -> None:
        self._runner = asyncio.Runner()
        self._engine = make_measuring_engine(workspace, dict(offers.table("engines")))
        self._model = workspace.settings.model.compare_model
        self._server = _server(workspace)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self._runner.run(self._close())
        finally:
            self._runner.close()

    @property
    def endpoint(self) -> Speak | None:
        """What the model at `[model] compare_endpoint` answers; None where there is none."""
        return self._ask_server if self._server else None

    def speak(self, prompts: Sequence[Sequence[Message]], voice: VoiceVersion | None) -> list[str]:
        from bots.engine import reply_text

        return self._together(prompts, lambda prompt: reply_text(self._engine, _request(prompt, voice)))

    def pace(self, prompt: Sequence[Message], voice: VoiceVersion | None) -> tuple[float, float]:
        """Seconds to the first piece and to the end of one reply while nobody else is answered."""
        return self._runner.run(self._timed(_request(prompt, voice)))

    async def _timed(self, request: Request) -> tuple[float, float]:
        began, first = time.perf_counter(), None
        async for _ in self._engine.stream(request):
            first = first or time.perf_counter() - began
        whole = time.perf_counter() - began
        return first or whole, whole

    def _ask_server(self, prompts: Sequence[Sequence[Message]], voice: VoiceVersion | None) -> list[str]:
        return self._together(prompts, self._completion)

    async def _completion(self, prompt: Sequence[Message]) -> str:
        assert self._server is not None
        if not self._model:
            models = (await self._server.get("/v1/models")).get("data") or []
            if len(models) != 1:
                raise EngineError("[model] compare_endpoint serves several models. Name one: compare_model.")
            self._model = str(models[0]["id"])
        said = [{"role": m.role, "content": m.content} for m in prompt]
        body = {"model": self._model, "messages": said, "max_tokens": REPLY_TOKENS, "temperature": 0}
        choices = (await self._server.post("/v1/chat/completions", body)).get("choices") or [{}]
        return str((choices[0].get("message") or {}).get("content") or "")

    def _together(
        self, prompts: Sequence[Sequence[Message]], answer: Callable[[Sequence[Message]], Awaitable[str]]
    ) -> list[str]:
        async def all_of_them() -> list[str]:
            places = asyncio.Semaphore(AT_ONCE)

            async def one(prompt: Sequence[Message]) -> str:
                async with places:
                    return await answer(prompt)

            async with asyncio.TaskGroup() as group:
                replies = [group.create_task(one(prompt)) for prompt in prompts]
            return [reply.result() for reply in replies]

        try:
            return self._runner.run(all_of_them())
        except ExceptionGroup as several:
            raise several.exceptions[0] from None

    async def _close(self) -> None:
        await self._engine.close()
        if self._server:
            await self._server.close()


def _request(prompt: Sequence[Message], voice: VoiceVersion | None) -> Request:
    from bots.engine import Request, Sampling

    return Request(tuple(prompt), voice, Sampling(max_tokens=REPLY_TOKENS))


def _server(workspace: Workspace) -> Server | None:
    from bots.engines.remote.server import Server

    address = workspace.settings.model.compare_endpoint
    return Server(address, key=secret("BRANDVOICE_COMPARE_KEY")) if address else None
