"""Chats, cancellations and swaps of voices for as long as it is told: `python -m benchmarks.soak --minutes 10`.

Ends with status 1 when memory grew, a slot stayed taken or an answer failed that should not have.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch

from benchmarks.engine import make_base, make_voice, words
from bots.engine import Request, Sampling
from bots.engines.batching import BatchingEngine, Limits, prepack, refusal
from conversations.errors import EngineBusy
from conversations.messages import Message
from styles.base_model import load_tokenizer, load_weights
from styles.voices import VoiceRegistry, VoiceVersion

PEOPLE, PER_VOICE_SECONDS = 40, 5.0
MIB = 2**20
LONG_ENOUGH = 5.0  # minutes on a quiet machine until caches are full (oneDNN keeps kernels for 1,024 shapes)


@dataclass(slots=True)
class Tally:
    """What happened so far."""

    answered: int = 0
    cancelled: int = 0
    busy: int = 0
    swaps: int = 0
    failed: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Soak:
    """One engine, many people, and a voice that changes all the time."""

    engine: BatchingEngine
    voices: tuple[VoiceVersion, ...]
    tally: Tally = field(default_factory=Tally)
    until: float = 0.0

    async def run(self, seconds: float) -> Tally:
        self.until = time.monotonic() + seconds
        await asyncio.gather(self._measure(), self._swap(), *(self._person(number) for number in range(PEOPLE)))
        return self.tally

    async def _person(self, number: int) -> None:
        source, talk = random.Random(number), list[Message]()
        while time.monotonic() < self.until:
            talk = [*talk[-6:], Message("user", words(source.randint(8, 120), source))]
            sampling = Sampling(max_tokens=source.randint(8, 48), temperature=source.choice((0.0, 0.8)), seed=number)
            request = Request(tuple(talk), self._voice(), sampling, person=f"p{number}")
            leaves = source.random() < 0.3
            try:
                said = await self._listen(request, pieces=source.randint(0, 6) if leaves else None)
            except EngineBusy as error:
                self.tally.busy += 1
                await asyncio.sleep(min(error.retry_after, 1.0))
                continue
            except Exception as error:  # noqa: BLE001 (whatever it is, the run goes on and tells it)
                self.tally.failed.append(repr(error))
                continue
            talk.append(Message("assistant", said or "…"))
            await asyncio.sleep(source.random() * 0.2)

    async def _listen(self, request: Request, *, pieces: int | None) -> str:
        """The answer, or its first pieces: then the person leaves."""
        stream, said = self.engine.stream(request), ""
        try:
            count = 0
            async for piece in stream:
                said, count = said + piece, count + 1
                if pieces is not None and count >= pieces:
                    self.tally.cancelled += 1
                    return said
        finally:
            await stream.aclose()  # type: ignore[attr-defined]
        self.tally.answered += 1
        return said

    def _voice(self) -> VoiceVersion | None:
        return (None, *self.voices)[self.tally.swaps % (len(self.voices) + 1)]

    async def _swap(self) -> None:
        while time.monotonic() < self.until:
            await asyncio.sleep(PER_VOICE_SECONDS)
            self.tally.swaps += 1

    async def _measure(self) -> None:
        while time.monotonic() < self.until:
            self.tally.memory.append(_resident())
            await asyncio.sleep(min(5.0, max(0.1, self.until - time.monotonic())))


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def soak(folder: Path, *, minutes: float) -> tuple[Tally, BatchingEngine]:
    base = make_base(folder / "base", size="10m")
    registry = VoiceRegistry(folder / "voices")
    voices = tuple(make_voice(base, registry, seed=seed) for seed in range(6))
    model = load_weights(base, dtype="float32", device="cpu").eval().requires_grad_(False)
    assert refusal(model, context=1024) is None
    prepack(model)
    limits = Limits(threads=1, context=1024, slots=16, queue=20, prefix_bytes=32 * MIB, adapter_bytes=8 * MIB)
    engine = BatchingEngine(base, model, tokenizer=load_tokenizer(base), limits=limits)
    tally = await Soak(engine, voices).run(minutes * 60)
    for _ in range(200):
        if not engine.stats().running and not engine.stats().waiting:
            break
        await asyncio.sleep(0.05)
    return tally, engine


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=0.5)
    options, _ = parser.parse_known_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        tally, engine = asyncio.run(_closed(Path(folder), options.minutes))
    third = max(1, len(tally.memory) // 3)
    early, late = max(tally.memory[: 2 * third]), max(tally.memory[-third:])
    stats = engine.stats()
    stuck = stats.running + stats.waiting
    print(
        f"{options.minutes:g} minutes: {tally.answered} answers, {tally.cancelled} broken off, "
        f"{tally.busy} turned away, {tally.swaps} swaps, {stats.adapter_loads} adapters loaded, "
        f"{stats.counts.crashes} crashes\n"
        f"memory {early / MIB:.0f} MiB in the first two thirds, {late / MIB:.0f} MiB in the last "
        f"({late / early - 1:+.1%}); stuck {stuck}; failed {len(tally.failed)} {sorted(set(tally.failed))[:3]}"
    )
    grown = options.minutes >= LONG_ENOUGH and late > 1.05 * early
    if tally.failed or stuck or grown:
        raise SystemExit(1)


async def _closed(folder: Path, minutes: float) -> tuple[Tally, BatchingEngine]:
    tally, engine = await soak(folder, minutes=minutes)
    await engine.close()
    return tally, engine


if __name__ == "__main__":
    main()
