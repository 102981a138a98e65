"""What the tests of importers share: reading a path whole, and parting what came out."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, settings

from conversations.importers import BUILTIN_IMPORTERS, Limits, Outcome, Refused, Request, Skipped, read_path
from conversations.messages import Conversation
from conversations.person import Person

# Files are written and the machine may be busy: what counts is the outcome, not the time.
patient = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True, slots=True)
class Read:
    """Everything that came out of one path."""

    outcomes: tuple[Outcome, ...]

    @property
    def conversations(self) -> list[Conversation]:
        return [outcome for outcome in self.outcomes if isinstance(outcome, Conversation)]

    @property
    def refused(self) -> dict[str, str]:
        return {outcome.place: outcome.reason for outcome in self.outcomes if isinstance(outcome, Refused)}

    @property
    def skipped(self) -> list[tuple[str, str]]:
        return [(outcome.place, outcome.reason) for outcome in self.outcomes if isinstance(outcome, Skipped)]

    @property
    def reasons(self) -> list[str]:
        return [reason for _, reason in self.skipped]

    @property
    def people(self) -> dict[str, tuple[str, ...]]:
        return {outcome.id: outcome.names for outcome in self.outcomes if isinstance(outcome, Person)}

    @property
    def talk(self) -> list[list[tuple[str, str]]]:
        return [[(message.role, message.content) for message in one.messages] for one in self.conversations]


def read(path: Path, *speakers: str, format: str = "auto", limits: Limits | None = None) -> Read:  # noqa: A002
    request = Request(path, speakers=speakers, limits=limits or Limits())
    return Read(tuple(read_path(request, BUILTIN_IMPORTERS, format=format)))


def jsonl(path: Path, *lines: object) -> Path:
    """A file of one line each; text and bytes go in as they are, everything else as JSON."""
    path.write_bytes(b"".join(_line(line) + b"\n" for line in lines))
    return path


def _line(line: object) -> bytes:
    if isinstance(line, bytes):
        return line
    return line.encode() if isinstance(line, str) else json.dumps(line).encode()


def chat(*texts: str, system: str = "") -> dict[str, object]:
    """An OpenAI record in which user and assistant take turns."""
    turns = [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(texts)]
    return {"messages": [{"role": "system", "content": system}, *turns] if system else turns}


class Trickle(io.BytesIO):
    """A stream that gives its bytes in small and uneven pieces."""

    def __init__(self, content: bytes, sizes: Sequence[int]) -> None:
        super().__init__(content)
        self._sizes = list(sizes)
        self._turn = 0

    def read(self, size: int | None = -1) -> bytes:
        self._turn += 1
        return super().read(self._sizes[self._turn % len(self._sizes)])


def only(values: Iterable[object]) -> object:
    """The one value there is."""
    (value,) = values
    return value
