"""The websocket that a bot listens on: hello, identify, heartbeats, resume, members."""

from __future__ import annotations

import json
import secrets
import threading
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import WSMsgType, web

from tests.emulators.discord.people import People
from tests.emulators.discord.permissions import PRIVILEGED
from tests.emulators.discord.ready import Greeting
from tests.emulators.discord.rules import Rules
from tests.emulators.discord.sessions import Connection, Session, Sessions
from tests.emulators.discord.wire import Json

DECODE_ERROR, NOT_AUTHENTICATED, AUTHENTICATION_FAILED, ALREADY_AUTHENTICATED = 4002, 4003, 4004, 4005
INVALID_VERSION, DISALLOWED_INTENTS = 4012, 4014
CLEAN = 1000


class Gateway:
    """`log` lists ("identify" | "resume" | "closed", details) in order."""

    def __init__(
        self,
        rules: Rules,
        people: People,
        *,
        sessions: Sessions,
        greeting: Greeting,
        changed: threading.Condition,
        errors: list[str],
    ) -> None:
        self._rules = rules
        self._people = people
        self._sessions = sessions
        self._greeting = greeting
        self._changed = changed
        self._errors = errors
        self.log: list[tuple[str, Any]] = []
        self._answers: dict[int, Callable[[Connection, Any], Awaitable[None]]] = {
            1: self._heartbeat,
            2: self._identify,
            6: self._resume,
            8: self._members,
        }

    async def connect(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        if request.query.get("v") != "10":
            await socket.close(code=INVALID_VERSION)
            return socket
        connection = Connection(socket, request)
        try:
            await connection.send({"op": 10, "d": {"heartbeat_interval": int(self._rules.heartbeat * 1000)}})
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    await self._receive(connection, frame.data)
        finally:
            self._note("closed", socket.close_code)
            # A client that closes cleanly ends its session; every other can be resumed.
            self._sessions.detach(connection, over=socket.close_code == CLEAN)
        return socket

    async def _receive(self, connection: Connection, text: str) -> None:
        """Operations that no bot of ours needs (presence, voice) are heard and ignored."""
        try:
            frame = json.loads(text)
            answer, details = self._answers.get(frame["op"]), frame.get("d")
            if answer is not None:
                await answer(connection, details)
        except (KeyError, TypeError, ValueError, AttributeError):
            self._errors.append(traceback.format_exc())
            await connection.socket.close(code=DECODE_ERROR, message=b"Error while decoding payload.")

    async def _heartbeat(self, connection: Connection, _: Any) -> None:
        await connection.send({"op": 11})

    async def _identify(self, connection: Connection, details: Json) -> None:
        intents, shard, known = details.get("intents", 0), details.get("shard"), self._knows(details)
        self._note("identify", {"intents": intents, "shard": shard, "token_ok": known})
        if self._session_of(connection) is not None:
            await connection.socket.close(code=ALREADY_AUTHENTICATED, message=b"Already authenticated.")
        elif not known:
            await connection.socket.close(code=AUTHENTICATION_FAILED, message=b"Authentication failed.")
        elif intents & PRIVILEGED & ~self._rules.privileged:
            await connection.socket.close(code=DISALLOWED_INTENTS, message=b"Disallowed intent(s).")
        else:
            await self._begin(connection, intents, shard=shard)

    async def _begin(self, connection: Connection, intents: int, *, shard: list[int] | None) -> None:
        index, shards = shard or (0, 1)
        session = Session(secrets.token_hex(8), intents, (index, shards), connection)
        with self._changed:
            frames = self._greeting.frames(session)
        self._sessions.begin(session)
        await connection.send(*frames)

    async def _resume(self, connection: Connection, details: Json) -> None:
        session, sequence = self._sessions.by_id.get(details["session_id"]), details["seq"] or 0
        known = session is not None and self._knows(details) and sequence <= session.sequence
        self._note("resume", {"ok": known, "seq": details["seq"]})
        if session is None or not known:
            await connection.send({"op": 9, "d": False})
            return
        frames = [*session.missed(sequence), session.frame("RESUMED", {})]
        self._sessions.resume(session, connection)
        await connection.send(*frames)

    async def _members(self, connection: Connection, details: Json) -> None:
        session = self._session_of(connection)
        if session is None:
            await connection.socket.close(code=NOT_AUTHENTICATED, message=b"Not authenticated.")
            return
        guild = str(details["guild_id"])
        with self._changed:
            members = [self._people.whole_member(guild, user) for user in self._people.members[guild]]
        chunk = {"guild_id": guild, "members": members, "chunk_index": 0, "chunk_count": 1, "not_found": []}
        await connection.send(session.record("GUILD_MEMBERS_CHUNK", chunk | {"nonce": details.get("nonce")}))

    def _knows(self, details: Json) -> bool:
        return bool(details["token"] == self._rules.token)

    def _session_of(self, connection: Connection) -> Session | None:
        return next((each for each in self._sessions.by_id.values() if each.connection is connection), None)

    def _note(self, what: str, details: Any) -> None:
        with self._changed:
            self.log.append((what, details))
            self._changed.notify_all()
