"""Answers: a reply sent whole or as a stream of events, ended at once when its reader leaves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bots.http.desk import Desk
from bots.http.errors import refusal
from bots.http.exchange import Exchange
from conversations.errors import BrandvoiceError

_SSE = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache", "x-accel-buffering": "no"}
_ALIVE = b": waiting\n\n"


class Answer(Response):
    """The HTTP answer to one exchange. A failure before the first word has a status of its own."""

    def __init__(self, desk: Desk, exchange: Exchange) -> None:
        super().__init__()
        self._desk = desk
        self._exchange = exchange

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        how = _Stream(self._desk, self._exchange, scope, receive, send).run if self._exchange.asked.stream else None
        sending = asyncio.create_task(how() if how else self._whole(scope, receive, send))
        leaving = asyncio.create_task(_until_left(receive))
        self._desk.open += 1
        self._desk.metrics.open.set(self._desk.open)
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                await sending
        except BrandvoiceError as error:
            raise refusal(error) from error
        finally:
            self._desk.open -= 1
            self._desk.metrics.open.set(self._desk.open)
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
            await self._exchange.leave()

    async def _whole(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = self._exchange
        spoken = exchange.begin()
        await spoken.begun()
        exchange.first_word()
        text = await spoken.whole()
        await exchange.end()
        answer = JSONResponse(exchange.completion(text).model_dump(), headers=exchange.headers)
        await answer(scope, receive, send)


class _Stream:
    """One stream of events."""

    def __init__(self, desk: Desk, exchange: Exchange, scope: Scope, receive: Receive, send: Send) -> None:
        self._options = desk.options
        self._exchange = exchange
        self._send_message = send
        options = exchange.asked.stream_options
        self._tells_usage = bool(options and options.include_usage)
        head = {
            "id": exchange.id,
            "object": "chat.completion.chunk",
            "created": exchange.created,
            "model": exchange.voice.reference,
            "system_fingerprint": exchange.fingerprint,
        }
        self._head = json.dumps(head)[:-1] + (', "usage": null' if self._tells_usage else "")

    async def run(self) -> None:
        exchange = self._exchange
        spoken = exchange.begin()
        await spoken.begun()
        exchange.first_word()
        headers = [(name.encode(), value.encode()) for name, value in {**_SSE, **exchange.headers}.items()]
        await self._patiently(self._send_message({"type": "http.response.start", "status": 200, "headers": headers}))
        await self._choice({"role": "assistant", "content": ""})
        try:
            while (text := await self._next()) is not None:
                await self._choice({"content": text}, chances=exchange.logprobs())
            await exchange.end()
        except BrandvoiceError as error:
            await self._send(f"data: {json.dumps(refusal(error).body)}\n\n".encode())
        else:
            await self._last_words()
        await self._send(b"", more=False)

    async def _last_words(self) -> None:
        await self._choice({}, reason=self._exchange.reason)
        if self._tells_usage:
            head = self._head.replace(', "usage": null', "")
            usage = self._exchange.usage
            told = json.dumps(usage.model_dump() if usage else None)
            await self._send(f'data: {head}, "choices": [], "usage": {told}}}\n\n'.encode())
        await self._send(b"data: [DONE]\n\n")

    async def _next(self) -> str | None:
        """What comes next; comments go out meanwhile, so that nobody in between takes the connection for dead."""
        spoken = self._exchange.spoken
        assert spoken is not None, "it was begun"
        while True:
            try:
                async with asyncio.timeout(self._options.keep_alive):
                    return await spoken.take()
            except TimeoutError:
                await self._send(_ALIVE)

    async def _choice(
        self, delta: dict[str, Any], *, reason: str | None = None, chances: dict[str, Any] | None = None
    ) -> None:
        choice = {"index": 0, "delta": delta, "logprobs": chances, "finish_reason": reason}
        sources = f', "sources": {json.dumps(self._exchange.sources)}' if reason and self._exchange.sources else ""
        await self._send(f'data: {self._head}{sources}, "choices": [{json.dumps(choice)}]}}\n\n'.encode())

    async def _send(self, body: bytes, *, more: bool = True) -> None:
        await self._patiently(self._send_message({"type": "http.response.body", "body": body, "more_body": more}))

    async def _patiently(self, sending: Awaitable[None]) -> None:
        """Wait for a slow reader, but not for ever. Raises TimeoutError."""
        async with asyncio.timeout(self._options.stall):
            await sending


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
