"""Answers: a reply sent whole or as a stream of events, ended at once when its reader leaves."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bots.http.desk import Desk
from bots.http.errors import refusal
from bots.http.exchange import Exchange
from bots.http.options import Options
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
        stream = Stream(self._desk.options, self._exchange, send) if self._exchange.asked.stream else None
        sending = asyncio.create_task(stream.run() if stream else self._whole(scope, receive, send))
        leaving = asyncio.create_task(_until_left(receive))
        self._count(1)
        try:
            await self._watch(sending, leaving, stream=stream)
            if sending.done():
                await sending
        except BrandvoiceError as error:
            raise refusal(error) from error
        finally:
            self._count(-1)
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
            await self._exchange.leave()

    async def _watch(self, sending: asyncio.Task[None], leaving: asyncio.Task[None], *, stream: Stream | None) -> None:
        """Until all is sent, or the reader is gone or given up."""
        options = self._desk.options
        look = min(options.keep_alive, options.stall) / 2
        while True:
            done, _ = await asyncio.wait({sending, leaving}, timeout=look, return_when=asyncio.FIRST_COMPLETED)
            if done or (stream and not await stream.look()):
                return

    def _count(self, more: int) -> None:
        self._desk.open += more
        self._desk.metrics.open.set(self._desk.open)

    async def _whole(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = self._exchange
        spoken = exchange.begin()
        await spoken.begun()
        exchange.first_word()
        text = await spoken.whole()
        await exchange.end()
        answer = JSONResponse(exchange.completion(text).model_dump(), headers=exchange.headers)
        await answer(scope, receive, send)


class Stream:
    """One stream of events."""

    def __init__(self, options: Options, exchange: Exchange, send: Send) -> None:
        self._options = options
        self._exchange = exchange
        self._send_message = send
        self._now = asyncio.get_running_loop().time
        self._last_sent: float | None = None  # None: nothing was sent yet
        self._sends = False
        asked = exchange.asked.stream_options
        self._tells_usage = bool(asked and asked.include_usage)
        head = {
            "id": exchange.id,
            "object": "chat.completion.chunk",
            "created": exchange.created,
            "model": exchange.voice.reference,
            "system_fingerprint": exchange.fingerprint,
        }
        self._head = json.dumps(head)[:-1] + (', "usage": null' if self._tells_usage else "")
        self._before = f'data: {self._head}, "choices": [{{"index": 0, "delta": {{"content": '

    async def look(self) -> bool:
        """Give a sign of life in a long silence; False when the reader took nothing for too long."""
        if self._last_sent is None:
            return True
        silence = self._now() - self._last_sent
        if self._sends:
            return silence < self._options.stall
        if silence >= self._options.keep_alive:  # so that nobody in between takes the connection for dead
            try:
                async with asyncio.timeout(self._options.stall):
                    await self._send(_ALIVE)
            except TimeoutError:
                return False
        return True

    async def run(self) -> None:
        exchange = self._exchange
        spoken = exchange.begin()
        await spoken.begun()
        exchange.first_word()
        headers = [(name.encode(), value.encode()) for name, value in {**_SSE, **exchange.headers}.items()]
        await self._send_message({"type": "http.response.start", "status": 200, "headers": headers})
        await self._choice({"role": "assistant", "content": ""})
        try:
            while (text := await spoken.take()) is not None:
                await self._send(self._piece(text))
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

    def _piece(self, text: str) -> bytes:
        chances = "null" if not self._exchange.asked.logprobs else json.dumps(self._exchange.logprobs())
        after = f'}}, "logprobs": {chances}, "finish_reason": null}}]}}\n\n'
        return (self._before + json.dumps(text) + after).encode()

    async def _choice(self, delta: dict[str, Any], *, reason: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        sources = f', "sources": {json.dumps(self._exchange.sources)}' if reason and self._exchange.sources else ""
        await self._send(f'data: {self._head}{sources}, "choices": [{json.dumps(choice)}]}}\n\n'.encode())

    async def _send(self, body: bytes, *, more: bool = True) -> None:
        self._sends, self._last_sent = True, self._now()
        await self._send_message({"type": "http.response.body", "body": body, "more_body": more})
        self._sends = False


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
