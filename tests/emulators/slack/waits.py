"""Waits: for what the bot should do, and for it to do nothing more."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.emulators.slack.records import Call, Envelope, Json
from tests.emulators.slack.workspace import Workspace


class Waits:
    """Each returns what came, or raises TimeoutError with the last calls."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._journal = workspace.journal

    def connected(self, timeout: float = 10.0, connection: int = 1) -> None:
        """Until a Socket Mode connection is open, and it is at least the nth."""
        sockets = self._workspace.courier.sockets
        what = f"Socket Mode connection {connection}"
        self._journal.wait_for(lambda: sockets.live and sockets.opened >= connection, timeout, what)

    def call(
        self,
        method: str,
        where: Callable[[Call], bool] = lambda _call: True,
        timeout: float = 5.0,
        nth: int = 1,
    ) -> Call:
        def made() -> Call | None:
            calls = [call for call in self._journal.calls if call.method == method and where(call)]
            return calls[nth - 1] if len(calls) >= nth else None

        return self._journal.wait_for(made, timeout, f"call {nth} of {method}")

    def reply(self, channel: str, thread_ts: str | None = None, timeout: float = 10.0, nth: int = 1) -> Json:
        """The nth finished (not streaming) bot message of a thread, or of a channel when `thread_ts` is None."""

        def finished() -> Json | None:
            posted = self._workspace.messages.from_bots(channel, thread_ts)
            done = [message for message in posted if not message.get("streaming")]
            return done[nth - 1] if len(done) >= nth else None

        return self._journal.wait_for(finished, timeout, f"bot reply {nth} in {channel}/{thread_ts}")

    def view(self, user: str, timeout: float = 5.0) -> Json:
        """The modal on top for that person."""
        views = self._workspace.views
        stack = self._journal.wait_for(lambda: views.stacks[user], timeout, f"open view for {user}")
        return views.by_id[stack[-1]]

    def ack(self, envelope: Envelope, timeout: float = 5.0) -> Any:
        self._journal.wait_for(lambda: envelope.acked_at, timeout, f"ack of {envelope.kind}")
        return envelope.ack

    def delivered(self, timeout: float = 5.0) -> None:
        """Until nothing is under way to the bot: everything was acknowledged, or a person saw it fail."""
        envelopes = self._journal.envelopes

        def done() -> bool:
            return all(envelope.acked_at is not None or envelope.failed for envelope in envelopes)

        self._journal.wait_for(done, timeout, "end of the deliveries")

    def settle(self, quiet: float = 0.5, timeout: float = 10.0) -> None:
        """Return when the bot has made no call for `quiet` seconds (to prove that something did NOT happen)."""
        end, calls, since = time.monotonic() + timeout, -1, time.monotonic()
        while time.monotonic() < end:
            if len(self._journal.calls) != calls:
                calls, since = len(self._journal.calls), time.monotonic()
            elif time.monotonic() - since >= quiet:
                return
            time.sleep(0.02)
