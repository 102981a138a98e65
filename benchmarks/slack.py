"""Slack, from event to first sign and to the model, beside a bare slack_bolt echo: `python -m benchmarks.slack [RUNS]`.

Both talk to the emulated Slack of the tests over real sockets, in turns, so that a busy machine disturbs both alike.
The model is a script without delay: what is measured is everything around it.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bots.engine import Request
from bots.slack import Credentials, Slack
from bots.slack.manifest import manifest
from brandvoice.testing import ScriptedEngine
from conversations.store import open_store
from tests.bots.workplace import assistant_on, contributions_to, running
from tests.emulators.slack import Envelope, SlackEmulator
from tests.emulators.slack.loop import LoopThread

BURST = 50
ENDS = ("chat.stopStream", "chat.postMessage")  # above 18 answers a minute, ours come whole
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


class TimedEngine(ScriptedEngine):
    """Remembers when it was asked."""

    def __init__(self) -> None:
        super().__init__("Your parcel is on its way.")
        self.asked_at: list[float] = []

    async def stream(self, request: Request) -> AsyncIterator[str]:
        self.asked_at.append(time.monotonic())
        async for piece in super().stream(request):
            yield piece


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds from the moment Slack sends the event."""

    acknowledged: float
    first_sign: float
    asked: float
    answered: float


@dataclass(frozen=True, slots=True)
class Bench:
    slack: SlackEmulator
    asked_at: list[float]
    first_sign: str  # the call that people notice first

    def measure(self, count: int = 1) -> list[Measured]:
        """So many questions at once, and how long each of them took."""
        slack = self.slack
        sent, asked = len(slack.envelopes), len(self.asked_at)
        questions = [slack.user_says("C1", "U1", f"<@{slack.bot_user}> hello?") for _ in range(count)]
        threads = {question["ts"] for question in questions}
        for thread in threads:
            slack.wait_reply("C1", thread, timeout=60)
        slack.wait_delivered()
        slack.settle(quiet=0.05)
        began: dict[str, Envelope] = {}
        for envelope in slack.envelopes[sent:]:  # the first of the two events that a mention is
            began.setdefault(envelope.payload["event"].get("ts", ""), envelope)
        asked_at = sorted(self.asked_at[asked:])
        return [self._measured(began[ts], ts, at) for ts, at in zip(sorted(threads), asked_at, strict=True)]

    def _measured(self, event: Envelope, thread: str, asked_at: float) -> Measured:
        sent = event.sent_at[0]
        signs = [c.at for c in self.slack.calls(self.first_sign) if c.params.get("thread_ts") == thread]
        replies = {m["ts"] for m in self.slack.bot_messages("C1", thread)}
        calls = [c for method in ENDS for c in self.slack.calls(method)]
        ends = [c.at for c in calls if {c.params.get("ts"), c.response.get("ts")} & replies]
        assert event.acked_at is not None
        return Measured(event.acked_at - sent, signs[0] - sent, asked_at - sent, max(ends) - sent)


@contextmanager
def brandvoice() -> Iterator[Bench]:
    """The whole platform, on a real SQLite file."""
    engine = TimedEngine()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        slack = stack.enter_context(SlackEmulator())
        slack.apply_manifest(manifest("Harbor", "Answers."))
        store = stack.enter_context(open_store(f"sqlite:///{folder}/conversations.db"))
        credentials = Credentials(slack.bot_token, slack.app_token, api_url=slack.api_url)
        assistant = assistant_on(store, engine, folder, limits=_no_limits())
        stack.enter_context(running(Slack(credentials), assistant, contributions_to(store)))
        slack.wait_connected(30)
        yield Bench(slack, engine.asked_at, "assistant.threads.setStatus")


@contextmanager
def bare_bolt() -> Iterator[Bench]:
    """The shortest bot that answers: no store, no stream, no buttons."""
    asked_at: list[float] = []
    loop = LoopThread("bare-bolt")
    with SlackEmulator() as slack:
        app = AsyncApp(client=AsyncWebClient(slack.bot_token, base_url=slack.api_url))

        @app.event("app_mention")
        async def answer(event: dict[str, Any], say: Callable[..., Any]) -> None:
            asked_at.append(time.monotonic())
            await say("Your parcel is on its way.", thread_ts=event["ts"])

        @app.event("message")
        async def ignore() -> None:
            return

        async def connect() -> AsyncSocketModeHandler:
            handler = AsyncSocketModeHandler(app, slack.app_token)
            await handler.connect_async()  # type: ignore[no-untyped-call]
            return handler

        loop.start()
        handler = loop.submit(connect()).result(30)
        slack.wait_connected(30)
        yield Bench(slack, asked_at, "chat.postMessage")
        loop.submit(handler.close_async()).result(10)
        loop.stop()


def _no_limits() -> Any:
    from bots.assistant import Limits

    return Limits(per_person=10_000, per_channel=10_000, answers_at_once=64)


def show(name: str, measured: list[Measured]) -> None:
    for what in ("acknowledged", "first_sign", "asked", "answered"):
        taken = sorted(getattr(one, what) * 1000 for one in measured)
        late = taken[round(0.95 * (len(taken) - 1))]
        print(f"{name:11} {what:13} median {statistics.median(taken):7.1f} ms   p95 {late:7.1f} ms   n={len(taken)}")


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 30
    for name in PROXIES:
        os.environ.pop(name, None)
    with brandvoice() as ours, bare_bolt() as bare:
        for bench in (ours, bare):
            bench.measure()  # the first one pays for imports and connections
        one_by_one: dict[str, list[Measured]] = {"brandvoice": [], "bare bolt": []}
        for _ in range(runs):
            one_by_one["brandvoice"] += ours.measure()
            one_by_one["bare bolt"] += bare.measure()
        print(f"one question at a time ({runs}):")
        for name, measured in one_by_one.items():
            show(name, measured)
        print(f"{BURST} questions at once:")
        show("brandvoice", ours.measure(BURST))
        show("bare bolt", bare.measure(BURST))


if __name__ == "__main__":
    main()
