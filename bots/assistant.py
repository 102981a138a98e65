"""The assistant: a message in, a streamed and stored answer out; it knows no platform."""

from __future__ import annotations

import asyncio
import functools
import logging
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bots.assignment import Assignment, style_for
from bots.engine import Engine, Request, Sampling
from bots.limits import Limits, Places, Rates
from conversations.errors import BrandvoiceError, EngineError, NotFound
from conversations.messages import Message
from conversations.store import ConversationStore
from styles.style import Style, guide
from styles.voices import PROMPTED, VoiceRegistry, VoiceVersion

HISTORY = 24  # messages of a conversation that the model is shown; the renderer trims further where it must
RECENT = timedelta(minutes=15)  # an unanswered message older than this is left alone after a restart
STOPPED = " …"  # ends a reply that the person stopped
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message of a person.

    `place` names the conversation (channel and thread) such that the platform can find its way back from it; `id` and
    `person` are unique over all workspaces and guilds of the platform (`T1/C1/17…`, `T1/U1`).
    """

    platform: str
    channel: str
    place: str
    person: str
    text: str
    id: str
    style: str | None = None  # None: the style that is assigned to the channel


@dataclass(frozen=True, slots=True)
class Waiting:
    """The answer has not begun: so many others are before it."""

    position: int


@dataclass(frozen=True, slots=True)
class Reply:
    """One finished answer. `voice` is the exact version that spoke (`harbor@0` is the prompted base model)."""

    id: str
    text: str
    voice: str
    conversation: str
    trace: str


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks for a style right now."""

    style: Style
    version: VoiceVersion | None

    @property
    def reference(self) -> str:
        return self.version.reference if self.version else f"{self.style.name}@{PROMPTED}"


