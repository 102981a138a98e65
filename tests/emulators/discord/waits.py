"""Waiting for what the bot does; every wait that is in vain names the last calls of the bot."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from tests.emulators.discord.calls import Call
from tests.emulators.discord.interactions import Interaction
from tests.emulators.discord.wire import Json
from tests.emulators.discord.world import World

T = TypeVar("T")


class Waits:
    """Times are seconds; all raise TimeoutError. From async code use `await emulator.a(emulator.wait_reply, "C1")`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def until(self, predicate: Callable[[], T | None], timeout: float = 5.0, *, what: str = "condition") -> T:
        """Wait until a predicate is true of the world, and return what it said."""
        end = time.monotonic() + timeout
        with self._world.changed:
            while not (found := predicate()):
                left = end - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"no {what} in {timeout} s; the last calls were {self._last_calls()}")
                self._world.changed.wait(min(left, 0.1))
            return found

    def ready(self, timeout: float = 10.0) -> None:
        self.until(self._world.sessions.connected, timeout, what="gateway session")

    def call(self, method: str, route: str, *, nth: int = 1, timeout: float = 5.0) -> Call:
        return self.until(
            lambda: _nth(self._world.calls.matching(method, route), nth), timeout, what=f"{method} {route}"
        )

    def reply(self, channel: str, timeout: float = 10.0, *, nth: int = 1, where: Callable[[Json], Any] = bool) -> Json:
        """The nth message of the bot in a channel, thread or DM that is so."""
        place = self._world.ids.of(channel)
        return self.until(
            lambda: _nth([each for each in self._world.messages.by_bot(place) if where(each)], nth),
            timeout,
            what=f"bot message {nth} in {channel}",
        )

    def thread(self, channel: str, timeout: float = 10.0, *, nth: int = 1) -> Json:
        threads = self._world.channels.threads
        return self.until(lambda: _nth(threads(channel), nth), timeout, what=f"thread {nth} in {channel}")

    def modal(self, user: str, timeout: float = 5.0) -> Json:
        person = self._world.ids.of(user)
        return self.until(lambda: self._world.modals.open.get(person), timeout, what=f"modal for {user}")

    def answer(self, interaction: Interaction, timeout: float = 5.0) -> Json:
        """The body of the first answer to an interaction."""
        return self.until(lambda: interaction.answer, timeout, what="answer to the interaction")

    def private(self, user: str, timeout: float = 5.0, *, nth: int = 1) -> Json:
        """The nth ephemeral message shown to a person; a deferred one counts once it has content."""
        person = self._world.ids.of(user)
        return self.until(
            lambda: _nth(self._world.messages.shown_to(person), nth),
            timeout,
            what=f"ephemeral message {nth} for {user}",
        )

    def settle(self, quiet: float = 0.5, timeout: float = 10.0) -> None:
        """Wait until the bot has called nothing for a while."""
        end, since, calls = time.monotonic() + timeout, time.monotonic(), -1
        while time.monotonic() - since < quiet:
            if len(self._world.calls.made) != calls:
                calls, since = len(self._world.calls.made), time.monotonic()
            if time.monotonic() > end:
                raise TimeoutError(f"the bot was never quiet in {timeout} s; the last calls were {self._last_calls()}")
            time.sleep(0.02)

    def _last_calls(self) -> list[str]:
        return [f"{call.method} {call.route} {call.status}" for call in self._world.calls.made[-10:]]


def _nth(found: Sequence[T], nth: int) -> T | None:
    return found[nth - 1] if len(found) >= nth else None
