"""An aiohttp application on a thread of its own, to which other threads hand work."""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import CancelledError, Future
from typing import Any

from aiohttp import web

LARGEST_BODY = 64 * 2**20


class Server:
    """`errors` collects the tracebacks of work that failed with nobody waiting for it."""

    def __init__(self, errors: list[str]) -> None:
        self._errors = errors
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    def start(self, routes: Iterable[web.RouteDef], port: int = 0) -> int:
        """Listen on 127.0.0.1 (port 0: a free one) and return the port."""
        if self._loop is not None:
            raise RuntimeError("the Discord emulator is running already")
        app = web.Application(client_max_size=LARGEST_BODY)
        app.add_routes(routes)
        listening: Future[int] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(app, port, listening)), daemon=True, name="discord-emulator"
        )
        self._thread.start()
        return listening.result(10)

    def stop(self) -> None:
        if self._thread is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(5)

    def submit(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Run a coroutine on the server's loop; work is begun in the order it was handed over."""
        future = self._schedule(work)
        future.add_done_callback(self._note_failure)
        return future

    def run(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run a coroutine on the server's loop and wait for it."""
        self._schedule(work).result(5)

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        loop = self._running()
        loop.call_soon_threadsafe(loop.call_later, seconds, call)

    async def _serve(self, app: web.Application, port: int, listening: Future[int]) -> None:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
        except OSError as error:
            listening.set_exception(error)
            await runner.cleanup()
            return
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        listening.set_result(runner.addresses[0][1])
        await self._stopping.wait()
        self._loop = None
        await runner.cleanup()

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise RuntimeError("the Discord emulator is not running: use it as a context manager, or call start()")
        return self._loop

    def _schedule(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        try:
            loop = self._running()
        except RuntimeError:
            work.close()
            raise
        return asyncio.run_coroutine_threadsafe(work, loop)

    def _note_failure(self, future: Future[Any]) -> None:
        try:
            error = future.exception()
        except CancelledError:  # the emulator was stopped
            return
        if error is not None:
            self._errors.append("".join(traceback.format_exception(error)))