class Assistant:
    """Answers with the voice assigned to a channel and keeps every turn with the version that spoke."""

    def __init__(
        self,
        *,
        store: ConversationStore,
        voices: VoiceRegistry,
        styles: Mapping[str, Style],
        engine: Engine,
        assignments: Sequence[Assignment] = (),
        sampling: Sampling | None = None,
        limits: Limits | None = None,
        reply_filters: Sequence[Callable[[str], str]] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store = store
        self.voices = voices
        self.styles = styles
        self.engine = engine
        self.assignments = assignments
        self.sampling = sampling or Sampling()
        self.limits = limits or Limits()
        self._reply_filters = reply_filters
        self._now = now
        self._rates = Rates(self.limits)
        self._places = Places(self.limits.answers_at_once)
        self._running: dict[tuple[str, str], asyncio.Event] = {}

    def style_for(self, incoming: Incoming) -> str:
        """The style that speaks here. Raises NotFound where none is assigned."""
        name = incoming.style or style_for(incoming.platform, incoming.channel, self.assignments)
        if name is None:
            raise NotFound(f"No style is assigned to {incoming.platform}:{incoming.channel}; add it under [[assign]].")
        return name

    def voice_for(self, style_name: str, *, number: int | None = None) -> Voice:
        """The version that speaks for a style now (or the numbered one), looked up afresh for every message."""
        style = self.styles.get(style_name)
        if style is None:
            known = ", ".join(sorted(self.styles)) or "none"
            raise NotFound(f'There is no style "{style_name}". Styles here: {known}.')
        if number is None:
            return Voice(style, self.voices.current(style_name))
        return Voice(style, self.voices.version(style_name, number) if number != PROMPTED else None)

    async def accept(self, incoming: Incoming) -> bool:
        """Keep the message; False if it was accepted before. Do this before acknowledging it to the platform.

        Raises `BrandvoiceError` with a sentence for the person when it is over a limit: nothing is kept then.
        """
        self.limits.check_length(incoming.text)
        if not self._rates.knows(incoming.id):
            self._rates.check(incoming.person, f"{incoming.platform}:{incoming.channel}", id=incoming.id)
        style = self.style_for(incoming)
        said = Message("user", incoming.text, author=incoming.person, sent_at=self._now(), id=incoming.id)
        accepted = functools.partial(self.store.accept, incoming.platform, incoming.place, style=style, message=said)
        return await asyncio.to_thread(accepted)

    async def unanswered(self, platform: str) -> list[Incoming]:
        """Messages that an earlier process accepted and did not answer; `channel` is left to the platform.

        They count as accepted from here on. Those whose person was told that the answer failed are left out.
        """
        since = self._now() - RECENT
        return await asyncio.to_thread(self._left_over, platform, since)

    def _left_over(self, platform: str, since: datetime) -> list[Incoming]:
        left = []
        for style, place, message in self.store.unanswered(platform, since=since):
            self.store.claim_event(platform, f"message:{message.id}")
            if self.store.claim_event(platform, f"failed:{message.id}"):
                self.store.release_event(platform, f"failed:{message.id}")
                person = str(message.author or "")
                left.append(Incoming(platform, "", place, person, message.content, str(message.id), style))
        return left

    async def answer(
        self, incoming: Incoming, *, number: int | None = None
    ) -> AsyncGenerator[Waiting | str | Reply, None]:
        """Answer an accepted message: `Waiting` while others are first, text pieces, at last the stored `Reply`.

        Raises `BrandvoiceError` with a sentence for the person; a failure inside the engine carries a reference id.
        """
        voice = self.voice_for(self.style_for(incoming), number=number)
        conversation = await self._conversation(incoming)
        messages = _up_to(await asyncio.to_thread(self.store.history, conversation, HISTORY), incoming.id)
        stop = self._running[incoming.platform, incoming.place] = asyncio.Event()
        shown, whole = self._shown(voice, messages), self.limits.whole
        request = Request(shown, voice.version, self.sampling, person=incoming.person, whole=whole)
        trace, text = uuid.uuid4().hex[:8], ""
        try:
            async with self._places.one() as turn:
                while (ahead := await turn.wait()) > 0:
                    yield Waiting(ahead)
                async for piece in self._pieces(request, stop=stop, trace=trace):
                    text += piece
                    if not self._reply_filters:  # what a filter would change must not be seen before
                        yield piece
            yield await self._finish(conversation, text + (STOPPED if stop.is_set() else ""), voice=voice, trace=trace)
        except BrandvoiceError:
            await asyncio.to_thread(self.store.claim_event, incoming.platform, f"failed:{incoming.id}")
            raise
        finally:
            if self._running.get((incoming.platform, incoming.place)) is stop:
                del self._running[incoming.platform, incoming.place]

    async def reply(self, voice: Voice, request: Request) -> AsyncGenerator[str, None]:
        """The reply of a voice to a request, in pieces; neither is kept. What a filter may change comes as one piece.

        Raises `BrandvoiceError` as `answer` does.
        """
        shown = replace(request, messages=self._shown(voice, request.messages), voice=voice.version)
        text = ""
        async with aclosing(self._pieces(shown, stop=asyncio.Event(), trace=uuid.uuid4().hex[:8])) as pieces:
            async for piece in pieces:
                text += piece
                if not self._reply_filters:
                    yield piece
        if self._reply_filters:
            yield self._filtered(text)

    async def again(self, platform: str, reply_id: str, *, person: str) -> Incoming:
        """What to answer once more in place of a reply; the reply it replaces is forgotten.

        Counts against the same limits as a message. Raises `NotFound` or `LimitReached` with a sentence.
        """
        conversation, reply = await asyncio.to_thread(self.store.message, reply_id)
        history = await asyncio.to_thread(self.store.history, conversation, HISTORY)
        before = [m for m in history[: next(i for i, m in enumerate(history) if m.id == reply.id)] if m.role == "user"]
        if not before or history[-1].id != reply_id:
            raise NotFound("Only the last answer of a conversation can be given once more.")
        place = (await asyncio.to_thread(self.store.conversation, conversation)).place.removeprefix(f"{platform}:")
        style = (await asyncio.to_thread(self.store.sources_of, conversation))[0].style
        self._rates.check(person, f"{platform}:{place}", id=f"again:{reply_id}")
        if not await asyncio.to_thread(self.store.delete_message, reply_id):
            raise NotFound("Somebody else asked for a new answer already.")
        return Incoming(platform, "", place, person, before[-1].content, str(before[-1].id), style)

    def stop(self, platform: str, place: str) -> bool:
        """Stop the answer that is being given at a place; what was said so far is kept. False if there is none."""
        event = self._running.get((platform, place))
        if event is not None:
            event.set()
        return event is not None

    async def _pieces(self, request: Request, *, stop: asyncio.Event, trace: str) -> AsyncGenerator[str, None]:
        stream = self.engine.stream(request)
        begun = False
        try:
            async for piece in stream:
                shown = piece if begun else piece.lstrip()
                begun = begun or bool(shown)
                if shown:
                    yield shown
                if stop.is_set():
                    return
        except BrandvoiceError:
            raise
        except Exception as error:  # the one broad except: whatever the model throws, the bot stays up
            log.exception("answer %s failed", trace)
            raise EngineError(f"Something went wrong while answering. Please try again (reference {trace}).") from error
        finally:
            await stream.aclose()  # type: ignore[attr-defined]

    async def _conversation(self, incoming: Incoming) -> str:
        style = self.style_for(incoming)
        return await asyncio.to_thread(self.store.open_conversation, incoming.platform, incoming.place, style=style)

    def _shown(self, voice: Voice, messages: Sequence[Message]) -> tuple[Message, ...]:
        """What the model is shown: a trained voice needs no instructions, version 0 gets the style's guide."""
        if voice.version is not None:
            return tuple(messages)
        told = guide(voice.style)
        if messages and messages[0].role == "system":  # templates want one such message
            return (Message("system", f"{told}\n\n{messages[0].content}"), *messages[1:])
        return (Message("system", told), *messages)

    def _filtered(self, text: str) -> str:
        for change in self._reply_filters:
            text = change(text)
        return text

    async def _finish(self, conversation: str, text: str, *, voice: Voice, trace: str) -> Reply:
        text = self._filtered(text)
        if not text.strip():
            raise EngineError(f"The model had nothing to say. Please rephrase (reference {trace}).")
        said = Message("assistant", text.strip(), sent_at=self._now(), voice=voice.reference)
        stored = await asyncio.to_thread(self.store.append, conversation, said)
        return Reply(str(stored.id), stored.content, voice.reference, conversation, trace)


def _up_to(history: Sequence[Message], message_id: str) -> list[Message]:
    """The history up to a message, one message of the assistant between two of a person's."""
    end = next((i for i, m in enumerate(history) if m.id == message_id), len(history) - 1)
    merged: list[Message] = []
    for message in history[: end + 1]:
        if merged and merged[-1].role == message.role:
            joined = f"{merged[-1].content}\n{message.content}" if message.role == "user" else message.content
            merged[-1] = replace(message, content=joined)
        else:
            merged.append(message)
    return merged
