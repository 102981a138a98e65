"""Gateway sessions: what each has been sent, so that it can be resumed, and over which connection."""

from __future__ import annotations

import asyncio
import json
import threading
import zlib
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.emulators.discord.ids import shard_of
from tests.emulators.discord.permissions import Intent, needed_intent
from tests.emulators.discord.server import Server
from tests.emulators.discord.wire import Json, frozen


class Connection:
    """One websocket of a client, compressed if it asked for that; frames leave in the order they were given."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.socket = socket
        self._transport = request.transport
        self._deflate = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None
        self._turn = asyncio.Lock()

    async def send(self, *frames: Json) -> None:
        async with self._turn:
            for frame in frames:
                await self._write(json.dumps(frame))

    async def cut(self, code: int | None) -> None:
        """Close with a code, or reset the TCP connection without a word."""
        if code is None and self._transport is not None:
            self._transport.abort()
        elif not self.socket.closed:
            await self.socket.close(code=code or 1001)

    async def _write(self, text: str) -> None:
        try:
            if self._deflate is None:
                await self.socket.send_str(text)
            else:
                await self.socket.send_bytes(
                    self._deflate.compress(text.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
                )
        except (ConnectionError, RuntimeError):
            return  # the client is gone: the reading side notices, and the session waits to be resumed


@dataclass(frozen=True, slots=True)
class Event:
    """`hidden` is what a session without MESSAGE_CONTENT gets in place of `data`."""

    name: str
    data: Json
    hidden: Json | None = None

    def seen_with(self, intents: int) -> Json:
        return self.data if self.hidden is None or intents & Intent.MESSAGE_CONTENT else self.hidden


@dataclass(slots=True)
class Session:
    id: str
    intents: int
    shard: tuple[int, int]
    connection: Connection | None = None
    sequence: int = 0
    sent: list[Json] = field(default_factory=list)
    resumed: int = 0

    def wants(self, event: Event) -> bool:
        guild = event.data.get("guild_id")
        needed = needed_intent(event.name, in_guild=bool(guild))
        return shard_of(guild, self.shard[1]) == self.shard[0] and self.intents & needed == needed

    def frame(self, name: str, data: Any) -> Json:
        self.sequence += 1
        return {"op": 0, "t": name, "s": self.sequence, "d": data}

    def record(self, name: str, data: Any) -> Json:
        """A frame that is kept for replay."""
        self.sent.append(self.frame(name, frozen(data)))
        return self.sent[-1]

    def missed(self, sequence: int) -> list[Json]:
        return [frame for frame in self.sent if frame["s"] > sequence]

    async def send(self, *frames: Json) -> None:
        if self.connection is not None:
            await self.connection.send(*frames)


class Sessions:
    def __init__(self, server: Server, changed: threading.Condition) -> None:
        self._server = server
        self._changed = changed
        self.by_id: dict[str, Session] = {}

    def connected(self) -> list[Session]:
        return [session for session in self.by_id.values() if session.connection is not None]

    def begin(self, session: Session) -> None:
        with self._changed:
            self.by_id[session.id] = session
            self._changed.notify_all()

    def resume(self, session: Session, connection: Connection) -> None:
        with self._changed:
            session.connection = connection
            session.resumed += 1
            self._changed.notify_all()

    def detach(self, connection: Connection, *, over: bool) -> None:
        """A connection ended; its session waits to be resumed unless it is over."""
        with self._changed:
            for session in [each for each in self.by_id.values() if each.connection is connection]:
                session.connection = None
                if over:
                    del self.by_id[session.id]
            self._changed.notify_all()

    def publish(self, event: Event) -> None:
        """Send an event to every session whose shard and intents it is for, and keep it for replay."""
        self._server.submit(self._deliver(event))

    def drop(self, code: int | None = None) -> None:
        """Cut the gateway: reset the connections, or close them with a code. Their sessions can be resumed."""
        self._server.run(self._drop(code))

    def ask_reconnect(self) -> None:
        """Op 7, as Discord sends it when it moves a connection."""
        self._server.run(self._tell_all({"op": 7, "d": None}))

    def invalidate(self, *, resumable: bool = False) -> None:
        """Op 9. If not resumable, the client must identify anew (discord.py then goes back to DEFAULT_GATEWAY)."""
        self._server.run(self._invalidate(resumable=resumable))

    async def _deliver(self, event: Event) -> None:
        frames = [
            (session, session.record(event.name, event.seen_with(session.intents)))
            for session in list(self.by_id.values())
            if session.wants(event)
        ]
        for session, frame in frames:
            await session.send(frame)

    async def _drop(self, code: int | None) -> None:
        for session in self.connected():
            connection, session.connection = session.connection, None
            if connection is not None:
                await connection.cut(code)

    async def _tell_all(self, frame: Json) -> None:
        for session in self.connected():
            await session.send(frame)

    async def _invalidate(self, *, resumable: bool) -> None:
        told = self.connected()
        if not resumable:
            with self._changed:
                self.by_id.clear()
        for session in told:
            await session.send({"op": 9, "d": resumable})
