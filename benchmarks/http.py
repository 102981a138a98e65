"""The HTTP API beside a bare FastAPI stream, and 500 open streams: `python -m benchmarks.http [RUNS]`.

Both answer the same 128 pieces over real sockets, each in a process of its own, in turns, so that a busy machine
disturbs both alike. The model is a script without delay: what is measured is everything around it.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from bots.engine import Finish
from bots.engine import Request as Wanted
from bots.http import Http, Options
from conversations.store import open_store
from tests.bots.workplace import assistant_on, contributions_to

PIECES = 128
OPEN = 500
SLOW_PIECES, PAUSE = 40, 0.25  # of each of the open streams
ASKED = {"model": "harbor", "messages": [{"role": "user", "content": "Where is my parcel?"}]}


class PlainEngine:
    """Says so many pieces; the request's seed is the pause between them in milliseconds."""

    async def stream(self, request: Wanted) -> AsyncIterator[str]:
        pause = (request.sampling.seed or 0) / 1000
        for n in range(request.sampling.max_tokens):
            await asyncio.sleep(pause)
            yield f" word{n}"
        if request.on_finish:
            request.on_finish(Finish("stop", 10, request.sampling.max_tokens))

    async def close(self) -> None:
        """Nothing to let go of."""


class Asked(BaseModel):
    """What the bare stream reads of a request."""

    model: str
    messages: list[dict[str, str]]
    max_tokens: int = 1
    stream: bool = False
    seed: int = 0


def bare_app() -> FastAPI:
    """The shortest server that answers alike: no key, no limit, no metrics, nothing when the client leaves."""
    app = FastAPI()

    @app.post("/v1/chat/completions")
    async def complete(asked: Asked, request: Request) -> Any:
        engine = PlainEngine()
        from bots.engine import Sampling

        pieces = engine.stream(Wanted((), sampling=Sampling(max_tokens=asked.max_tokens, seed=asked.seed)))
        if not asked.stream:
            said = "".join([piece async for piece in pieces])
            return {"choices": [{"index": 0, "message": {"role": "assistant", "content": said}}]}

        async def events() -> AsyncIterator[str]:
            head = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m"}
            async for piece in pieces:
                yield f"data: {json.dumps({**head, 'choices': [{'index': 0, 'delta': {'content': piece}}]})}\n\n"
            yield "data: [DONE]\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")

    return app


def run_ours(pipe: Connection) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store = stack.enter_context(open_store(f"sqlite:///{folder}/conversations.db"))
        http = Http(Options(port=0, streams=OPEN + 100), uploads=folder / "uploads")

        async def serve() -> None:
            running = asyncio.create_task(http.run(assistant_on(store, PlainEngine(), folder), contributions_to(store)))  # type: ignore[arg-type]
            while not http.address:  # noqa: ASYNC110 (once)
                await asyncio.sleep(0.01)
            pipe.send(int(http.address.rsplit(":", 1)[1]))
            await running

        asyncio.run(serve())


def run_bare(pipe: Connection) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    pipe.send(listening.getsockname()[1])
    config = uvicorn.Config(bare_app(), http="httptools", log_level="critical", access_log=False)
    uvicorn.Server(config).run(sockets=[listening])


@contextmanager
def process(target: Callable[[Connection], None]) -> Iterator[tuple[int, int]]:
    """A server in its own process: its port and its process id."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=target, args=(theirs,), daemon=True)
    child.start()
    try:
        yield ours.recv(), child.pid or 0
    finally:
        child.kill()
        child.join()


async def exchange(port: int, **asked: Any) -> list[float]:
    """One request on a connection of its own; the moments at which something came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps({**ASKED, **asked}).encode()
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    moments = []
    while block := await reader.read(65_536):
        if not moments:
            assert block.startswith(b"HTTP/1.1 200 "), block[:200]
        moments.append(time.perf_counter())
    writer.close()
    return moments


def timed(port: int, **asked: Any) -> float:
    started = time.perf_counter()
    asyncio.run(exchange(port, **asked))
    return time.perf_counter() - started


def overhead(ours: int, bare: int, runs: int) -> None:
    shapes: dict[str, dict[str, Any]] = {
        "one whole reply of one piece": {"max_tokens": 1},
        f"one stream of {PIECES} pieces": {"max_tokens": PIECES, "stream": True},
    }
    medians: dict[tuple[str, str], float] = {}
    for name, asked in shapes.items():
        taken: dict[str, list[float]] = {"ours": [], "bare": []}
        for _ in range(runs + 3):
            for who, port in (("ours", ours), ("bare", bare)):
                taken[who].append(timed(port, **asked) * 1000)
        for who, times in taken.items():
            medians[name, who] = statistics.median(times[3:])
        print(f"{name:30} ours {medians[name, 'ours']:7.2f} ms   bare FastAPI {medians[name, 'bare']:7.2f} ms")
    whole, stream = shapes
    per_piece = {who: (medians[stream, who] - medians[whole, who]) / (PIECES - 1) * 1000 for who in ("ours", "bare")}
    print(f"{'per request':30} ours adds {medians[whole, 'ours'] - medians[whole, 'bare']:.2f} ms")
    print(f"{'per piece':30} ours {per_piece['ours']:7.1f} us   bare FastAPI {per_piece['bare']:7.1f} us")


def memory(pid: int) -> float:
    """Resident memory of a process in MiB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


async def crowd(port: int, pid: int, count: int) -> None:
    """So many streams at once, each with a piece every quarter of a second, and one quick request among them."""
    asked = {"max_tokens": SLOW_PIECES, "stream": True, "seed": int(PAUSE * 1000)}
    before, started = memory(pid), time.perf_counter()
    streams = [asyncio.create_task(exchange(port, **asked)) for _ in range(count)]
    await asyncio.sleep(SLOW_PIECES * PAUSE / 2)
    during, asked_at = memory(pid), time.perf_counter()
    await exchange(port, max_tokens=1)
    quick = time.perf_counter() - asked_at
    found = await asyncio.gather(*streams)
    ends = sorted(moments[-1] - started for moments in found)
    gaps = sorted(b - a for moments in found for a, b in pairwise(moments[2:]))
    print(f"{count} open streams: {(during - before) * 1024 / count:.0f} KiB each, {during:.0f} MiB in all")
    print(f"  first to end after {ends[0]:.2f} s, last {ends[-1]:.2f} s (alone: {SLOW_PIECES * PAUSE:.2f} s)")
    late = gaps[int(0.99 * len(gaps))]
    print(f"  between pieces: median {statistics.median(gaps):.3f} s, p99 {late:.3f} s, longest {gaps[-1]:.3f} s")
    print(f"  a short request meanwhile: {quick * 1000:.0f} ms")


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 60
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
    with process(run_ours) as (ours, ours_pid), process(run_bare) as (bare, bare_pid):
        time.sleep(1)
        overhead(ours, bare, runs)
        for name, port, pid in (("ours", ours, ours_pid), ("bare FastAPI", bare, bare_pid)):
            print(f"{name}:")
            asyncio.run(crowd(port, pid, OPEN))


if __name__ == "__main__":
    main()
