"""An exchange: one conversation that a client sent, and the reply that one voice version gives to it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
import uuid
from collections.abc import Sequence
from typing import Any

from bots.assistant import STOPPED, Voice
from bots.engine import Finish, Request, Sampling, ScoredToken
from bots.http.callers import Caller
from bots.http.chat_schema import (
    AnswerMessage,
    ChatCompletion,
    ChatRequest,
    Choice,
    Logprobs,
    TokenLogprob,
    TopLogprob,
    Usage,
)
from bots.http.desk import PLATFORM, Desk
from bots.http.errors import Refused
from bots.http.spoken import Spoken
from conversations.errors import BrandvoiceError
from conversations.messages import Message
from styles.style import guide

TRIMMED = 64_000  # characters of a conversation that are looked at where history is trimmed
log = logging.getLogger(__name__)


class Exchange:
    """Made when a request is admitted; the voice is chosen then and stays, whatever is promoted meanwhile."""

    def __init__(self, desk: Desk, caller: Caller, asked: ChatRequest, voice: Voice) -> None:
        self.id = f"chatcmpl-{uuid.uuid4().hex}"
        self.created = int(time.time())
        self.asked = asked
        self.voice = voice
        self.fingerprint = fingerprint(voice)
        self.finish: Finish | None = None
        self.sources: str | None = None
        self._desk = desk
        self._caller = caller
        self._is_kept = desk.options.store if asked.store is None else asked.store
        self._named = asked.person or self._is_kept or caller.is_publishable
        self._person = caller.person(asked.person) if self._named else ""
        self._messages = [m.plain(author=self._person or None) for m in asked.messages]
        self._tokens: list[ScoredToken] = []
        self._started = time.monotonic()
        self._request: Request | None = None
        self.spoken: Spoken | None = None

    @property
    def headers(self) -> dict[str, str]:
        return {"x-brandvoice-voice": self.voice.reference}

    def begin(self) -> Spoken:
        """Let the voice speak."""
        options, asked = self._desk.options, self.asked
        request = self._request = Request(
            messages=tuple(_one_system_message(self._shown())),
            sampling=self._sampling(),
            # Requests that name nobody come from a server that speaks for many: they do not wait for each other.
            person=self._person if asked.person else "",
            deadline=options.deadline,
            whole=options.overflow == "refuse",
            on_finish=self._finished,
            on_token=self._tokens.append if asked.logprobs else None,
            likeliest=asked.top_logprobs or 0,
        )
        self.spoken = Spoken(self._desk.assistant.reply(self.voice, request, on_sources=self._found))
        return self.spoken

    def first_word(self) -> None:
        """Note how long it took. Refuses to go on without the chances of tokens that were asked for."""
        self._desk.metrics.first_word.labels(self.voice.style.name).observe(time.monotonic() - self._started)
        if self.asked.logprobs and not self._tokens and self.spoken is not None and self.spoken.text:
            raise Refused(400, "The engine here cannot tell logprobs.", code="unsupported_parameter", param="logprobs")

    def logprobs(self) -> dict[str, Any] | None:
        """The chances of the tokens since the last time."""
        if not self.asked.logprobs:
            return None
        told = Logprobs(content=[_token(token) for token in self._tokens])
        self._tokens.clear()
        return told.model_dump()

    @property
    def usage(self) -> Usage | None:
        if self.finish is None:
            return None
        read, written = self.finish.prompt_tokens, self.finish.completion_tokens
        return Usage(prompt_tokens=read, completion_tokens=written, total_tokens=read + written)

    def completion(self, text: str) -> ChatCompletion:
        chances = self.logprobs()
        choice = Choice(
            message=AnswerMessage(content=text),
            logprobs=None if chances is None else Logprobs.model_validate(chances),
            finish_reason=self.reason,
        )
        return ChatCompletion(
            id=self.id,
            created=self.created,
            model=self.voice.reference,
            system_fingerprint=self.fingerprint,
            choices=[choice],
            usage=self.usage,
            sources=self.sources,
        )

    @property
    def reason(self) -> Any:
        return self.finish.reason if self.finish else "stop"

    async def end(self) -> None:
        """Keep the exchange where that is wanted, and count it; before the client is told that it is over."""
        style = self.voice.style.name
        self._desk.metrics.replies.labels(style, self.reason).inc()
        if self.finish is not None:
            self._desk.metrics.tokens.labels(style, "prompt").inc(self.finish.prompt_tokens)
            self._desk.metrics.tokens.labels(style, "completion").inc(self.finish.completion_tokens)
        if self.spoken is not None and self.spoken.text:
            await self._keep(self.spoken.text)

    async def leave(self) -> None:
        """Whatever became of it: the engine stops; what was said to a client that left is kept where that is wanted."""
        if self.spoken is None or self.spoken.is_over:
            return
        await self.spoken.close()
        self._desk.metrics.replies.labels(self.voice.style.name, "left").inc()
        if self.spoken.text and self._is_kept:
            task = asyncio.create_task(self._keep_quietly(self.spoken.text + STOPPED))
            self._desk.left_behind.add(task)
            task.add_done_callback(self._desk.left_behind.discard)

    async def _keep_quietly(self, text: str) -> None:
        try:
            await self._keep(text)
        except BrandvoiceError as error:  # nobody is there any more to be told
            log.warning("%s could not be kept: %s", self.id, error)

    async def _keep(self, text: str) -> None:
        if not self._is_kept:
            return
        joined = (self.asked.metadata or {}).get("conversation", "")
        place = f"{self._caller.id}/{self._person}/{joined[:64]}" if joined else f"{self._caller.id}/{self.id}"
        said = [m for m in self._messages if m.role != "system"]
        if joined:  # what came before was kept with the earlier requests
            said = said[next((i + 1 for i in range(len(said) - 1, -1, -1) if said[i].role == "assistant"), 0) :]
        reply = Message("assistant", text, id=self.id, voice=self.voice.reference)
        style, store = self.voice.style.name, self._desk.contributions.store
        await asyncio.to_thread(lambda: store.keep_exchange(PLATFORM, place, style=style, asked=said, reply=reply))
        if self._request is not None:
            self._desk.assistant.follow(self.voice, self._request, reply=self.id, text=text)

    def _finished(self, finish: Finish) -> None:
        self.finish = finish

    def _found(self, sources: str) -> None:
        self.sources = sources

    def _sampling(self) -> Sampling:
        asked, usual = self.asked, self._desk.assistant.sampling
        return Sampling(
            max_tokens=asked.max_completion_tokens or asked.max_tokens or usual.max_tokens,
            temperature=usual.temperature if asked.temperature is None else asked.temperature,
            top_p=usual.top_p if asked.top_p is None else asked.top_p,
            top_k=usual.top_k,
            seed=usual.seed if asked.seed is None else asked.seed,
            stop=asked.stops or usual.stop,
        )

    def _shown(self) -> Sequence[Message]:
        """The messages; where history is trimmed, only as many of the last ones as a model could read at all."""
        if self._desk.options.overflow == "refuse":
            return self._messages
        kept, room = list(self._messages), TRIMMED - sum(len(m.content) for m in self._messages)
        while (
            room < 0 and (oldest := next((i for i, m in enumerate(kept[:-1]) if m.role != "system"), None)) is not None
        ):
            room += len(kept.pop(oldest).content)
        return kept


def fingerprint(voice: Voice) -> str:
    """The voice version and the digest of its weights; of its guide, where the base model is prompted."""
    if voice.version is None:
        return f"{voice.reference}-{hashlib.sha256(guide(voice.style).encode()).hexdigest()[:12]}"
    files = json.dumps(dict(sorted(voice.version.manifest.files.items())))
    digest = voice.version.manifest.files.get("adapter_model.safetensors") or hashlib.sha256(files.encode()).hexdigest()
    return f"{voice.reference}-{digest[:12]}"


def _one_system_message(messages: Sequence[Message]) -> list[Message]:
    """Chat templates want instructions once, at the beginning."""
    instructions = [m.content for m in messages if m.role == "system"]
    talk = [m for m in messages if m.role != "system"]
    return [Message("system", "\n\n".join(instructions)), *talk] if instructions else talk


def _token(token: ScoredToken) -> TokenLogprob:
    others = [TopLogprob(token=text, logprob=chance, bytes=list(text.encode())) for text, chance in token.others]
    own = list(token.text.encode())
    return TokenLogprob(token=token.text, logprob=token.logprob, bytes=own, top_logprobs=others)
