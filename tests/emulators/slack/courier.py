"""The courier: brings envelopes to the bot until it acknowledges them or Slack would give up."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import deque
from concurrent.futures import Future
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from tests.emulators.slack import frames
from tests.emulators.slack.journal import Journal
from tests.emulators.slack.loop import LoopThread
from tests.emulators.slack.records import Envelope
from tests.emulators.slack.settings import App, Rules
from tests.emulators.slack.sockets import Sockets


class Courier:
    """Delivers over Socket Mode, or by signed POST once `webhook_url` is set."""

    def __init__(self, app: App, rules: Rules, *, journal: Journal, loop: LoopThread) -> None:
        self.sockets = Sockets(app.app_id, journal)
        self.webhook_url: str | None = None
        self._app = app
        self._rules = rules
        self._journal = journal
        self._loop = loop
        self._unsent: deque[Envelope] = deque()

    def deliver(self, envelope: Envelope) -> Envelope:
        """Send it in the background, from any thread."""
        with self._journal.changed:
            self._journal.envelopes.append(envelope)
        self._start(envelope)
        return envelope

    def deliver_again(self, envelope: Envelope, reason: str) -> None:
        """Redeliver as Slack's retry does: a new envelope id, the same event id."""
        self._start(envelope, retry=len(envelope.ids), reason=reason)

    async def serve_socket(self, request: web.Request) -> web.StreamResponse:
        return await self.sockets.serve(request, on_open=self._send_waiting)

    def _start(self, envelope: Envelope, *, retry: int | None = None, reason: str | None = None) -> None:
        self._loop.submit(self._send(envelope, retry=retry, reason=reason)).add_done_callback(self._note_crash)

    def _note_crash(self, sending: Future[None]) -> None:
        if not sending.cancelled() and (error := sending.exception()) is not None:
            self._journal.note_emulator_error(error)

    def _send_waiting(self) -> None:
        waiting, self._unsent = self._unsent, deque()
        for envelope in waiting:
            attempts = len(envelope.ids)
            self._start(envelope, retry=attempts or None, reason="connection_failed" if attempts else None)

    async def _send(self, envelope: Envelope, *, retry: int | None, reason: str | None) -> None:
        if self.webhook_url is not None:
            await self._send_by_http(envelope, self.webhook_url, retry=retry, reason=reason)
            return
        envelope_id = await self.sockets.push(envelope, retry=retry, reason=reason)
        if envelope_id is not None:
            await self._expect_ack(envelope, envelope_id)
        elif envelope.kind == "events_api":
            self._unsent.append(envelope)  # kept until the app is back; interactions do not wait for it
        else:
            self._journal.note_user_error(envelope, "failed: app not connected")

    async def _expect_ack(self, envelope: Envelope, envelope_id: str) -> None:
        await asyncio.sleep(self._rules.ack_timeout)
        if envelope.acked_at is not None or envelope.ids[-1] != envelope_id:
            return
        if envelope.kind == "events_api":
            await self._redeliver(envelope, attempts=len(envelope.ids), reason="timeout")
        else:
            self._journal.note_user_error(envelope, f"not acknowledged in {self._rules.ack_timeout} s")

    async def _redeliver(self, envelope: Envelope, *, attempts: int, reason: str) -> None:
        pauses = self._rules.redeliver_after
        if attempts <= len(pauses):
            await asyncio.sleep(pauses[attempts - 1])
            await self._send(envelope, retry=attempts, reason=reason)

    async def _send_by_http(self, envelope: Envelope, url: str, *, retry: int | None, reason: str | None) -> None:
        with self._journal.changed:
            envelope.sent_at.append(time.monotonic())
            envelope.ids.append(secrets.token_hex(6))
            attempts = len(envelope.ids)
        failure = await self._post(envelope, url, headers=frames.retry_headers(retry, reason))
        if failure is None:
            return
        if envelope.kind == "events_api":
            await self._redeliver(envelope, attempts=attempts, reason=failure)
        else:
            self._journal.note_user_error(envelope, f"failed: {failure}")

    async def _post(self, envelope: Envelope, url: str, *, headers: dict[str, str]) -> str | None:
        """One signed POST; why it counts as failed, or None."""
        body, content_type = frames.http_body(envelope)
        signed = frames.signature(self._app.signing_secret, body, at=int(time.time()))
        session = ClientSession(headers=headers | signed | {"content-type": content_type})
        try:
            async with session, session.post(url, data=body, timeout=self._patience()) as reply:
                text = await reply.text()
        except (TimeoutError, ClientError, OSError):
            return "http_timeout"
        if reply.status != 200:
            return "http_error"
        self._note_http_ack(envelope, text)
        return None

    def _patience(self) -> ClientTimeout:
        return ClientTimeout(total=self._rules.ack_timeout)

    def _note_http_ack(self, envelope: Envelope, text: str) -> None:
        with self._journal.changed:
            envelope.acked_at = time.monotonic()
            envelope.ack = _parsed(text)
            if envelope.ack and envelope.on_ack:
                envelope.on_ack(envelope.ack)
            self._journal.changed.notify_all()


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
