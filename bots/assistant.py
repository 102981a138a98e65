"""The assistant: a message in, a streamed and stored answer out; it knows no platform."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bots.afterwards import Afterwards
from bots.assignment import Assignment, style_for
from bots.engine import Engine, Remembering, Request, Sampling
from bots.limits import Limits, Places, Rates
from bots.prompting import shown
from bots.questions import Questions
from bots.running import Run
from bots.speaking import Voice as Voice
from bots.speaking import guided
from bots.trial import Listener, heard_on_trial
from conversations.errors import BrandvoiceError, EngineError, NotFound
from conversations.messages import Message
from conversations.pending import Pending, Quote
from conversations.store import ConversationStore
from styles.facts import Facts, Passage, footnote
from styles.live import LiveScorer
from styles.style import Style
from styles.voices import PROMPTED, VoiceRegistry

HISTORY = 24  # messages of a conversation that the model is shown; the renderer trims further where it must
RECENT = timedelta(minutes=15)  # an unanswered message older than this is left alone after a restart
INTERRUPTED = "I was interrupted while I answered. Please ask once more."
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
    quotes: tuple[Quote, ...] = ()  # what others wrote and this message points to: data, never said by the person
    shown: str | None = None  # where an earlier process began to show the answer, as `note` was told
    replaces: str | None = None  # the reply that the new one is to take the place of


class QuestionGone(NotFound):
    """The question was deleted, or somebody else answers it: there is nobody to tell anything."""


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
    sources: str = ""  # where its facts come from: the last line of `text`, which is shown and not kept


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
        facts: Facts | None = None,
        live: LiveScorer | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store = store
        self.voices = voices
        self.styles = styles
        self.engine = engine
        self.assignments = assignments
        self.sampling = sampling or Sampling()
        self.limits = limits or Limits()
        self.facts = facts or Facts()
        self._reply_filters = reply_filters
        self._now = now
        self._rates = Rates(self.limits)
        self._places = Places(self.limits.answers_at_once)
        self._running: dict[tuple[str, str], Run] = {}
        self._ready: dict[str, Pending] = {}
        self._late: set[str] = set()
        self.questions = Questions(store, history=HISTORY, now=now)
        self.afterwards = Afterwards(
            store.live, engine, voices=voices, scorer=live or LiveScorer(styles), idle=lambda: self._places.is_idle
        )

    def style_for(self, incoming: Incoming) -> str:
        """The style that speaks here. Raises NotFound where none is assigned."""
        name = incoming.style or style_for(incoming.platform, incoming.channel, self.assignments)
        if name is None:
            raise NotFound(f"No style is assigned to {incoming.platform}:{incoming.channel}; add it under [[assign]].")
        return name

    def voice_for(self, style_name: str, *, number: int | None = None, listener: Listener | None = None) -> Voice:
        """The version that speaks for a style now (or the numbered one), looked up afresh for every message.

        A listener may be among those who hear the candidate on trial; without one it is the current voice.
        """
        style = self.styles.get(style_name)
        if style is None:
            known = ", ".join(sorted(self.styles)) or "none"
            raise NotFound(f'There is no style "{style_name}". Styles here: {known}.')
        if number is None and listener is not None:
            number = heard_on_trial(self.voices.canary(style_name), style_name, listener, self.assignments)
        if number is None:
            return Voice(style, self.voices.current(style_name))
        return Voice(style, self.voices.version(style_name, number) if number != PROMPTED else None)

    def follow(self, voice: Voice, request: Request, *, reply: str, text: str) -> None:
        """See to what is done about a stored reply once the person has it: its score, and what a shadow would say."""
        self.afterwards.follow(voice, request, reply=reply, text=text)

    async def accept(self, incoming: Incoming) -> bool:
        """Keep the message; False if it was accepted before. Do this before acknowledging it to the platform.

        Raises `BrandvoiceError` with a sentence for the person when it is over a limit: nothing is kept then.
        """
        self.limits.check_length(incoming.text)
        if not self._rates.knows(incoming.id):
            self._rates.check(incoming.person, f"{incoming.platform}:{incoming.channel}", id=incoming.id)
        style = self.style_for(incoming)
        said = Message("user", incoming.text, author=incoming.person, sent_at=self._now(), id=incoming.id)
        return await self.questions.accept(
            incoming.platform, incoming.place, style=style, message=said, quotes=incoming.quotes
        )

    async def unanswered(self, platform: str) -> list[Incoming]:
        """Messages that a process accepted which has died since, and whose answer was not delivered.

        They are ours from here on, and nobody else's; `channel` is left to the platform. Ask at the start and then
        every now and then.
        """
        left_over = await self.questions.left_over(platform, recent=RECENT)
        since = self._now() - RECENT
        self._late |= {str(left.message.id) for left in left_over if left.asked_at < since}
        self._ready |= {str(left.message.id): left for left in left_over if left.reply}
        return [_incoming(left) for left in left_over]

    async def note(self, incoming: Incoming, shown: str) -> None:
        """Remember where the answer is being shown; `Incoming.shown` of whoever has to go on with it says so."""
        await asyncio.to_thread(self.store.pending.note, incoming.platform, incoming.id, shown=shown)

    async def answer(
        self, incoming: Incoming, *, number: int | None = None
    ) -> AsyncGenerator[Waiting | str | Reply, None]:
        """Answer an accepted message: `Waiting` while others are first, text pieces, at last the stored `Reply`.

        It counts as delivered once whatever comes after the `Reply` is asked for. Raises `BrandvoiceError` with a
        sentence for the person; a failure inside the engine carries a reference id. Raises `QuestionGone` when the
        message was deleted.
        """
        run = self._running[incoming.platform, incoming.place] = Run(incoming.id)
        try:
            async with aclosing(self._answered(incoming, run, number=number)) as parts:
                async for part in parts:
                    yield part
            await self.questions.end(incoming.platform, incoming.id)
        except BrandvoiceError:
            await self.questions.end(incoming.platform, incoming.id)
            raise
        finally:
            self.questions.leave(incoming.platform, incoming.id)  # what was not delivered is tried at the next start
            if self._running.get((incoming.platform, incoming.place)) is run:
                del self._running[incoming.platform, incoming.place]

    async def _answered(
        self, incoming: Incoming, run: Run, *, number: int | None
    ) -> AsyncGenerator[Waiting | str | Reply, None]:
        if left := self._ready.pop(incoming.id, None):
            yield await self._stored_reply(left)
            return
        if incoming.id in self._late:
            self._late.discard(incoming.id)
            raise EngineError(INTERRUPTED)
        style, trace, text = self.style_for(incoming), uuid.uuid4().hex[:8], ""
        listener = Listener(incoming.platform, incoming.channel, incoming.place, incoming.person)
        voice = self.voice_for(style, number=number, listener=listener)
        async with self._places.one() as turn:
            while (ahead := await turn.wait()) > 0:
                yield Waiting(ahead)
            while True:
                conversation, request = await self._request(incoming, style, voice=voice)
                request, passages = await self._ground(request, voice, trace=trace)
                async for piece in self._pieces(request, run=run, trace=trace, at_end=turn.leave):
                    text += piece
                    if not self._reply_filters:  # what a filter would change must not be seen before
                        yield piece
                if not run.begins_anew():
                    break
        if run.is_unwanted:
            raise QuestionGone("The message was deleted, so there is no answer to it.")
        text += STOPPED if run.is_stopped else ""
        reply = await self._finish(incoming, conversation, text, voice=voice, trace=trace)
        sources = _sources(passages, voice, question=incoming.text, reply=reply.text)
        if sources and not self._reply_filters:
            yield f"\n\n{sources}"
        yield replace(reply, text=f"{reply.text}\n\n{sources}".strip(), sources=sources)
        self.follow(voice, request, reply=reply.id, text=reply.text)

    async def reply(
        self, voice: Voice, request: Request, *, on_sources: Callable[[str], None] | None = None
    ) -> AsyncGenerator[str, None]:
        """The reply of a voice to a request, in pieces; neither is kept. What a filter may change comes as one piece.

        `on_sources` is told at the end where its facts come from. Raises `BrandvoiceError` as `answer` does.
        """
        text, trace = "", uuid.uuid4().hex[:8]
        asked = replace(request, messages=guided(voice, request.messages), voice=voice.version)
        asked, passages = await self._ground(asked, voice, trace=trace)
        async with aclosing(self._pieces(asked, run=Run(), trace=trace)) as pieces:
            async for piece in pieces:
                text += piece
                if not self._reply_filters:
                    yield piece
        if self._reply_filters:
            yield self._filtered(text)
        question = request.messages[-1].content if request.messages else ""
        if on_sources and (sources := _sources(passages, voice, question=question, reply=text)):
            on_sources(sources)

    async def again(self, platform: str, reply_id: str, *, person: str) -> Incoming:
        """What to answer once more in place of a reply, which is forgotten once the new one is there.

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
        question = before[-1]
        if not await self.questions.ask_again(platform, place, style=style, message=question, replaces=reply_id):
            raise NotFound("Somebody else asked for a new answer already.")
        return Incoming(platform, "", place, person, question.content, str(question.id), style, replaces=reply_id)

    async def changed(self, platform: str, message: str, text: str) -> bool:
        """A person changed a message: an answer that has not begun is to the new text. False for an unknown one."""
        known = await asyncio.to_thread(self.store.edit_message, message, text)
        self.questions.changed()
        for run in self._runs(platform, message):
            run.change()
        return known

    async def deleted(self, platform: str, message: str) -> bool:
        """A person deleted a message: it is forgotten, and its answer stops. False for an unknown one."""
        known = await asyncio.to_thread(self.store.delete_message, message)
        self.questions.changed()
        for run in self._runs(platform, message):
            run.forget()
        return known

    def forget(self, person: str) -> None:
        """Let go of what the engine remembers of conversations with a person."""
        if isinstance(self.engine, Remembering):
            self.engine.forget(person)

    async def close(self) -> None:
        """Whatever is not answered by now is left to others."""
        await self.afterwards.close()
        await self.questions.close()

    def _runs(self, platform: str, message: str) -> list[Run]:
        return [run for (on, _), run in self._running.items() if on == platform and run.question == message]

    def stop(self, platform: str, place: str) -> bool:
        """Stop the answer that is being given at a place; what was said so far is kept. False if there is none."""
        run = self._running.get((platform, place))
        if run is not None:
            run.stop()
        return run is not None

    async def _pieces(
        self, request: Request, *, run: Run, trace: str, at_end: Callable[[], None] | None = None
    ) -> AsyncGenerator[str, None]:
        begun = False
        try:
            async with aclosing(run.pieces(self.engine, request, at_end=at_end)) as pieces:
                async for piece in pieces:
                    said = piece if begun else piece.lstrip()
                    begun = begun or bool(said)
                    if said:
                        yield said
        except BrandvoiceError:
            raise
        except Exception as error:  # the one broad except: whatever the model throws, the bot stays up
            log.exception("answer %s failed", trace)
            raise EngineError(f"Something went wrong while answering. Please try again (reference {trace}).") from error

    async def _request(self, incoming: Incoming, style: str, *, voice: Voice) -> tuple[str, Request]:
        """The conversation that a message is in, and what to ask the engine."""
        talk = await self.questions.talk(incoming.platform, incoming.place, style=style, message=incoming.id)
        messages = shown(talk, incoming.id)
        if messages is None:
            raise QuestionGone("The message was deleted, so there is no answer to it.")
        whole = self.limits.whole
        asked = guided(voice, messages)
        return talk.conversation, Request(asked, voice.version, self.sampling, person=incoming.person, whole=whole)

    async def _ground(self, request: Request, voice: Voice, *, trace: str) -> tuple[Request, tuple[Passage, ...]]:
        """The request with what the brand's files say to its question, and those passages."""
        if not self.facts.has(voice.style.name):
            return request, ()
        try:
            grounded = await asyncio.to_thread(self.facts.ground, voice.style.name, request.messages)
        except BrandvoiceError:
            raise
        except Exception as error:  # a plugin may search; an answer without the facts could be made up
            log.exception("facts of %s for answer %s", voice.style.name, trace)
            raise EngineError(f"I could not look that up. Please try again (reference {trace}).") from error
        return replace(request, messages=grounded.messages), grounded.passages

    def _filtered(self, text: str) -> str:
        for change in self._reply_filters:
            text = change(text)
        return text

    async def _finish(self, incoming: Incoming, conversation: str, text: str, *, voice: Voice, trace: str) -> Reply:
        text = self._filtered(text)
        if not text.strip():
            raise EngineError(f"The model had nothing to say. Please rephrase (reference {trace}).")
        said = Message("assistant", text.strip(), sent_at=self._now(), voice=voice.reference)
        platform, question = incoming.platform, incoming.id
        stored = await self.questions.finish(platform, question, conversation=conversation, reply=said)
        if stored is None:
            raise QuestionGone("The message was deleted, so there is no answer to it.")
        return Reply(str(stored.id), stored.content, voice.reference, conversation, trace)

    async def _stored_reply(self, left: Pending) -> Reply:
        """The reply that an earlier process stored, and did not get to deliver."""
        _, stored = await asyncio.to_thread(self.store.message, str(left.reply))
        return Reply(str(stored.id), stored.content, str(stored.voice), left.conversation, uuid.uuid4().hex[:8])


def _sources(passages: Sequence[Passage], voice: Voice, *, question: str, reply: str) -> str:
    return footnote(passages, question=question, reply=reply, language=voice.style.language)


def _incoming(left: Pending) -> Incoming:
    message = left.message
    return Incoming(
        left.platform,
        "",
        left.place,
        str(message.author or ""),
        message.content,
        str(message.id),
        left.style,
        shown=left.shown,
        replaces=left.replaces,
    )
