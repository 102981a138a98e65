"""Discord, from message to first sign and to the model, beside a bare discord.py echo: `python -m benchmarks.discord`.

Both talk to the emulated Discord of the tests over real sockets, in turns, so that a busy machine disturbs both alike.
The model is a script without delay: what is measured is everything around it. A number after the command is how many
questions are asked one at a time.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import discord

from bots.discord.platform import Discord, Options
from bots.engine import Request
from bots.limits import Limits
from brandvoice.testing import ScriptedEngine
from conversations.store import open_store
from tests.bots.discord.desk import is_finished
from tests.bots.workplace import assistant_on, contributions_to, running
from tests.emulators.discord import DiscordEmulator
from tests.emulators.discord.wire import Json
from tests.emulators.sample_discord_bot import Client
from tests.emulators.sample_discord_bot import running as connected

BURST = 50
ROUNDS = 3
SEND = "/channels/{}/messages"
TYPING = "/channels/{}/typing"
ANSWER = "Your parcel is on its way."
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


class TimedEngine(ScriptedEngine):
    """Remembers when it was asked what."""

    def __init__(self, asked_at: dict[str, float]) -> None:
        super().__init__(ANSWER)
        self._asked_at = asked_at

    async def stream(self, request: Request) -> AsyncIterator[str]:
        self._asked_at[request.messages[-1].content] = time.monotonic()
        async for piece in super().stream(request):
            yield piece


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds from the moment a person says something."""

    first_sign: float
    asked: float
    answered: float


@dataclass(frozen=True, slots=True)
class Bench:
    disc: DiscordEmulator
    asked_at: dict[str, float]
    is_answer: Callable[[Json], bool]

    def measure(self, numbers: Sequence[int]) -> list[Measured]:
        """Questions at once, each in its own channel (so that nobody waits for Discord's rates), and their times."""
        channels = [f"X{number}" for number in numbers]
        said = {channel: time.monotonic() for channel in channels}
        before = {channel: len(self._answers(channel)) for channel in channels}
        for channel in channels:
            said[channel] = time.monotonic()
            self.disc.user_says(channel, "ann", f"<@{self.disc.bot_id}> hello {channel}")
        for channel in channels:
            self.disc.wait_reply(channel, 60, nth=before[channel] + 1, where=self.is_answer)
        self.disc.settle(0.1)
        return [self._measured(channel, said[channel]) for channel in channels]

    def _answers(self, channel: str) -> list[Json]:
        return [message for message in self.disc.bot_messages(channel) if self.is_answer(message)]

    def _measured(self, channel: str, said: float) -> Measured:
        place = f"/channels/{self.disc.id(channel)}/"
        calls = [call for call in self.disc.calls() if call.at >= said and call.path.startswith(place)]
        signs = [call.at for call in calls if call.route in (TYPING, SEND)]  # a quick answer comes without typing
        written = [call.at for call in calls if call.route.startswith(SEND)]
        return Measured(min(signs) - said, self.asked_at[f"hello {channel}"] - said, max(written) - said)


@contextmanager
def brandvoice() -> Iterator[Bench]:
    """The whole platform, on a real SQLite file."""
    asked_at: dict[str, float] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        disc = stack.enter_context(_emulator())
        store = stack.enter_context(open_store(f"sqlite:///{folder}/conversations.db"))
        options = Options(folder / "discord", api_url=disc.api_url, gateway_url=disc.gateway_url, pause=0.0)
        limits = Limits(per_person=100_000, per_channel=100_000, answers_at_once=64)
        assistant = assistant_on(store, TimedEngine(asked_at), folder, limits=limits)
        stack.enter_context(running(Discord(disc.token, options), assistant, contributions_to(store)))
        disc.wait_ready(30)
        yield Bench(disc, asked_at, is_finished)


class Echo(Client):
    """The shortest bot that answers: no store, no edits, no buttons."""

    def __init__(self, asked_at: dict[str, float]) -> None:
        super().__init__()
        self._asked_at = asked_at

    async def on_message(self, message: discord.Message) -> None:
        if not message.author.bot:
            self._asked_at[message.content.partition("> ")[2]] = time.monotonic()
            await message.reply(ANSWER, mention_author=False)


@contextmanager
def bare_client() -> Iterator[Bench]:
    asked_at: dict[str, float] = {}
    with _emulator() as disc, connected(Echo(asked_at), disc):
        yield Bench(disc, asked_at, bool)


@contextmanager
def _emulator() -> Iterator[DiscordEmulator]:
    with DiscordEmulator() as disc, disc.patch():
        for number in range(BURST):
            disc.add_channel(f"X{number}", f"talk-{number}")
        yield disc


def show(name: str, measured: list[Measured]) -> None:
    for what in ("first_sign", "asked", "answered"):
        taken = sorted(getattr(one, what) * 1000 for one in measured)
        late = taken[round(0.95 * (len(taken) - 1))]
        print(f"{name:11} {what:11} median {statistics.median(taken):7.1f} ms   p95 {late:7.1f} ms   n={len(taken)}")


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 30
    for name in PROXIES:
        os.environ.pop(name, None)
    one: dict[str, list[Measured]] = {"brandvoice": [], "bare client": []}
    burst: dict[str, list[Measured]] = {"brandvoice": [], "bare client": []}
    for _ in range(ROUNDS):  # discord.py knows one Discord for the whole process: the two take turns
        for name, made in (("brandvoice", brandvoice), ("bare client", bare_client)):
            with made() as bench:
                bench.measure([0])  # the first one pays for imports and connections
                for number in range(runs // ROUNDS):
                    one[name] += bench.measure([1 + number % (BURST - 1)])
                burst[name] += bench.measure(range(BURST))
    for title, results in ((f"one at a time ({runs})", one), (f"{BURST} at once, {ROUNDS} times", burst)):
        print(f"{title}; load average {os.getloadavg()[0]:.1f}")
        for name, measured in results.items():
            show(name, measured)


if __name__ == "__main__":
    main()
