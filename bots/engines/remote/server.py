"""One OpenAI-compatible server over HTTP: what is asked of it, and what its refusals mean."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import httpx2

from conversations.errors import EngineBusy, EngineError, EngineUnreachable

log = logging.getLogger(__name__)

Json = dict[str, Any]
_LONGEST_MESSAGE = 500  # characters of a server's own words that are passed on
_LONGEST_PAUSE = 20.0  # seconds; a server that asks for more is called busy
_AWAY = "The model server cannot be reached right now. Please try again in a moment."


class ModelMissing(EngineError):
    """The server does not know a model, any more or yet."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is tried before its first token, and how many seconds are waited for what."""

    attempts: int = 3
    pause: float = 0.25  # before the second attempt; doubled for each further one
    connect: float = 5.0
    silence: float = 60.0  # between two pieces of an answer


class Server:
    """Asks one server. Nothing is asked twice once an answer has begun."""

    def __init__(self, endpoint: str, *, key: str | None = None, patience: Patience | None = None) -> None:
        self.root = endpoint.rstrip("/").removesuffix("/v1")
        self._patience = patience or Patience()
        self._random = random.Random()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        timeout = httpx2.Timeout(self._patience.silence, connect=self._patience.connect, pool=None)
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=32)
        self._client = httpx2.AsyncClient(headers=headers, timeout=timeout, limits=limits)

    async def get(self, path: str) -> Json:
        """The answer to a GET request as JSON. Raises `EngineError` and its kinds."""
        return _read_json(await self._whole("GET", path, None))

    async def post(self, path: str, body: Json) -> Json:
        """The answer to a POST request as JSON. Raises `EngineError` and its kinds."""
        return _read_json(await self._whole("POST", path, body))

    async def order(self, path: str, body: Json) -> tuple[int, str]:
        """Status and text of a POST request, whatever they are. Raises `EngineUnreachable` where there is none."""
        try:
            response = await self._client.post(self.root + path, json=body)
        except httpx2.HTTPError as error:
            raise self._unreachable(error) from error
        return response.status_code, response.text

    async def events(self, path: str, body: Json) -> AsyncGenerator[Json, None]:
        """The events of a streamed answer; closing it hangs up, at which the server stops its work.

        Raises `EngineBusy`, `EngineUnreachable`, `ModelMissing` or `EngineError`, also when the answer breaks off.
        """
        for attempt in range(1, self._patience.attempts + 1):
            began = False
            try:
                async with aclosing(self._stream(path, body)) as stream:
                    async for event in stream:
                        began = True
                        yield event
            except (EngineBusy, EngineUnreachable) as error:
                pause = self._pause(error, attempt)
                if began or pause is None:
                    raise
                await asyncio.sleep(pause)
            else:
                return

    async def close(self) -> None:
        await self._client.aclose()

    async def _whole(self, method: str, path: str, body: Json | None) -> httpx2.Response:
        attempt = 1
        while True:
            try:
                response = await self._client.request(method, self.root + path, json=body)
                self._check(response)
            except httpx2.HTTPError as error:
                refusal: EngineError = self._unreachable(error)
            except (EngineBusy, EngineUnreachable) as error:
                refusal = error
            else:
                return response
            pause = self._pause(refusal, attempt)
            if pause is None:
                raise refusal
            await asyncio.sleep(pause)
            attempt += 1

    async def _stream(self, path: str, body: Json) -> AsyncGenerator[Json, None]:
        try:
            async with self._client.stream("POST", self.root + path, json=body) as response:
                if response.is_error:
                    await response.aread()
                self._check(response)
                async for event in httpx2.EventSource(response):
                    if event.data == "[DONE]":
                        return
                    yield _read_event(event.data)
        except httpx2.HTTPError as error:
            raise self._unreachable(error) from error
        log.warning("%s%s ended its answer without saying so", self.root, path)
        raise EngineUnreachable("The model server broke off in the middle of this answer. Please try again.")

    def _pause(self, error: EngineError, attempt: int) -> float | None:
        """Seconds until the next attempt; None when there is none."""
        if attempt >= self._patience.attempts:
            return None
        wanted = error.retry_after if isinstance(error, EngineBusy) else 0.0
        if wanted > _LONGEST_PAUSE:
            return None
        usual: float = self._patience.pause * 2 ** (attempt - 1) * (0.5 + self._random.random())
        return max(wanted, usual)

    def _unreachable(self, error: httpx2.HTTPError) -> EngineUnreachable:
        log.warning("%s: %s %s", self.root, type(error).__name__, error)
        return EngineUnreachable(_AWAY)

    def _check(self, response: httpx2.Response) -> None:
        """Raise what a status means; 2xx means nothing."""
        status = response.status_code
        if response.is_success:
            return
        said = refusal_text(response.text)
        log.warning("%s answered %s: %s", response.request.url, status, said)
        if status in (401, 403):
            raise EngineError("The model server refuses our key. Set BRANDVOICE_ENDPOINT_KEY to one that it accepts.")
        if status == 404:
            raise ModelMissing(f"The model server does not have what was asked for: {said}")
        if status == 429:
            raise EngineBusy(
                "The model server has too much to do. Please try again in a moment.", retry_after=_retry_after(response)
            )
        if status >= 500 or status in (408, 409):
            raise EngineUnreachable(_AWAY)
        raise EngineError(f"The model server refused the request: {said}")


def refusal_text(body: str) -> str:
    """What a server says is wrong, from any of the shapes in which servers say it."""
    try:
        said: Any = json.loads(body)
    except ValueError:
        said = body
    for key in ("error", "message", "detail"):
        if isinstance(said, Mapping) and key in said:
            said = said[key]
    return str(said).strip()[:_LONGEST_MESSAGE] or "it does not say why"


def _read_json(response: httpx2.Response) -> Json:
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise EngineError(f"{response.request.url} does not speak the OpenAI API. Check [model] endpoint.")
    return answer


def _read_event(data: str) -> Json:
    try:
        event = json.loads(data)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise EngineUnreachable("The model server sent something that cannot be read. Please try again.")
    if event.get("error"):
        log.warning("the model server ended an answer: %s", refusal_text(data))
        raise EngineUnreachable("The model server failed in the middle of this answer. Please try again.")
    return event


def _retry_after(response: httpx2.Response) -> float:
    try:
        return max(0.0, float(response.headers.get("retry-after", "1")))
    except ValueError:
        return 1.0
