"""Memory, while message after message is answered: `python -m benchmarks.memory [MESSAGES [SECONDS]]`.

First by the assistant alone, on a SQLite file; then by Slack, emulated in a process of its own, for so many seconds.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bots.assistant import Assistant, Incoming
from bots.limits import Limits
from bots.slack import Credentials, Slack
from bots.slack.manifest import manifest
from brandvoice.testing import ScriptedEngine
from conversations.store import ConversationStore, open_store
from tests.bots.workplace import assistant_on, contributions_to, running
from tests.emulators.slack import SlackEmulator

ANSWER = "Your parcel is on its way."
AT_ONCE = 16
PEOPLE, PLACES = 500, 2_000
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


class ForgetfulEngine(ScriptedEngine):
    """Keeps nothing of what it was asked, so that what grows is ours."""

    def stream(self, request: Any) -> Any:
        self.requests.clear()
        return super().stream(request)


def resident() -> float:
    """MiB of this process that are in memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def _assistant() -> Iterator[tuple[Assistant, ConversationStore]]:
    with tempfile.TemporaryDirectory() as folder, open_store(f"sqlite:///{folder}/conversations.db") as store:
        limits = Limits(per_person=1_000_000, per_channel=1_000_000)
        yield assistant_on(store, ForgetfulEngine(ANSWER), Path(folder), limits=limits), store


async def _answer(assistant: Assistant, number: int) -> None:
    place, person = f"C1/{number % PLACES}", f"T1/U{number % PEOPLE}"
    incoming = Incoming("slack", "C1", place, person, f"Where is parcel {number}?", f"T1/C1/{number}")
    assert await assistant.accept(incoming)
    async for _ in assistant.answer(incoming):
        pass


async def by_assistant(assistant: Assistant, most: int) -> None:
    """Answer so many, and show the memory after each tenth of them."""
    began = time.monotonic()
    for begun in range(0, most, AT_ONCE):
        done = min(begun + AT_ONCE, most)
        await asyncio.gather(*(_answer(assistant, number) for number in range(begun, done)))
        if begun * 10 // most != done * 10 // most:
            rate = done / (time.monotonic() - began)
            print(f"assistant: {resident():6.1f} MiB after {done:6,} messages ({rate:.0f} a second)", flush=True)


def people(pipe: Connection, seconds: float) -> None:
    """Slack and its people, in a process of their own: they keep everything, which is not ours to count."""
    with SlackEmulator() as slack:
        slack.apply_manifest(manifest("Harbor", "Answers."))
        pipe.send((slack.bot_token, slack.app_token, slack.api_url))
        slack.wait_connected(30)
        asked, end = 0, time.monotonic() + seconds
        while time.monotonic() < end:
            question = slack.user_says("C1", "U1", f"<@{slack.bot_user}> Where is parcel {asked}?")
            slack.wait_reply("C1", question["ts"], timeout=60)
            asked += 1
            slack.all_calls.clear()
            slack.envelopes.clear()
            slack.messages["C1"].clear()
            pipe.send(asked)
        pipe.send(None)
        pipe.recv()


def by_slack(seconds: float) -> None:
    """Answer one after the other for so long, and show the memory now and then."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=people, args=(theirs, seconds))
    process.start()
    credentials = ours.recv()
    with _assistant() as (assistant, store):
        platform = Slack(Credentials(credentials[0], credentials[1], api_url=credentials[2]))
        with running(platform, assistant, contributions_to(store)):
            last = 0
            while (asked := ours.recv()) is not None:
                last = asked
                if asked in (100, 200, 500) or asked % 1_000 == 0:
                    print(f"slack:     {resident():6.1f} MiB after {asked:6,} messages", flush=True)
            print(f"slack:     {resident():6.1f} MiB after {last:6,} messages ({last / seconds:.0f} a second)")
    ours.send(None)
    process.join()


def main() -> None:
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    most, seconds = (*numbers, *(10_000, 60)[len(numbers) :])
    for name in PROXIES:
        os.environ.pop(name, None)
    print(f"load average {os.getloadavg()[0]:.1f}; {resident():.1f} MiB before anything")
    with _assistant() as (assistant, _):
        asyncio.run(by_assistant(assistant, most))
    by_slack(seconds)


if __name__ == "__main__":
    main()
