"""What the events of a streamed answer say: text, chances of tokens, and how the answer ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from bots.engine import Finish, Request, ScoredToken
from conversations.errors import EngineUnreachable


@dataclass(slots=True)
class Answer:
    """One answer as it comes, from `/v1/completions` or from `/v1/chat/completions`."""

    request: Request
    reason: str | None = None
    prompt_tokens: int = 0
    pieces: int = 0
    usage: Mapping[str, Any] | None = None

    def take(self, event: Mapping[str, Any]) -> str:
        """The text that an event brings; the chances of its tokens are told."""
        self.usage = event.get("usage") or self.usage
        choice = next(iter(event.get("choices") or ()), None)
        if choice is None:
            return ""
        if self.request.on_token is not None:
            for token in _scored(choice.get("logprobs") or {}):
                self.request.on_token(token)
        self.reason = choice.get("finish_reason") or self.reason
        text = choice.get("text") or (choice.get("delta") or {}).get("content") or ""
        self.pieces += bool(text)
        return str(text)

    def finish(self) -> Finish:
        """How the answer ended; counted by the server where it does that. Raises where it was not whole."""
        if self.reason not in ("stop", "length"):
            raise EngineUnreachable("The model server broke off in the middle of this answer. Please try again.")
        usage = self.usage or {}
        prompt = int(usage.get("prompt_tokens") or self.prompt_tokens)
        return Finish(
            "length" if self.reason == "length" else "stop", prompt, int(usage.get("completion_tokens") or self.pieces)
        )


def _scored(logprobs: Mapping[str, Any]) -> Iterator[ScoredToken]:
    for told in logprobs.get("content") or ():
        others = tuple((str(o["token"]), float(o["logprob"])) for o in told.get("top_logprobs") or ())
        yield ScoredToken(str(told["token"]), float(told["logprob"]), others)
    tokens, chances = logprobs.get("tokens") or (), logprobs.get("token_logprobs") or ()
    likeliest = logprobs.get("top_logprobs") or ()
    for token, chance, best in zip_longest(tokens, chances, likeliest):
        others = tuple(sorted((best or {}).items(), key=lambda pair: -pair[1]))
        yield ScoredToken(str(token), float(chance), others)
