"""What a chat request may say, and what the answer looks like, as OpenAI's clients have it."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bots.http.errors import Refused
from conversations.messages import Message, Role
from conversations.tables import storable

MOST_MESSAGES: Final = 512
_ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}
# What would change the answer in a way that is not done here, and the values that ask for nothing.
_NOT_DONE: Final[dict[str, tuple[Any, ...]]] = {
    "n": (None, 1),
    "presence_penalty": (None, 0),
    "frequency_penalty": (None, 0),
    "logit_bias": (None, {}),
    "tools": (None, []),
    "tool_choice": (None, "none", "auto"),
    "functions": (None, []),
    "function_call": (None, "none", "auto"),
    "response_format": (None, {"type": "text"}),
    "modalities": (None, ["text"]),
    "audio": (None,),
    "web_search_options": (None,),
}

Text = Annotated[str, AfterValidator(storable)]  # JSON can hold halves of characters, which nothing behind it can
User = Annotated[Text, Field(min_length=1, max_length=256)]
Stop = Annotated[Text, Field(min_length=1, max_length=256)]


class TextPart(BaseModel):
    """One part of a message."""

    type: Literal["text"]
    text: Text


class ChatMessage(BaseModel):
    """One message of the conversation so far."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Text | list[TextPart]

    def plain(self, *, author: str | None) -> Message:
        said = self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)
        role = _ROLES[self.role]
        return Message(role, said, author=author if role == "user" else None)


class StreamOptions(BaseModel):
    """What a stream tells beside the text."""

    include_usage: bool = False


class ChatRequest(BaseModel):
    """A conversation to be answered. Unknown fields that change nothing are ignored."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    model: Text = Field(min_length=1, max_length=128, examples=["harbor", "harbor@3"])
    messages: list[ChatMessage] = Field(min_length=1, max_length=MOST_MESSAGES)
    max_tokens: int | None = Field(default=None, ge=1, le=2**31)
    max_completion_tokens: int | None = Field(default=None, ge=1, le=2**31)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    stop: Stop | list[Stop] | None = None
    seed: int | None = Field(default=None, ge=-(2**63), lt=2**63)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = Field(default=None, ge=0, le=20)
    store: bool | None = Field(default=None, description="Keep the exchange, so that feedback can be given on it.")
    metadata: dict[Text, Text] | None = Field(
        default=None, description="`conversation` joins what is kept of several requests into one conversation."
    )
    user: User | None = Field(default=None, description="The person behind the request.")
    safety_identifier: User | None = None
    n: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: Any = None
    functions: list[dict[str, Any]] | None = None
    function_call: Any = None
    response_format: dict[str, Any] | None = None
    modalities: list[str] | None = None
    audio: dict[str, Any] | None = None
    web_search_options: dict[str, Any] | None = None

    def check_supported(self) -> None:
        """Refuse what would be an answer to another question."""
        for name, neutral in _NOT_DONE.items():
            if getattr(self, name) not in neutral:
                raise Refused(400, f"{name} is not supported here.", code="unsupported_parameter", param=name)
        if isinstance(self.stop, list) and len(self.stop) > 4:
            raise Refused(400, "At most 4 stop strings are taken.", code="invalid_value", param="stop")
        if self.top_logprobs and not self.logprobs:
            raise Refused(400, "top_logprobs needs logprobs = true.", code="invalid_value", param="top_logprobs")
        if self.messages[-1].role == "assistant":
            raise Refused(400, "The last message must be one to answer.", code="invalid_value", param="messages")

    @property
    def stops(self) -> tuple[str, ...]:
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())

    @property
    def person(self) -> str | None:
        return self.user or self.safety_identifier


class TopLogprob(BaseModel):
    """A token that could have stood here."""

    token: str
    logprob: float
    bytes: list[int]


class TokenLogprob(TopLogprob):
    """A token of the reply."""

    top_logprobs: list[TopLogprob]


class Logprobs(BaseModel):
    """The chances of the tokens of a reply."""

    content: list[TokenLogprob]
    refusal: None = None


class AnswerMessage(BaseModel):
    """The reply."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class Choice(BaseModel):
    """The one reply."""

    index: Literal[0] = 0
    message: AnswerMessage
    logprobs: Logprobs | None
    finish_reason: Literal["stop", "length"]


class Usage(BaseModel):
    """Tokens of the rendered prompt and of the reply."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatCompletion(BaseModel):
    """A whole reply. `model` is the exact voice version that spoke, `system_fingerprint` also names its weights."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    system_fingerprint: str
    choices: list[Choice]
    usage: Usage | None
    sources: str | None = Field(default=None, description="Which of the brand's files the facts come from.")
