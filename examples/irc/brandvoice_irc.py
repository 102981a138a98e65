"""IRC as a platform of brandvoice: answers where it is addressed by name, and in private messages.

Set BRANDVOICE_IRC to `nick@host:port/#channel,#other` and run `brandvoice serve`. Say `nick: +` or `nick: - too long`
to judge its last answer to you, and `nick: better: …` to say what it should have been.
"""

from __future__ import annotations

import asyncio
import os
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from brandvoice import hookimpl
from brandvoice.platform import Assistant, BrandvoiceError, Contributions, Feedback, Incoming, Platform, Reply

BRANDVOICE_API = 1
ROOM = 400  # bytes of text in one message; the protocol allows 512 with everything around it
ADDRESS = re.compile(r"(?P<nick>[^@]+)@(?P<host>[^:/]+):(?P<port>\d+)/(?P<channels>.+)")
LINE = re.compile(r"(?::(?P<nick>[^ !]+)\S* )?(?P<command>\S+) (?P<target>\S+)(?: :?(?P<text>.*))?")


@hookimpl
def platforms() -> dict[str, Callable[[Any], Platform]]:
    """IRC, where somebody said which server."""
    address = os.environ.get("BRANDVOICE_IRC")
    return {"irc": lambda workspace: Irc(parse(address))} if address else {}


@dataclass(frozen=True, slots=True)
class Server:
    """Which server, under which nick, in which channels."""

    nick: str
    host: str
    port: int
    channels: tuple[str, ...]


def parse(address: str) -> Server:
    """`nick@host:port/#one,#two`."""
    match = ADDRESS.fullmatch(address)
    if match is None:
        raise BrandvoiceError("BRANDVOICE_IRC must read nick@host:port/#channel,#other")
    return Server(match["nick"], match["host"], int(match["port"]), tuple(match["channels"].split(",")))


class Irc:
    """One connection to one server."""

    name = "irc"

    def __init__(self, server: Server) -> None:
        self.server = server
        self._writer: asyncio.StreamWriter | None = None
        self._replies: dict[tuple[str, str], Reply] = {}

    async def run(self, assistant: Assistant, contributions: Contributions) -> None:
        """Serve until cancelled; a lost connection is made again."""
        while True:
            try:
                await self._serve(assistant, contributions)
            except OSError:
                await asyncio.sleep(2)
            finally:
                if self._writer is not None:
                    self._writer.close()

    async def _serve(self, assistant: Assistant, contributions: Contributions) -> None:
        reader, self._writer = await asyncio.open_connection(self.server.host, self.server.port)
        self._send(f"NICK {self.server.nick}")
        self._send(f"USER {self.server.nick} 0 * :brandvoice")
        async with asyncio.TaskGroup() as answers:
            async for raw in reader:
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                if line.startswith("PING"):
                    self._send("PONG" + line[4:])
                elif (match := LINE.fullmatch(line)) and match["command"] == "001":
                    self._send("JOIN " + ",".join(self.server.channels))
                elif match and match["command"] == "PRIVMSG":
                    answers.create_task(self._hear(assistant, contributions, match.groupdict()))
        raise ConnectionError("the server hung up")

    async def _hear(self, assistant: Assistant, contributions: Contributions, said: dict[str, str]) -> None:
        private = said["target"] == self.server.nick
        where = said["nick"] if private else said["target"]
        called, _, rest = said["text"].partition(":")
        addressed = called.strip().lower() == self.server.nick.lower()
        text = rest.strip() if addressed else said["text"].strip()
        if not text or not (private or addressed):
            return
        try:
            await self._take(assistant, contributions, where=where, nick=said["nick"], text=text)
        except BrandvoiceError as error:
            self._say(where, f"{said['nick']}: {error}")

    async def _take(
        self, assistant: Assistant, contributions: Contributions, *, where: str, nick: str, text: str
    ) -> None:
        person, last = f"{self.server.host}/{nick}", self._replies.get((where, nick))
        if last and (given := feedback(last, person, text)):
            await contributions.feedback(given)
            self._say(where, f"{nick}: Thank you, that is kept.")
            return
        place = f"{self.server.host}/{where}/{nick}"
        incoming = Incoming(self.name, where, place, person, text, id=uuid.uuid4().hex)  # IRC has no message ids
        if await assistant.accept(incoming):
            async for part in assistant.answer(incoming):
                if isinstance(part, Reply):  # nothing can be edited here, so the answer is said when it is whole
                    self._replies[where, nick] = part
                    self._say(where, f"{nick}: {part.text}")

    def _say(self, where: str, text: str) -> None:
        for line in filter(None, text.splitlines()):
            words = line.encode()
            for start in range(0, len(words), ROOM):
                self._send(f"PRIVMSG {where} :{words[start : start + ROOM].decode('utf-8', 'ignore')}")

    def _send(self, line: str) -> None:
        assert self._writer is not None
        self._writer.write(line.replace("\r", " ").replace("\n", " ").encode() + b"\r\n")


def feedback(reply: Reply, person: str, text: str) -> Feedback | None:
    """What a person says about a reply, if it is that and no question."""
    if text == "+":
        return Feedback(reply.id, person, thumb="up")
    if text.startswith("-"):
        return Feedback(reply.id, person, thumb="down", reason=text[1:].strip() or None)
    if text.startswith("better:"):
        return Feedback(reply.id, person, better_answer=text.removeprefix("better:").strip())
    return None
