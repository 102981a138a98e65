"""The one renderer: the only code that turns messages into tokens, for preview, trainer, evaluator and engine alike."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from conversations.errors import BaseModelError, TrainingRefused
from conversations.messages import Message

RENDERER_VERSION = 1
IGNORED = -100  # the label that torch's cross entropy leaves out


class Tokenizer(Protocol):
    """What the renderer needs of a fast `transformers` tokenizer."""

    chat_template: Any
    all_special_tokens: list[str]
    is_fast: bool

    def __call__(self, text: str, **options: Any) -> Any: ...
    def apply_chat_template(self, conversation: list[dict[str, str]], **options: Any) -> Any: ...
    def convert_tokens_to_ids(self, tokens: Any) -> Any: ...
    def decode(self, token_ids: Any, **options: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Rendered:
    """Token ids of a conversation and, for each, its label: itself where the brand speaks, `IGNORED` elsewhere."""

    token_ids: tuple[int, ...]
    labels: tuple[int, ...]

    @property
    def target_count(self) -> int:
        return sum(label != IGNORED for label in self.labels)


class Renderer:
    """Renders with the chat template of one tokenizer; `hash` changes whenever any token it makes could."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        if not tokenizer.is_fast:
            raise BaseModelError("This base model has no fast tokenizer (tokenizer.json); choose one that has.")
        if not tokenizer.chat_template:
            raise BaseModelError("This base model has no chat template; choose a chat (instruct) model.")
        self.tokenizer = tokenizer
        self._special = sorted(tokenizer.all_special_tokens, key=len, reverse=True)

    @property
    def hash(self) -> str:
        """16 hex digits over the template, the whole tokenizer and the version of this renderer."""
        backend: Any = self.tokenizer
        parts = [str(RENDERER_VERSION), json.dumps(self.tokenizer.chat_template), backend.backend_tokenizer.to_str()]
        return hashlib.sha256("\x1f".join(parts).encode("utf-8")).hexdigest()[:16]

    def prompt(self, messages: Sequence[Message], *, limit: int | None = None) -> list[int]:
        """Token ids up to where the assistant begins to speak; beyond `limit` tokens the oldest turns go first."""
        kept = list(messages)
        while True:
            ids = self._tokenize(self._text(kept, open_reply=True))["input_ids"]
            if limit is None or len(ids) <= limit:
                return list(ids)
            oldest = next((i for i, m in enumerate(kept[:-1]) if m.role != "system"), None)
            if oldest is None:
                return list(ids)[-limit:]
            del kept[oldest]

    def prompt_text(self, messages: Sequence[Message]) -> str:
        """The text that `prompt` makes tokens of."""
        return self._text(messages, open_reply=True)

    def render(self, messages: Sequence[Message], *, limit: int | None = None) -> Rendered:
        """A whole conversation with labels on every trainable assistant message, its end of turn included.

        Raises `TrainingRefused` if the template rewrites earlier turns, since what is trained would not be served.
        """
        text = self._text(messages, open_reply=False)
        spans = [self._target_span(messages, i, text) for i, m in enumerate(messages) if _is_target(m)]
        encoded = self._tokenize(text, return_offsets_mapping=True)
        ids = list(encoded["input_ids"])[:limit]
        offsets = encoded["offset_mapping"][:limit]
        labels = [
            token if any(start <= left and right <= end and left < right for start, end in spans) else IGNORED
            for token, (left, right) in zip(ids, offsets, strict=True)
        ]
        return Rendered(tuple(ids), tuple(labels))

    def decode(self, token_ids: Sequence[int]) -> str:
        """The text of generated tokens, without special tokens."""
        return str(self.tokenizer.decode(list(token_ids), skip_special_tokens=True))

    def preview(self, messages: Sequence[Message]) -> list[tuple[str, bool]]:
        """The rendered text in pieces: (text, whether it is trained on)."""
        rendered = self.render(messages)
        pieces: list[tuple[list[int], bool]] = []
        for token, label in zip(rendered.token_ids, rendered.labels, strict=True):
            trained = label != IGNORED
            if not pieces or pieces[-1][1] != trained:
                pieces.append(([], trained))
            pieces[-1][0].append(token)
        return [(str(self.tokenizer.decode(ids)), trained) for ids, trained in pieces]

    def end_of_turn(self) -> int:
        """The token that ends a reply, as the template writes it."""
        asked = [Message("user", "?")]
        tail = self._text([*asked, Message("assistant", "\u2042")], open_reply=False).split("\u2042")[-1]
        marker = self._first_special(tail)
        return int(self.tokenizer.convert_tokens_to_ids(marker[0]))

    def _target_span(self, messages: Sequence[Message], index: int, text: str) -> tuple[int, int]:
        opened = self._text(messages[:index], open_reply=True)
        closed = self._text(messages[: index + 1], open_reply=False)
        if not closed.startswith(opened) or not text.startswith(closed.rstrip()):
            raise TrainingRefused(
                "The chat template of this base model rewrites earlier turns (a thinking template?), so that a trained "
                "reply would not be the served one. Use a non-thinking variant of the model."
            )
        reply = self._defused(messages[index].content)
        after = closed.find(reply, len(opened)) + len(reply)
        token, position = self._first_special(closed[after:])
        return len(opened), after + position + len(token)

    def _first_special(self, tail: str) -> tuple[str, int]:
        found = [(tail.find(token), token) for token in self._special if token in tail]
        if not found:
            raise BaseModelError("The chat template ends a reply without a special token; it cannot be trained on.")
        position, token = min(found)
        return token, position

    def _text(self, messages: Sequence[Message], *, open_reply: bool) -> str:
        turns = [{"role": m.role, "content": self._defused(m.content)} for m in messages]
        return str(self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=open_reply))

    def _defused(self, content: str) -> str:
        """The content with special tokens broken up: what people write never opens or closes a turn."""
        content = content.strip()
        for token in self._special:
            if token in content:
                content = content.replace(token, f"{token[0]} {token[1:]}")
        return content

    def _tokenize(self, text: str, **options: Any) -> Any:
        return self.tokenizer(text, add_special_tokens=False, **options)


def _is_target(message: Message) -> bool:
    return message.role == "assistant" and message.trainable
