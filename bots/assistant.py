"""The assistant: a message in, a streamed and stored answer out; it knows no platform."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bots.assignment import Assignment, style_for
from bots.engine import Engine, Request, Sampling
from conversations.errors import BrandvoiceError, EngineError, NotFound
from conversations.messages import Feedback, Message, Submission, conversation_id
from conversations.store import ConversationStore
from styles.style import Style, guide
from styles.voices import PROMPTED, VoiceRegistry, VoiceVersion

HISTORY = 24  # messages of a conversation that the model is shown; the renderer trims further where it must
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message of a person. `place` names the conversation (channel and thread) so that an answer finds its way back."""

    platform: str
    channel: str
    place: str
    person: str
    text: str
    id: str
    style: str | None = None  # None: the style that is assigned to the channel


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
    """Answers with the voice assigned to a channel, keeps every turn, and takes what people think of it."""

    def __init__(
        self,
        *,
        store: ConversationStore,
        voices: VoiceRegistry,
        styles: Mapping[str, Style],
        engine: Engine,
        assignments: Sequence[Assignment] = (),
        sampling: Sampling | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store = store
        self.voices = voices
        self.styles = styles
        self.engine = engine
        self.assignments = assignments
        self.sampling = sampling or Sampling()
        self._now = now

    def voice_for(self, style_name: str, *, number: int | None = None) -> Voice:
        """The version that speaks for a style now (or the numbered one), looked up afresh for every message."""
        style = self.styles.get(style_name)
        if style is None:
            known = ", ".join(sorted(self.styles)) or "none"
            raise NotFound(f'There is no style "{style_name}". Styles here: {known}.')
        if number is None:
            return Voice(style, self.voices.current(style_name))
        return Voice(style, self.voices.version(style_name, number) if number != PROMPTED else None)

    async def answer(self, incoming: Incoming, *, number: int | None = None) -> AsyncIterator[str | Reply]:
        """Text pieces as they come, then the stored `Reply`. The person's message is kept before the model is asked.

        Raises `BrandvoiceError` with a sentence for the person; a failure inside the engine carries a reference id.
        """
        style_name = incoming.style or style_for(incoming.platform, incoming.channel, self.assignments)
        if style_name is None:
            raise NotFound(f"No style is assigned to {incoming.platform}:{incoming.channel}.")
        voice = self.voice_for(style_name, number=number)
        conversation = await self._keep(incoming, style_name)
        messages = await asyncio.to_thread(self.store.history, conversation, HISTORY)
        request = Request(self._context(voice, messages), voice.version, self.sampling, person=incoming.person)
        trace, text = uuid.uuid4().hex[:8], ""
        try:
            async for piece in self.engine.stream(request):
                text += piece
                yield piece
        except BrandvoiceError:
            raise
        except Exception as error:  # the one broad except: whatever the model throws, the bot stays up
            log.exception("answer %s failed", trace)
            raise EngineError(f"Something went wrong while answering. Please try again (reference {trace}).") from error
        yield await self._finish(conversation, text.strip(), voice=voice, trace=trace)

    async def feedback(self, feedback: Feedback) -> None:
        """Keep what a person thought of a reply; a better answer also becomes a submission that waits for review."""
        timed = replace(feedback, given_at=feedback.given_at or self._now())
        await asyncio.to_thread(self.store.give_feedback, timed)
        if timed.better_answer:
            await self._submit_better_answer(timed)

    async def submit(self, conversation: str, person: str) -> Submission:
        """Hand in a whole conversation as a training example; it waits for somebody else's approval."""
        messages = await asyncio.to_thread(self.store.history, conversation, 1000)
        return await self._submit(conversation, person, messages, replaces=None)

    def _context(self, voice: Voice, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        """What the model is shown: a trained voice needs no instructions, version 0 gets the style's guide."""
        if voice.version is not None:
            return messages
        return (Message("system", guide(voice.style)), *messages)

    async def _keep(self, incoming: Incoming, style: str) -> str:
        conversation = await asyncio.to_thread(
            self.store.open_conversation, incoming.platform, incoming.place, style=style
        )
        said = Message("user", incoming.text, author=incoming.person, sent_at=self._now(), id=incoming.id)
        await asyncio.to_thread(self.store.append, conversation, said)
        return conversation

    async def _finish(self, conversation: str, text: str, *, voice: Voice, trace: str) -> Reply:
        if not text:
            raise EngineError(f"The model had nothing to say. Please rephrase (reference {trace}).")
        said = Message("assistant", text, sent_at=self._now(), voice=voice.reference)
        stored = await asyncio.to_thread(self.store.append, conversation, said)
        return Reply(str(stored.id), text, voice.reference, conversation, trace)

    async def _submit_better_answer(self, feedback: Feedback) -> Submission:
        conversation, reply = await asyncio.to_thread(self.store.message, feedback.reply)
        messages = await asyncio.to_thread(self.store.history, conversation, 1000)
        before = messages[: next(i for i, m in enumerate(messages) if m.id == reply.id)]
        better = Message("assistant", str(feedback.better_answer), author=feedback.person)
        return await self._submit(conversation, feedback.person, (*before, better), replaces=feedback.reply)

    async def _submit(
        self, conversation: str, person: str, messages: tuple[Message, ...], *, replaces: str | None
    ) -> Submission:
        style = (await asyncio.to_thread(self.store.sources_of, conversation))[0].style
        fresh = conversation_id("submission", conversation, person, *(m.content for m in messages))
        submission = Submission(fresh, style, person, messages, replaces=replaces, submitted_at=self._now())
        return await asyncio.to_thread(self.store.submit, submission)
