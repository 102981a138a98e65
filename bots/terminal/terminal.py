"""Talking to a voice in the terminal: streamed answers, and what you think of them."""

from __future__ import annotations

import sys
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from bots.assistant import Assistant, Incoming, Reply, Waiting
from bots.contributions import Contributions
from conversations.errors import BrandvoiceError
from conversations.messages import Feedback

PERSON = "terminal"
HELP = """\
/good            the last answer was good
/bad REASON      it was not, and why
/better TEXT     what it should have said (kept for review)
/submit          hand in this conversation as training data (kept for review)
/new             begin a new conversation
/quit            leave"""


class Lines(Protocol):
    """Where lines come from: a prompt that people type at, or a pipe."""

    def __call__(self, prompt: str) -> AsyncIterator[str]: ...


class Terminal:
    """One person talking to one style."""

    name = "terminal"

    def __init__(
        self,
        style: str,
        *,
        number: int | None = None,
        lines: Lines | None = None,
        write: Callable[[str], object] | None = None,
    ) -> None:
        self.style = style
        self.number = number
        self._lines = lines or _typed_lines
        self._write = write or _to_stdout
        self._place = uuid.uuid4().hex
        self._reply: Reply | None = None

    async def run(self, assistant: Assistant, contributions: Contributions) -> None:
        """Answer line by line until /quit or the end of input."""
        voice = assistant.voice_for(self.style, number=self.number)
        self._write(f"Talking to {voice.style.display} ({voice.reference}). /help shows what you can do.\n")
        async for line in self._lines("you> "):
            text = line.strip()
            if text in {"/quit", "/exit"}:
                return
            try:
                await self._take(assistant, contributions, text)
            except BrandvoiceError as error:
                self._write(f"\n{error}\n")

    async def _take(self, assistant: Assistant, contributions: Contributions, text: str) -> None:
        command, _, rest = text.partition(" ")
        if not text:
            return
        if not command.startswith("/"):
            await self._answer(assistant, text)
        elif command == "/help":
            self._write(HELP + "\n")
        elif command == "/new":
            self._place, self._reply = uuid.uuid4().hex, None
            self._write("A new conversation.\n")
        elif command in {"/good", "/bad", "/better", "/submit"}:
            await self._judge(contributions, command, rest.strip())
        else:
            self._write(f"{command} is not known here. /help shows what is.\n")

    async def _answer(self, assistant: Assistant, text: str) -> None:
        incoming = Incoming("terminal", "terminal", self._place, PERSON, text, uuid.uuid4().hex, style=self.style)
        await assistant.accept(incoming)
        self._write(f"{self.style}> ")
        async for part in assistant.answer(incoming, number=self.number):
            if isinstance(part, Reply):
                self._reply = part
            elif isinstance(part, Waiting):
                self._write(f"({part.position} before you) ")
            else:
                self._write(part)
        self._write("\n")

    async def _judge(self, contributions: Contributions, command: str, text: str) -> None:
        reply = self._reply
        if reply is None:
            self._write("There is no answer yet to judge. Ask something first.\n")
        elif command == "/better" and not text:
            self._write("Write what it should have said: /better TEXT\n")
        elif command == "/submit":
            messages = await contributions.conversation_up_to(reply.conversation, reply.id)
            submission = await contributions.submit(messages, style=self.style, person=PERSON)
            self._write(f"Thank you. It is kept as {submission.id[:10]} and waits for review.\n")
        else:
            await contributions.feedback(_feedback(reply, command, text))
            after = " and waits for review" if command == "/better" else ""
            self._write(f"Thank you. It is kept with {reply.voice}{after}.\n")


def _feedback(reply: Reply, command: str, text: str) -> Feedback:
    if command == "/good":
        return Feedback(reply.id, PERSON, thumb="up", comment=text or None)
    if command == "/bad":
        return Feedback(reply.id, PERSON, thumb="down", reason=text or None)
    return Feedback(reply.id, PERSON, better_answer=text)


async def _typed_lines(prompt: str) -> AsyncIterator[str]:
    """Lines with editing and history at a terminal, plain lines from a pipe."""
    if not sys.stdin.isatty():
        for line in sys.stdin:
            yield line
        return
    from prompt_toolkit import PromptSession
    from prompt_toolkit.patch_stdout import patch_stdout

    session: PromptSession[str] = PromptSession()
    while True:
        try:
            with patch_stdout():
                yield await session.prompt_async(prompt)
        except (EOFError, KeyboardInterrupt):
            return


def _to_stdout(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
