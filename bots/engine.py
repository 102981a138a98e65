"""The engine: whatever runs a chat model, behind one small protocol."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from conversations.errors import EngineError
from conversations.messages import Message
from styles.voices import VoiceVersion


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen. Temperature 0 is greedy; `stop` strings end a reply and are not part of it."""

    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    seed: int | None = None
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.max_tokens < 1:
            raise EngineError("max_tokens must be at least 1.")
        if not 0 <= self.temperature <= 2:  # also refuses NaN
            raise EngineError("temperature must lie between 0 and 2.")
        if not 0 < self.top_p <= 1:
            raise EngineError("top_p must lie between 0 (not included) and 1.")
        if self.top_k < 0 or not math.isfinite(self.top_k):
            raise EngineError("top_k must be 0 (off) or more.")


@dataclass(frozen=True, slots=True)
class Finish:
    """How one reply ended, and what it took: tokens of the rendered prompt and of the reply."""

    reason: Literal["stop", "length"]
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class ScoredToken:
    """One token of a reply and the natural logarithm of its chance; `others` are the likeliest at its place."""

    text: str
    logprob: float
    others: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One reply to make: the conversation so far, and the voice version to speak with (None: the bare base model).

    Both callbacks are called in the event loop of the stream, before the piece or the end that they belong to.
    """

    messages: tuple[Message, ...]
    voice: VoiceVersion | None = None
    sampling: Sampling = Sampling()
    person: str = ""  # requests of one person wait for each other; different people take turns
    deadline: float | None = None  # seconds from admission
    whole: bool = False  # refuse what does not fit into the context, instead of leaving out the oldest turns
    on_finish: Callable[[Finish], None] | None = None  # called once, before the stream of a whole reply ends
    on_token: Callable[[ScoredToken], None] | None = None  # for every token, by engines that can tell its chance
    likeliest: int = 0  # how many of the likeliest tokens `on_token` is told


class Engine(Protocol):
    """Makes replies. Implementations are safe to use for many requests at once from one event loop."""

    def stream(self, request: Request) -> AsyncIterator[str]:
        """Text pieces of one reply, in order. Closing the iterator stops the work and frees its place.

        Raises `EngineError` with a plain sentence when no reply can be made.
        """
        ...

    async def close(self) -> None:
        """Finish or stop what runs and let go of the model."""
        ...


@runtime_checkable
class Remembering(Protocol):
    """An engine that keeps something of conversations between requests."""

    def people(self) -> list[str]:
        """Those of whom something is remembered, as `Request.person` named them."""
        ...

    def forget(self, person: str) -> None:
        """Drop whatever is remembered of conversations with a person, and keep nothing of answers being given."""
        ...


@dataclass(frozen=True, slots=True)
class Workload:
    """What an engine is doing: answers that it gives and that wait, and how many it can give at once."""

    running: int
    waiting: int
    places: int
    voices: int = 0  # LoRA adapters that are loaded
    restarts: int = 0  # of whatever runs the model, after a crash
    away: bool = False  # another engine answers in its place


@runtime_checkable
class Measured(Protocol):
    """An engine that can tell how busy it is."""

    def workload(self) -> Workload:
        """As it is now; cheap, and safe to ask for at any moment."""
        ...


@runtime_checkable
class Loading(Protocol):
    """An engine that may be asked before its model is there."""

    @property
    def is_ready(self) -> bool: ...


async def reply_text(engine: Engine, request: Request) -> str:
    """The whole reply as one string."""
    return "".join([piece async for piece in engine.stream(request)]).strip()
