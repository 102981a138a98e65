"""The Socket Mode connections of the bot: tickets, frames and acknowledgements."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import WSMsgType, web

from tests.emulators.slack import frames
from tests.emulators.slack.journal import Journal
from tests.emulators.slack.records import Envelope, Json


@dataclass(frozen=True, slots=True, eq=False)
class Connection:
    request: web.Request
    socket: web.WebSocketResponse

    def reset(self) -> None:
        """Cut the TCP connection, without a word."""
        if self.request.transport is not None:
            self.request.transport.abort()


class Sockets:
    """All open connections; each envelope goes to one of them and must be acknowledged once."""

    def __init__(self, app_id: str, journal: Journal) -> None:
        self.opened = 0  # connections so far
        self.live: list[Connection] = []
        self._app_id = app_id
        self._journal = journal
        self._tickets: set[str] = set()
        self._pending: dict[str, Envelope] = {}

    def new_ticket(self) -> str:
        """The secret of one WebSocket URL; it opens one connection."""
        ticket = secrets.token_hex(8)
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request, *, on_open: Callable[[], None]) -> web.StreamResponse:
        """One connection, from the upgrade to its end."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=408, text="ticket used or unknown")
        self._tickets.discard(ticket)
        connection = Connection(request, web.WebSocketResponse())
        await connection.socket.prepare(request)
        await connection.socket.send_json(frames.hello(self._app_id, len(self.live) + 1))
        self._open(connection)
        try:
            on_open()
            await self._listen(connection.socket)
        finally:
            self._close(connection)
        return connection.socket

    async def push(self, envelope: Envelope, *, retry: int | None, reason: str | None) -> str | None:
        """Send to one of the connections; the envelope id, or None when nobody could be reached."""
        live = [connection.socket for connection in self.live if not connection.socket.closed]
        if not live:
            return None
        envelope_id = secrets.token_hex(8)
        with self._journal.changed:
            envelope.sent_at.append(time.monotonic())
            envelope.ids.append(envelope_id)
            self._pending[envelope_id] = envelope
        chosen = live[len(self._journal.envelopes) % len(live)]
        try:
            await chosen.send_json(frames.delivery(envelope, envelope_id, retry=retry, reason=reason))
        except (ConnectionError, RuntimeError):
            return None
        return envelope_id

    async def drop(self, *, graceful: bool) -> None:
        for connection in list(self.live):
            if graceful:
                await connection.socket.close(code=1000)
            else:
                connection.reset()

    async def announce_disconnect(self, reason: str) -> None:
        for connection in list(self.live):
            await connection.socket.send_json(frames.disconnect(reason))

    def _open(self, connection: Connection) -> None:
        with self._journal.changed:
            self.live.append(connection)
            self.opened += 1
            self._journal.changed.notify_all()

    def _close(self, connection: Connection) -> None:
        with self._journal.changed:
            self.live.remove(connection)
            self._journal.changed.notify_all()

    async def _listen(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                self._acknowledge(json.loads(message.data))

    def _acknowledge(self, frame: Json) -> None:
        journal = self._journal
        with journal.changed:
            envelope = self._pending.pop(frame.get("envelope_id", ""), None)
            if envelope is None:
                journal.violations.append(f"ack of an unknown or already acknowledged envelope: {frame}")
            elif envelope.acked_at is None:
                envelope.acked_at, envelope.ack = time.monotonic(), frame.get("payload")
                if envelope.ack and envelope.kind == "events_api":
                    journal.violations.append("a payload in the ack of an event is ignored")
                if envelope.ack and envelope.on_ack:
                    envelope.on_ack(envelope.ack)
            journal.changed.notify_all()
